"""Emitted kernels under clang's sanitizers: the check harness for memory and arithmetic, tasks on threads for races."""

import os
import re
import subprocess
import tempfile
from pathlib import Path

import harness

CONFIG = Path("tests/emitted/sanitized.lua")
NAME = CONFIG.stem
FLAGS = ("-std=c11", "-g", "-O1", "-fno-omit-frame-pointer", "-D_GNU_SOURCE")
THREADS = ["pool", "seconds", "memory", "problem", "random", "narrow"]

CHECK_MAIN = f"""
#include "{NAME}.h"
int check_main(const struct attn_model_kernels *kernels, int argc, char **argv);
int main(int argc, char **argv) {{ return check_main(&{NAME}_kernels, argc, argv); }}
"""

FOLDER = tempfile.TemporaryDirectory(prefix="attngen-sanitizers-")


def expression_sources() -> list[Path]:
    """What build.ninja puts into build/expression.a."""
    edge = re.search(r"build build/expression\.a: ar ((?:.*\$\n)*.*)", (harness.ROOT / "build.ninja").read_text())
    assert edge
    return [Path(f"{name}.c") for name in re.findall(r"build/obj/(\S+)\.o", edge.group(1))]


def build(sanitizer: str, program: str, sources: list[Path]) -> Path:
    """The program with the emitted kernels, everything instrumented."""
    folder = Path(FOLDER.name)
    if not (folder / f"{NAME}.c").exists():
        harness.attngen("emit", CONFIG, "-o", folder)
        (folder / "main.c").write_text(CHECK_MAIN)
    target = folder / f"{program}-{sanitizer.split(',')[0]}"
    subprocess.run(["clang", *FLAGS, f"-fsanitize={sanitizer}", "-fno-sanitize-recover=all", f"-I{folder}",
                    f'-DKERNELS_HEADER="{NAME}.h"', f"-DKERNELS={NAME}_kernels", folder / f"{NAME}.c", *sources,
                    "-o", target, "-lm", "-lpthread"], check=True, cwd=harness.ROOT)
    return target


def run(program: Path, *arguments: str) -> None:
    """Fails when a check fails or a sanitizer speaks; a sanitizer that cannot start here is a skip."""
    done = subprocess.run([program, *arguments], capture_output=True, text=True, env=os.environ | {"ASAN_OPTIONS": "detect_leaks=1"})
    if "unexpected memory mapping" in done.stderr:
        raise harness.Skip("this kernel's address layout is not one the sanitizer can work with")
    lines = [line for line in done.stdout.splitlines() if line.startswith("fail")]
    assert done.returncode == 0 and not lines, "\n".join(lines[:5]) + done.stderr[-4000:]


def check(sanitizer: str) -> None:
    """The check harness, quick."""
    runtime = [path for pattern in ("check*.c", "reference*.c", "array.c", "random.c", "narrow.c")
               for path in (harness.ROOT / "runtime").glob(pattern)]
    sources = sorted(runtime) + expression_sources()
    run(build(sanitizer, "check", [Path(FOLDER.name) / "main.c", *sources]), "--quick", "--seed", "1")


def kernels_under_the_address_and_undefined_behaviour_sanitizers() -> None:
    """No access outside of an array, no undefined arithmetic."""
    check("address,undefined")


def kernels_under_the_memory_sanitizer() -> None:
    """Nothing that was never written decides anything."""
    check("memory")


def tasks_on_threads_under_the_thread_sanitizer() -> None:
    """Tasks of a phase are independent."""
    sources = [Path("tests/emitted/threads.c")] + [Path(f"runtime/{name}.c") for name in THREADS]
    run(build("thread", "threads", sources))


harness.run(kernels_under_the_address_and_undefined_behaviour_sanitizers, kernels_under_the_memory_sanitizer,
            tasks_on_threads_under_the_thread_sanitizer)
