"""The example projects: built in a copy, by clang and by gcc, and run."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import harness

EXAMPLES = harness.ROOT / "examples"
COMPILERS = {"clang": "clang++", "gcc": "g++"}


def tell(*command: str | Path, folder: Path, environment: dict[str, str] | None = None) -> str:
    """What the command printed; it must succeed."""
    done = subprocess.run(command, cwd=folder, env=os.environ | (environment or {}), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}"
    return done.stdout


def makefile_project_builds_and_agrees() -> None:
    """Its program compares prefill and decode with plain loops."""
    for c in COMPILERS:
        with tempfile.TemporaryDirectory() as name:
            project = Path(shutil.copytree(EXAMPLES / "c-makefile", Path(name) / "project"))
            print(tell("make", "-s", f"CC={c}", "check", folder=project), end="")


def cmake_project_builds_and_agrees() -> None:
    """Its program compares one thread with four."""
    for c, cpp in COMPILERS.items():
        with tempfile.TemporaryDirectory() as name:
            project = Path(shutil.copytree(EXAMPLES / "cmake", Path(name) / "project"))
            tell("cmake", "-S", ".", "-B", "build", "-DCMAKE_BUILD_TYPE=Release", folder=project,
                 environment={"CC": c, "CXX": cpp, "CFLAGS": "-Wall -Wextra -Werror", "CXXFLAGS": "-Wall -Wextra -Werror"})
            tell("cmake", "--build", "build", folder=project)
            print(tell("build/main", folder=project), end="")


def sentences_are_told_apart() -> None:
    """Each sentence is most like itself, and the two on food more alike than food and rates."""
    harness.need(harness.ROOT / "models" / "minilm", "./bootstrap makes it")
    harness.need(harness.ATTNGEN, "ninja builds it")
    python = harness.ROOT / "build/venv/bin/python"
    text = tell(harness.need(python, "./bootstrap makes it"), "examples/sentences/sentences.py", folder=harness.ROOT)
    print(text, end="")
    table = [[float(word) for word in line.split()[-5:]] for line in text.splitlines()[-5:]]
    assert all(table[i][i] == 1.0 for i in range(5))
    assert table[0][1] > 0.5 > table[0][4]


if __name__ == "__main__":
    harness.run(makefile_project_builds_and_agrees, cmake_project_builds_and_agrees,
                sentences_are_told_apart)
