"""Tests in Python: functions, run by run(), that print the same lines as those of tests/test.h."""

import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ATTNGEN = ROOT / "build" / "attngen"


class Skip(Exception):
    """Raised by a test that cannot run here; says why."""


def need(path: Path, how: str) -> Path:
    """path, or a skip that says how to get it."""
    if not path.exists():
        raise Skip(f"no {path.name} ({how})")
    return path


def attngen(*arguments: str | Path) -> str:
    """Runs build/attngen; its standard output. A wrong exit status is an error that shows what it said."""
    need(ATTNGEN, "ninja builds it")
    done = subprocess.run([ATTNGEN, *arguments], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, f"{done.args} ended with {done.returncode}: {done.stderr}"
    return done.stdout


def run_program(config: Path, source: Path) -> None:
    """Compiles a C test, whose KERNELS_SOURCE is what the config emits, and exits as it does; it prints its own lines."""
    with tempfile.TemporaryDirectory(prefix="attngen-") as folder:
        attngen("emit", config, "-o", folder)
        program = Path(folder) / "test"
        subprocess.run([os.environ.get("CC", "clang"), "-std=c11", "-O1", "-ffp-contract=off", "-D_GNU_SOURCE", f"-I{folder}",
                        f'-DKERNELS_SOURCE="{config.stem}.c"', source, "runtime/random.c", "runtime/narrow.c", "-o", program, "-lm"],
                       check=True, cwd=ROOT)
        sys.exit(subprocess.run([program]).returncode)


def run(*tests: Callable[[], None]) -> None:
    """Runs each test, prints its line, and exits: 1 when one failed."""
    failed = 0
    for test in tests:
        try:
            test()
            print(f"pass {test.__name__}", flush=True)
        except Skip as why:
            print(f"skip {test.__name__}: {why}", flush=True)
        except Exception:
            traceback.print_exc(file=sys.stdout)
            print(f"fail {test.__name__}", flush=True)
            failed += 1
    sys.exit(failed > 0)
