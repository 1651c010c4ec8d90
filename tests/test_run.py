"""tests/run itself: what it counts, and that nothing that goes wrong is taken for a passed test."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import harness


def runs(script: str) -> tuple[str, int]:
    """The last line and the exit status of tests/run over one test program, a shell script."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "tests").mkdir()
        (folder / "build/tests").mkdir(parents=True)
        shutil.copy(harness.ROOT / "tests/run", folder / "tests/run")
        program = folder / "build/tests/program"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(0o755)
        result = subprocess.run([folder / "tests/run"], capture_output=True, text=True, env=os.environ)
        return result.stdout.splitlines()[-1], result.returncode


def lines_are_counted() -> None:
    """Lines of other words are not."""
    assert runs("echo pass a; echo skip b: no such CPU; echo passing; exit 0") == ("1 passed, 0 failed, 1 skipped", 0)
    assert runs("echo pass a; echo fail b; exit 1") == ("1 passed, 1 failed, 0 skipped", 1)


def odd_endings_fail() -> None:
    """A signal, a status that no line explains, and silence."""
    assert runs("echo pass a; kill -SEGV $$") == ("1 passed, 1 failed, 0 skipped", 1)
    assert runs("echo pass a; exit 3") == ("1 passed, 1 failed, 0 skipped", 1)
    assert runs("echo hello") == ("0 passed, 1 failed, 0 skipped", 1)


def every_unit_test_has_its_program() -> None:
    """build.ninja lists each by hand; one that it forgot would never run."""
    harness.need(harness.ATTNGEN, "ninja builds it")
    for source in (harness.ROOT / "tests/unit").glob("*_test.c"):
        assert (harness.ROOT / "build/tests" / source.stem).exists(), f"build.ninja does not make {source.stem} for tests"


if __name__ == "__main__":
    harness.run(lines_are_counted, odd_endings_fail, every_unit_test_has_its_program)
