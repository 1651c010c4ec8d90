"""Pruned layers: emitted kernels of the heads left against those of the whole layer."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import harness

# The C program prints its own pass, fail and skip lines.
with tempfile.TemporaryDirectory(prefix="attngen-keep-") as folder:
    harness.attngen("emit", "tests/emitted/keep.lua", "-o", folder)
    program = Path(folder) / "test"
    subprocess.run([os.environ.get("CC", "clang"), "-std=c11", "-O1", "-D_GNU_SOURCE", "-Wall", "-Wextra", f"-I{folder}", '-DKERNELS_HEADER="keep.h"',
                    "tests/emitted/keep.c", f"{folder}/keep.c", "runtime/random.c", "-o", program, "-lm"],
                   check=True, cwd=harness.ROOT)
    sys.exit(subprocess.run([program]).returncode)
