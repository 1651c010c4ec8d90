"""What each type of cache stores, and what attention over it loses."""

import subprocess
import sys
import tempfile
from pathlib import Path

import harness

CONFIG = Path("tests/emitted/stored.lua")

# The C program prints its own pass, fail and skip lines.
with tempfile.TemporaryDirectory(prefix="attngen-caches-") as folder:
    harness.attngen("emit", CONFIG, "-o", folder)
    program = Path(folder) / "test"
    subprocess.run(["clang", "-std=c11", "-O1", "-ffp-contract=off", "-D_GNU_SOURCE", f"-I{folder}",
                    f'-DKERNELS_SOURCE="{CONFIG.stem}.c"', "tests/emitted/caches.c", "runtime/random.c",
                    "-o", program, "-lm"], check=True, cwd=harness.ROOT)
    sys.exit(subprocess.run([program]).returncode)
