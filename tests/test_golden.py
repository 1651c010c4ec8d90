"""Emitted text, as it was reviewed: the committed pairs are what their configs give, letter by letter.

`tests/test_golden.py --update` writes them anew; read the difference before committing it.
"""

import sys
import tempfile
from pathlib import Path

import harness

# A config, where its pair stands, and for which targets.
PAIRS = (
    ("tests/golden/plain.lua", "tests/golden", "scalar"),
    ("tests/golden/windowed.lua", "tests/golden", "avx2"),
    ("configs/mine.lua", "generated", None),
    ("examples/c-makefile/mine.lua", "examples/c-makefile", None),
    ("examples/cmake/windowed.lua", "examples/cmake", None),
)


def emit(config: str, folder: Path, targets: str | None) -> None:
    """The pair of one config."""
    harness.attngen("emit", config, "-o", folder, "--tuned", "none", *(("--target", targets) if targets else ()))


def first_difference(found: str, expected: str) -> str:
    """A line number and both lines."""
    pairs = zip(found.splitlines() + [""], expected.splitlines() + [""])
    for line, (a, b) in enumerate(pairs, 1):
        if a != b:
            return f"line {line}:\n  emitted    {a}\n  committed  {b}"
    return "one is longer than the other"


def committed_pairs_are_what_attngen_emits() -> None:
    """Both files of each pair."""
    for config, home, targets in PAIRS:
        with tempfile.TemporaryDirectory() as folder:
            emit(config, Path(folder), targets)
            for file in (f"{Path(config).stem}.h", f"{Path(config).stem}.c"):
                found, expected = (Path(folder) / file).read_text(), (harness.ROOT / home / file).read_text()
                assert found == expected, f"{home}/{file} is stale at {first_difference(found, expected)}"


if sys.argv[1:] == ["--update"]:
    for pair_config, pair_home, pair_targets in PAIRS:
        emit(pair_config, harness.ROOT / pair_home, pair_targets)
else:
    harness.run(committed_pairs_are_what_attngen_emits)
