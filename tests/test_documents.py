"""What emitted code says of tiles where ids of documents, given by the caller, hide keys."""

from pathlib import Path

import harness

harness.run_program(Path("tests/emitted/packed.lua"), Path("tests/emitted/documents.c"))
