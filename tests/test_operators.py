#!/usr/bin/env python3
"""Operator conformance cases: those under $ATTNGEN_DATA, and one made here that must fail."""

import os
import subprocess
import tempfile
from pathlib import Path

from harness import ROOT, Skip, need, run

PROGRAM = ROOT / "build" / "tests" / "operator_cases"
GELU = "test made\nop Gelu\ninput X f32 x.bin 1 1\noutput Y f32 x.bin 1 1\n"


def operator_cases(*folders: Path) -> subprocess.CompletedProcess:
    """Runs the program over the folders."""
    need(PROGRAM, "ninja tests builds it")
    return subprocess.run([PROGRAM, *folders], capture_output=True, text=True)


def published_cases_pass() -> None:
    if "ATTNGEN_DATA" not in os.environ:
        raise Skip("ATTNGEN_DATA does not name a folder of test data")
    data = Path(os.environ["ATTNGEN_DATA"])
    folders = sorted(case.parent for kind in ("onnx", "ort") for case in data.glob(f"{kind}/*/case.txt"))
    done = operator_cases(*folders)
    lines = done.stdout.splitlines()
    failed = [line for line in lines if not line.startswith(("pass ", "skip "))]
    assert done.returncode == 0 and not failed, "\n".join(failed) or done.stderr
    assert len(lines) == len(folders) and any(line.startswith("pass ") for line in lines), done.stdout


def wrong_output_fails() -> None:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "case.txt").write_text(GELU)
        (Path(folder) / "x.bin").write_bytes(b"\0\0\x80\x3f")
        done = operator_cases(Path(folder))
    assert done.returncode == 1 and done.stdout.startswith("fail made: Y[0] is 0.84"), done.stdout


def broken_case_fails() -> None:
    with tempfile.TemporaryDirectory() as folder:
        done = operator_cases(Path(folder))
    assert done.returncode == 1 and "the case cannot be read" in done.stdout, done.stdout


run(published_cases_pass, wrong_output_fails, broken_case_fails)
