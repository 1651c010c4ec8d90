#!/usr/bin/env python3
"""Operator conformance cases: each of those under $ATTNGEN_DATA is a test, and some made here must pass or fail."""

import math
import os
import struct
import subprocess
import tempfile
from pathlib import Path

from harness import ROOT, Skip, need, run

PROGRAM = ROOT / "build" / "tests" / "operator_cases"
GELU = "test made\nop Gelu\ndomain -\ninput X f32 one.bin 1 1\noutput Y f32 one.bin 1 1\n"
ATTENTION = """test made
op Attention
domain -
{attribute}
input Q f32 one.bin 4 1 1 1 1
input K f32 one.bin 4 1 1 1 1
input V f32 {value} 4 1 1 1 1
output Y f32 one.bin 4 1 1 1 1
"""


def operator_cases(*folders: Path) -> subprocess.CompletedProcess:
    """Runs the program over the folders."""
    need(PROGRAM, "ninja tests builds it")
    return subprocess.run([PROGRAM, *folders], capture_output=True, text=True)


def made_case(text: str, *y: float) -> subprocess.CompletedProcess:
    """Runs a case with this text, beside files of the numbers that their names say, and of y."""
    files = {"one": (1.0,), "two": (2.0,), "pair": (1.0, 2.0), "skip": (0.0, 2.0), "y": y}
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "case.txt").write_text(text)
        for name, numbers in files.items():
            (Path(folder) / f"{name}.bin").write_bytes(struct.pack(f"<{len(numbers)}f", *numbers))
        return operator_cases(Path(folder))


def activations_of_one() -> None:
    """1 / (1 + 1 / e), twice that, and gelu_tanh(2), from Python's own functions."""
    for operator, domain, inputs, expected in (
        ("Swish", "-", "input X f32 one.bin 1 1", 1 / (1 + math.exp(-1))),
        ("SwiGLU", "-", "input A f32 one.bin 1 1\ninput B f32 two.bin 1 1", 2 / (1 + math.exp(-1))),
        ("FastGelu", "com.microsoft", "input X f32 one.bin 1 1\ninput bias f32 one.bin 1 1", 1 + math.tanh(math.sqrt(2 / math.pi) * (2 + 0.044715 * 8))),
    ):
        done = made_case(f"test made\nop {operator}\ndomain {domain}\n{inputs}\noutput Y f32 y.bin 1 1\n"
                         "tolerance Y abs 1e-6 rel 0\n", expected)
        assert done.returncode == 0 and done.stdout == "pass made\n", f"{operator}: {done.stdout}"


def norms_of_sums() -> None:
    """Of (1, 2) + (0, 2): mean 2.5, deviation 1.5, mean square 8.5; weights (1, 2)."""
    for operator, first, second in ("Layer", -1.0, 2.0), ("SimplifiedLayer", 8.5**-0.5, 2 * 4 * 8.5**-0.5):
        done = made_case(f"test made\nop Skip{operator}Normalization\ndomain com.microsoft\ninput input f32 pair.bin 2 1 2\n"
                         "input skip f32 skip.bin 2 1 2\ninput gamma f32 pair.bin 1 2\noutput output f32 y.bin 2 1 2\n"
                         "tolerance output abs 1e-6 rel 0\n", first, second)
        assert done.returncode == 0 and done.stdout == "pass made\n", f"{operator}: {done.stdout}"


def wrong_output_fails() -> None:
    done = made_case(GELU)
    assert done.returncode == 1 and done.stdout.startswith("fail made: Y[0] is 0.84"), done.stdout


def broken_case_fails() -> None:
    with tempfile.TemporaryDirectory() as folder:
        done = operator_cases(Path(folder))
    assert done.returncode == 1 and "the case cannot be read" in done.stdout, done.stdout


def right_attention_passes() -> None:
    done = made_case(ATTENTION.format(attribute="attr is_causal i 1", value="one.bin"))
    assert done.returncode == 0 and done.stdout == "pass made\n", done.stdout + done.stderr


def wrong_attention_fails() -> None:
    done = made_case(ATTENTION.format(attribute="", value="two.bin"))
    assert done.returncode == 1 and done.stdout.startswith("fail made: Y[0] is 2, expected 1"), done.stdout + done.stderr


def unknown_attribute_is_not_ignored() -> None:
    done = made_case(ATTENTION.format(attribute="attr is_casual i 1", value="one.bin"))
    assert done.returncode == 0 and done.stdout == "skip made: is_casual is not expressed\n", done.stdout


def refused_definition_is_a_skip() -> None:
    done = made_case(ATTENTION.format(attribute="attr scale f 1e35", value="one.bin"))
    assert done.returncode == 0 and done.stdout.startswith("skip made: attngen refuses the definition"), done.stdout


def without_folders_there_is_usage() -> None:
    done = operator_cases()
    assert done.returncode == 2 and done.stderr.startswith("usage: operator_cases") and not done.stdout, done


def published_cases() -> None:
    """Prints the lines of all cases under $ATTNGEN_DATA: each is a test."""
    if "ATTNGEN_DATA" not in os.environ:
        raise Skip("ATTNGEN_DATA does not name a folder of test data")
    data = Path(os.environ["ATTNGEN_DATA"])
    folders = sorted(case.parent for kind in ("onnx", "ort") for case in data.glob(f"{kind}/*/case.txt"))
    done = operator_cases(*folders)
    print(done.stdout + done.stderr, end="", flush=True)
    assert len(done.stdout.splitlines()) == len(folders) and "pass " in done.stdout, f"lines of {len(folders)} cases"
    assert done.returncode == 0, "a case failed"


run(published_cases, activations_of_one, norms_of_sums, wrong_output_fails, broken_case_fails, right_attention_passes,
    wrong_attention_fails, unknown_attribute_is_not_ignored, refused_definition_is_a_skip, without_folders_there_is_usage)
