"""Activations of two bytes: what is converted, and that nothing else differs from floats."""

from pathlib import Path

import harness

harness.run_program(Path("tests/emitted/halves.lua"), Path("tests/emitted/activations.c"))
