"""The runtime's tests of whole models and of threads, with the library compiled under clang's sanitizers."""

import os
import subprocess
import tempfile
from pathlib import Path

import harness

LIBRARIES = ("-ljansson", "-lopenblas", "-lz", "-ldl", "-lpthread", "-lm")
FLAGS = ("-std=c11", "-O1", "-g", "-ffp-contract=off", "-D_GNU_SOURCE", "-fno-sanitize-recover=all")


def sources() -> list[Path]:
    """Those of the library's objects."""
    archive = harness.need(harness.ROOT / "build/libattn.a", "ninja builds it")
    names = subprocess.run(["ar", "t", archive], capture_output=True, text=True, check=True).stdout.split()
    folders = (harness.ROOT / "runtime", harness.ROOT / "generator/expression")
    places = [[folder / name.replace(".o", ".c") for folder in folders] for name in names]
    return [next(path for path in place if path.exists()) for place in places]


def run(test: str, sanitizer: str) -> None:
    """Compiles the unit test with the library and runs it."""
    with tempfile.TemporaryDirectory() as name:
        program = Path(name) / test
        compiler = os.environ.get("CC", "clang")
        command = [compiler, *FLAGS, f"-fsanitize={sanitizer}", harness.ROOT / f"tests/unit/{test}.c", *sources()]
        done = subprocess.run([*command, *LIBRARIES, "-o", program], capture_output=True, text=True)
        if done.returncode != 0 and "libclang_rt" in done.stderr:
            raise harness.Skip("the compiler comes without sanitizers")
        assert done.returncode == 0, done.stderr
        done = subprocess.run([program], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


def whole_models_under_asan_and_ubsan() -> None:
    """Refusals, batches, and memory that runs out anywhere: nothing leaks, nothing is used after it was released."""
    run("model_test", "address,undefined")
    run("encoder_test", "address,undefined")


def cached_prompts_under_asan_and_ubsan() -> None:
    """Pages that are shared, remembered, forgotten, saved and loaded."""
    run("prefix_tree_test", "address,undefined")


def threads_under_tsan() -> None:
    """Tasks of the pool."""
    run("pool_test", "thread")


if __name__ == "__main__":
    harness.run(whole_models_under_asan_and_ubsan, cached_prompts_under_asan_and_ubsan, threads_under_tsan)
