"""The vector operations of every target against what they mean, and how exact the emitted sine, cosine and logarithm are."""

import subprocess
import sys
import tempfile
from pathlib import Path

import harness

CONFIG = Path("tests/emitted/sanitized.lua")

# The C program prints its own pass, fail and skip lines.
with tempfile.TemporaryDirectory(prefix="attngen-operations-") as folder:
    harness.attngen("emit", CONFIG, "-o", folder)
    program = Path(folder) / "operations"
    subprocess.run(["clang", "-std=c11", "-O1", "-ffp-contract=off", "-D_GNU_SOURCE", f"-I{folder}",
                    f'-DKERNELS_SOURCE="{CONFIG.stem}.c"', "tests/emitted/operations.c", "runtime/random.c",
                    "-o", program, "-lm"], check=True, cwd=harness.ROOT)
    sys.exit(subprocess.run([program]).returncode)
