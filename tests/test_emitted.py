"""What is promised of emitted code whatever the compiler: no warnings, no libraries, no fused operations of its own."""

import functools
import re
import resource
import subprocess
import tempfile
from pathlib import Path

import harness

CONFIGS = (Path("examples/c-makefile/mine.lua"), Path("examples/cmake/windowed.lua"))
NAMES = [config.stem for config in CONFIGS]
COMPILERS = {"clang": "clang++", "gcc": "g++"}
WARNINGS = ("-Wall", "-Wextra", "-Wconversion", "-Wshadow", "-Werror")
EMIT_SECONDS = 0.050

PROGRAM = """
#include <stdio.h>
#include "mine.h"
#include "windowed.h"
int main(void)
{
    printf("%s %s\\n", mine_kernels.name, windowed_kernels.name);
    return mine_attention()->heads == 6 && windowed_attention()->heads == 4 ? 0 : 1;
}
"""

FOLDER = tempfile.TemporaryDirectory(prefix="attngen-emitted-")


@functools.cache
def emitted(*options: str) -> Path:
    """A folder with the pairs of both configs."""
    folder = Path(tempfile.mkdtemp(dir=FOLDER.name))
    for config in CONFIGS:
        harness.attngen("emit", config, "-o", folder, *options)
    return folder


def compile_c(compiler: str, folder: Path, source: str, *flags: str) -> Path:
    """The object file; the compiler must be silent."""
    target = Path(tempfile.mkdtemp(dir=FOLDER.name)) / f"{source}.o"
    done = subprocess.run([compiler, *flags, "-c", f"{source}.c", "-o", target], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, f"{compiler} {flags} {source}.c:\n{done.stderr[:4000]}"
    return target


def tool(*command: str | Path) -> str:
    """What a program of binutils prints."""
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


@functools.cache
def objects(compiler: str, level: str) -> list[Path]:
    """Both models, compiled with all warnings as errors."""
    return [compile_c(compiler, emitted(), name, "-std=c11", level, *WARNINGS) for name in NAMES]


def no_compiler_warns() -> None:
    """Clang and GCC, unoptimised and at -O2 and -O3, as C11."""
    for compiler in COMPILERS:
        for level in ("-O0", "-O2", "-O3"):
            objects(compiler, level)


def headers_are_cpp_too() -> None:
    """Both in one C++17 file."""
    for compiler in COMPILERS.values():
        done = subprocess.run([compiler, "-std=c++17", *WARNINGS, "-fsyntax-only", "-x", "c++", "-I", emitted(), "-"],
                              input="".join(f'#include "{name}.h"\n' for name in NAMES), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr


def objects_need_memcpy_and_memset_at_most() -> None:
    """No C library, no compiler library."""
    for compiler in COMPILERS:
        for level in ("-O2", "-O3"):
            for path in objects(compiler, level):
                undefined = {line.split()[-1] for line in tool("nm", "--undefined-only", path).splitlines()}
                assert undefined <= {"memcpy", "memset"}, (compiler, level, path.name, undefined)


def objects_hold_no_state() -> None:
    """Nothing that can be written: .data and .bss are empty."""
    for compiler in COMPILERS:
        for path in objects(compiler, "-O2"):
            sections = dict(re.findall(r"^(\.\S+) +(\d+) ", tool("size", "-A", path), re.MULTILINE))
            assert int(sections[".text"]) > 0 and sections.get(".data", "0") == sections.get(".bss", "0") == "0", sections


def scalar_code_is_not_fused() -> None:
    """Where the CPU could fuse and the compiler's default is to do so, the scalar target has no such instruction."""
    if " avx2 " not in Path("/proc/cpuinfo").read_text():
        raise harness.Skip("not an x86-64 CPU with AVX2")
    for compiler in COMPILERS:
        for name in NAMES:
            path = compile_c(compiler, emitted("--target", "scalar"), name, "-std=gnu17", "-O3", "-mavx2", "-mfma")
            text = tool("objdump", "-d", "--no-show-raw-insn", path)
            assert "vmulss" in text and not re.search(r"\bvfn?m(add|sub)", text), (compiler, name)


def two_models_link_into_one_program() -> None:
    """And find their kernels."""
    (emitted() / "program.c").write_text(PROGRAM)
    for compiler in COMPILERS:
        main = compile_c(compiler, emitted(), "program", "-std=c11", "-O2", *WARNINGS)
        program = main.with_suffix(".run")
        tool(compiler, main, *objects(compiler, "-O2"), "-o", program)
        assert tool(program) == "mine windowed\n"


def emits_give_the_same_bytes() -> None:
    """Into two folders; and a second emit into the same one touches nothing."""
    first, again = emitted(), Path(tempfile.mkdtemp(dir=FOLDER.name))
    before = {name: (first / name).stat() for name in ("mine.h", "mine.c")}
    harness.attngen("emit", CONFIGS[0], "-o", again)
    harness.attngen("emit", CONFIGS[0], "-o", first)
    for name, stat in before.items():
        assert (first / name).read_bytes() == (again / name).read_bytes(), name
        now = (first / name).stat()
        assert (now.st_mtime_ns, now.st_ino) == (stat.st_mtime_ns, stat.st_ino), name


def emit_is_not_noticed() -> None:
    """SmolLM2's kernels into a new folder: processor time, the least of five, the start of the program included."""
    model = harness.need(harness.ROOT / "models" / "smollm2", "./bootstrap makes it")
    config = Path(FOLDER.name) / "smollm2.lua"
    harness.attngen("import", model, "-o", config)
    times = []
    for i in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        harness.attngen("emit", config, "-o", Path(FOLDER.name) / f"emit{i}")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    print(f"{min(times) * 1e3:.1f} ms")
    assert min(times) < EMIT_SECONDS, times


def names_that_meet_are_refused() -> None:
    """A function that another one, public or inside of the file, has the name of."""
    configs = {
        "read": "attention = { heads = 2, d_k = 4 }",
        "own": "attention = { kernels = { heads = 2, d_k = 4 } }",
        "two": 'attention = { a = { heads = 2, d_k = 4 }, a_write = { heads = 2, d_k = 8 } }\nlayers = { "a", "a_write" }',
        "inside": 'attention = { x = { heads = 2, d_k = 4 }, key_x = { heads = 2, d_k = 8 } }\nlayers = { "x", "key_x" }',
    }
    for name, text in configs.items():
        config = Path(FOLDER.name) / f"{name}.lua"
        config.write_text(text)
        done = subprocess.run([harness.ATTNGEN, "emit", config, "-o", FOLDER.name], capture_output=True, text=True)
        assert done.returncode == 2 and "choose another" in done.stderr, done
        assert not (Path(FOLDER.name) / f"{name}.c").exists()


def no_target_is_refused() -> None:
    """An empty list of targets is a mistake, not an empty file."""
    done = subprocess.run([harness.ATTNGEN, "emit", CONFIGS[0], "-o", FOLDER.name, "--target", ""], cwd=harness.ROOT,
                          capture_output=True, text=True)
    assert done.returncode == 2 and "names no target" in done.stderr, done


def fast_math_is_refused() -> None:
    """By an #error that says why."""
    for compiler in COMPILERS:
        done = subprocess.run([compiler, "-std=c11", "-O2", "-ffast-math", "-fsyntax-only", emitted() / "mine.c"],
                              capture_output=True, text=True)
        assert done.returncode != 0 and "without -ffast-math" in done.stderr, (compiler, done.stderr)


if __name__ == "__main__":
    harness.run(no_compiler_warns, headers_are_cpp_too, objects_need_memcpy_and_memset_at_most, objects_hold_no_state,
                scalar_code_is_not_fused, two_models_link_into_one_program, emits_give_the_same_bytes,
                emit_is_not_noticed, fast_math_is_refused, names_that_meet_are_refused, no_target_is_refused)
