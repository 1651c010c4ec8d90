"""The vector operations of every target against what they mean, and how exact the emitted sine, cosine and logarithm are."""

from pathlib import Path

import harness

harness.run_program(Path("tests/emitted/sanitized.lua"), Path("tests/emitted/operations.c"))
