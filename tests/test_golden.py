"""Emitted text, as it was reviewed: tests/golden/ holds what these configs must give, letter by letter.

`tests/test_golden.py --update` writes it anew; read the difference before committing it.
"""

import sys
import tempfile
from pathlib import Path

import harness

GOLDEN = harness.ROOT / "tests" / "golden"
TARGETS = {"plain": "scalar", "windowed": "avx2"}


def emit(name: str, folder: Path) -> None:
    """The pair of one config, for one target."""
    harness.attngen("emit", (GOLDEN / f"{name}.lua").relative_to(harness.ROOT), "-o", folder, "--target", TARGETS[name])


def first_difference(found: str, expected: str) -> str:
    """A line number and both lines."""
    pairs = zip(found.splitlines() + [""], expected.splitlines() + [""])
    for line, (a, b) in enumerate(pairs, 1):
        if a != b:
            return f"line {line}:\n  emitted  {a}\n  golden   {b}"
    return "one is longer than the other"


def emitted_text_is_the_golden_one() -> None:
    """Both files of each config."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        for name in TARGETS:
            emit(name, folder)
            for file in (f"{name}.h", f"{name}.c"):
                found, expected = (folder / file).read_text(), (GOLDEN / file).read_text()
                assert found == expected, f"{file} differs at {first_difference(found, expected)}"


if sys.argv[1:] == ["--update"]:
    for each in TARGETS:
        emit(each, GOLDEN)
else:
    harness.run(emitted_text_is_the_golden_one)
