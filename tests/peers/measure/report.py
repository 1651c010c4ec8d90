"""What was measured, in build/peers/report.json, and the tables made of it."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from systems import PEERS_KNOWN, ROOT

NAMES = ["attngen", *(peer.name for peer in PEERS_KNOWN)]
HEAD = """GFLOP/s of attngen on visible work, and how many times as long each system takes, on {threads} threads. In bold: faster than
attngen. `!`: its outputs are further from the definition than its types explain."""
ERRORS = """The largest difference from the definition in double on the float32 arrays, the storing of K and V included, beside the largest output.
`!`: more than the types explain."""


def machine_describe() -> dict:
    """The CPU, the system, the versions."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    facts = dict(map(str.strip, line.split(":", 1)) for line in reversed(lines) if ":" in line)
    versions = subprocess.run([sys.executable, "-m", "pip", "list", "--format=json"], capture_output=True, text=True).stdout
    wanted = {"torch", "onnxruntime", "openvino"}
    found = [f"{package['name']} {package['version']}" for package in json.loads(versions or "[]") if package["name"] in wanted]
    requirements = (ROOT / "tests/peers/requirements.txt").read_text().splitlines()
    ggml = [line[2:].replace(": ", " of ").replace("==", " ") for line in requirements if line.startswith("# ggml")]
    cpu = f"{facts.get('model name', 'unknown CPU')}, family {facts.get('cpu family')}, model {facts.get('model')}"
    return {"cpu": cpu, "system": " ".join((sys.platform, f"{len([1 for line in lines if line.startswith('processor')])} CPUs")),
            "versions": ", ".join(found + ggml)}


class Report:
    """Rows in the order of the shapes, each of one shape and one number of threads; written whenever one is added."""

    def __init__(self, path: str, keep: bool, order: list[str]) -> None:
        self.path, self.order, self.machine, self.rows = path, order, machine_describe(), []
        if keep and Path(path + ".json").exists():
            before = json.loads(Path(path + ".json").read_text())
            if before["machine"] != self.machine:
                raise SystemExit(f"{path}.json is of another machine or of other versions: {before['machine']}")
            self.rows = [row for row in before["rows"] if row["shape"] in order]

    def has(self, shape: str, threads: int) -> bool:
        """Whether it was measured."""
        return any((row["shape"], row["threads"]) == (shape, threads) for row in self.rows)

    def add(self, row: dict) -> None:
        """In place of the one that was there."""
        self.rows = [r for r in self.rows if (r["shape"], r["threads"]) != (row["shape"], row["threads"])] + [row]
        self.rows.sort(key=lambda r: (self.order.index(r["shape"]), r["threads"]))
        Path(self.path + ".json").write_text(json.dumps({"machine": self.machine, "rows": self.rows}, indent=1) + "\n")
        Path(self.path + ".md").write_text(self.text())

    def text(self) -> str:
        """Both tables, in Markdown."""
        counts = sorted({row["threads"] for row in self.rows})
        machine = f"{self.machine['cpu']}, {self.machine['system']}; {self.machine['versions']}."
        speeds = self.table(lambda rows, name: " / ".join(speed(rows.get(n), name) for n in counts))
        errors = self.table(lambda rows, name: error(next(iter(rows.values())), name))
        return "\n\n".join((machine, HEAD.format(threads=" / ".join(map(str, counts))), speeds, ERRORS, errors)) + "\n"

    def table(self, cell: Callable[[dict[int, dict], str], str]) -> str:
        """A row of cells for each shape."""
        lines = [f"| 8 heads unless said | {' | '.join(NAMES)} |", "| --- " * (len(NAMES) + 1) + "|"]
        for shape in dict.fromkeys(row["shape"] for row in self.rows):
            rows = {row["threads"]: row for row in self.rows if row["shape"] == shape}
            run_by = {name for row in rows.values() for name in row["ms"]}
            lines.append(f"| {shape} | {' | '.join(cell(rows, name) if name in run_by else '–' for name in NAMES)} |")
        return "\n".join(lines)


def beyond(row: dict, name: str) -> str:
    """A mark on what is wrong."""
    return "" if row["error"][name] <= row["tolerance"][name] else "!"


def speed(row: dict | None, name: str) -> str:
    """GFLOP/s of attngen; of a peer how many times as long it takes."""
    if row is None or name not in row["ms"]:
        return "–"
    if name == "attngen":
        return f"{row['flops'] / row['ms'][name] * 1e-6:.0f}"
    ratio = row["ms"][name] / row["ms"]["attngen"]
    text = f"{ratio:.1f}x" if ratio >= 10 else f"{ratio:.2f}x"
    return (f"**{text}**" if ratio < 1 else text) + beyond(row, name)


def error(row: dict, name: str) -> str:
    """Of its outputs."""
    return f"{row['error'][name]:.0e}{beyond(row, name)}"
