"""What each type of cache stores, and what attention over it loses."""

from pathlib import Path

import harness

harness.run_program(Path("tests/emitted/stored.lua"), Path("tests/emitted/caches.c"))
