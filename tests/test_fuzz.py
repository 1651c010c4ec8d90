"""Every parser under libFuzzer and clang's sanitizers, for a few seconds each; --seconds N NAME... runs some for long.

The seeds of a target are files that the repository has anyway. Programs, inputs found and crashes stay in build/fuzz.
"""

import argparse
import json
import os
import re
import struct
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import harness

FOLDER = harness.ROOT / "build" / "fuzz"
SECONDS = 4
EXTREMES = ("-1", "0", "2147483647", "16777216", "9223372036854775807", "1e308", "1e-308", "0.0", "null", "{}", "[]")
LIMITS = ("-timeout=20", "-rss_limit_mb=1024", "-max_len=8192")      # the sandbox itself ends what takes 10 s
MEMORY = "/dev/shm"                        # where files of a case cost no wait for a disk
QUARANTINE = "quarantine_size_mb=64"       # of freed memory: a script that builds ever longer texts would fill the limit with it

RULES = """
sanitize = -fsanitize=address,undefined -fno-sanitize-recover=all
cflags = -std=c11 -O1 -g -ffp-contract=off -D_GNU_SOURCE -I/usr/include/lua5.4 -Igenerator/catalog
rule cc
  command = clang $cflags $sanitize -fsanitize=fuzzer-no-link -MMD -MF $out.d -c $in -o $out
  depfile = $out.d
  deps = gcc
rule ar
  command = rm -f $out && ar rcs $out $in
rule link
  command = clang $sanitize -fsanitize=fuzzer $in -o $out -Wl,--as-needed -llua5.4 -ljansson -lopenblas -lz -ldl -lpthread -lm
"""


def files(*patterns: str) -> Iterator[bytes]:
    """Contents of the files that the patterns name."""
    for pattern in patterns:
        for path in sorted(harness.ROOT.glob(pattern)):
            yield path.read_bytes()


def texts(pattern: str, *places: str) -> Iterator[bytes]:
    """What the pattern's group finds in those files."""
    for content in files(*places):
        yield from re.findall(pattern.encode(), content)


def masks() -> Iterator[bytes]:
    """Expressions of configs and descriptors."""
    yield from texts(r'where "([^"\n]+)"', "tests/cases/*.lua")
    yield from texts(r'sees *= "([^"\n]+)"', "templates/mask/*.lua")
    yield b"doc[b][q] == doc[b][k] and (visible[h][q][k] or part[k % 7] > W)"


def scores() -> Iterator[bytes]:
    """The same of scores."""
    yield from texts(r'expr "([^"\n]+)"', "tests/cases/*.lua")
    yield from texts(r'changes *= "([^"\n]+)"', "templates/score/*.lua")
    yield b"s + bias[h][q][k] * part[min(max(k - q, 0), 6)]"
    yield b"if k < q then s * slope[h] else min(s, cap) - exp(tanh(s / cap)) * {1, 2.5, 3, 4}[h]"


def families() -> Iterator[bytes]:
    """A config.json of each family."""
    for content in files("tests/families/*.json"):
        yield json.dumps(json.loads(content)["config"]).encode()


def tensors() -> Iterator[bytes]:
    """Small safetensors files."""
    place = {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}
    other = {"dtype": "BF16", "shape": [4], "data_offsets": [24, 32]}
    for header in {}, {"a": place}, {"a": place, "__metadata__": {"format": "pt"}, "b": other}:
        text = json.dumps(header).encode()
        size = max((entry["data_offsets"][1] for entry in header.values() if "dtype" in entry), default=0)
        yield struct.pack("<Q", len(text)) + text + bytes(size)


def lines() -> Iterator[bytes]:
    """Definition lines of the accepted cases."""
    for path in sorted(harness.ROOT.glob("tests/cases/ok_*.lua")):
        for definition in json.loads(harness.attngen("explain", path, "--json"))["definitions"]:
            yield definition["line"].encode()


def tokens() -> Iterator[bytes]:
    """Token ids as text and as arrays."""
    yield b"1 2 3\n4 5\n"
    for kind, code in ("<i4", "<6i"), ("<i8", "<6q"):
        for shape in "(2, 3)", "(6,)":
            header = f"{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
            yield b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + struct.pack(code, *range(6))


TARGETS: dict[str, tuple[str, Callable[[], Iterator[bytes]]]] = {
    "case": ("operators", lambda: files("tests/fuzz/cases/*.txt")),
    "definition": ("generator", lambda: files("tests/cases/*.lua", "configs/*.lua")),
    "description": ("libattn", lambda: files("tests/cases/description.json")),
    "family": ("generator", families),
    "line": ("libattn", lines),
    "mask": ("expression", masks),
    "prompt": ("libattn", tokens),
    "safetensors": ("libattn", tensors),
    "score": ("expression", scores),
    "table": ("generator", lambda: files("tests/fuzz/tables/*.lua")),
    "template": ("generator", lambda: files("templates/**/*.c.t")),
}


def archive_sources(archive: str) -> list[str]:
    """What build.ninja puts into the archive and under it; the token files' readers stand beside it."""
    edge = re.search(rf"build build/{archive}\.a: ar ((?:.*\$\n)*.*)", (harness.ROOT / "build.ninja").read_text())
    assert edge, f"build.ninja has no {archive}.a"
    names = re.findall(r"build/obj/(\S+)\.o", edge.group(1)) + ["runtime/npy", "runtime/prompt"] * (archive == "libattn")
    if archive == "operators":
        return [*(f"{name}.c" for name in names), *archive_sources("generator")]
    return ["build/embedded_files.c" if name == "embedded_files" else f"{name}.c" for name in names]


def edges() -> str:
    """A build.ninja for all targets, its objects apart from the ordinary ones."""
    archives = {archive: archive_sources(archive) for archive, _ in TARGETS.values()}
    sources = {source for names in archives.values() for source in names} | {f"tests/fuzz/{name}.c" for name in TARGETS}
    text = RULES + "".join(f"build build/fuzz/obj/{source}.o: cc {source}\n" for source in sorted(sources))
    for archive, names in archives.items():
        text += f"build build/fuzz/{archive}.a: ar {' '.join(f'build/fuzz/obj/{name}.o' for name in names)}\n"
    for name, (archive, _) in TARGETS.items():
        text += f"build build/fuzz/{name}: link build/fuzz/obj/tests/fuzz/{name}.c.o build/fuzz/{archive}.a\n"
    return f"builddir = build/fuzz\n{text}"


def build(names: list[str]) -> None:
    """Compiles what is not up to date."""
    harness.need(harness.ROOT / "build/embedded_files.c", "ninja builds it")
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "build.ninja").write_text(edges())
    done = subprocess.run(["ninja", "-f", "build/fuzz/build.ninja", *[f"build/fuzz/{name}" for name in names]],
                          cwd=harness.ROOT, capture_output=True, text=True)
    if "libclang_rt" in done.stdout:
        raise harness.Skip("the compiler comes without sanitizers")
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr


def seed(name: str) -> tuple[Path, Path]:
    """The folder of the target's seeds and the file of their words, which libFuzzer puts elsewhere."""
    folder, dictionary = FOLDER / "seeds" / name, FOLDER / f"{name}.words"
    folder.mkdir(parents=True, exist_ok=True)
    words = set(EXTREMES)
    for number, content in enumerate(TARGETS[name][1]()):
        (folder / str(number)).write_bytes(content)
        words |= set(re.findall(r"[A-Za-z_]{2,40}", content.decode("latin-1")))
    dictionary.write_text("".join(f'"{word}"\n' for word in sorted(words)))
    return folder, dictionary


def fuzz(name: str, seconds: int) -> str:
    """Runs a target over its seeds and from them on; libFuzzer's words. Fails when it found something."""
    seeds, dictionary = seed(name)
    found = FOLDER / "found" / name
    found.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="attngen-fuzz-", dir=MEMORY if os.access(MEMORY, os.W_OK) else None) as folder:
        command = [FOLDER / name, f"-max_total_time={seconds}", "-seed=1", *LIMITS, f"-dict={dictionary}",
                   f"-artifact_prefix={FOLDER}/{name}-", found, seeds]
        done = subprocess.run(command, cwd=harness.ROOT, capture_output=True, text=True, errors="replace",
                              env=os.environ | {"TMPDIR": folder, "ASAN_OPTIONS": QUARANTINE})
    wrote = re.search(r"Test unit written to (\S+)", done.stderr)
    again = f"; again by: {FOLDER / name} {wrote.group(1)}" if wrote else ""
    assert done.returncode == 0, f"{done.stderr[-4000:]}\nthe target '{name}' ended with {done.returncode}{again}"
    return done.stderr


def test_of(name: str, seconds: int) -> Callable[[], None]:
    """The test of a target, by its name."""
    def test() -> None:
        build([name])
        said = fuzz(name, seconds)
        assert "Done " in said, said[-4000:]
        if seconds > SECONDS:
            print(said.splitlines()[-1])
    test.__name__ = f"fuzz_{name}"
    return test


def main() -> None:
    """Without names, all targets."""
    parser = argparse.ArgumentParser(description="Runs every parser on random inputs, under the sanitizers.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(TARGETS))
    parser.add_argument("--seconds", type=int, default=SECONDS, help="for each target")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in TARGETS]
    if unknown:
        parser.error(f"no target is called {unknown[0]}; there are {', '.join(TARGETS)}")
    harness.run(*[test_of(name, options.seconds) for name in options.names or TARGETS])


if __name__ == "__main__":
    main()
