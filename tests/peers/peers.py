"""The comparison with other systems, where they are installed: everything runs and agrees, at a few small shapes."""

import json
import subprocess
import tempfile
from pathlib import Path

from harness import ROOT, need, run

PEERS = ROOT / "build" / "peers"


def peers_agree() -> None:
    """attngen and each peer that is installed give the outputs of the definition, as near as their types let them."""
    python = need(PEERS / "venv/bin/python", "tests/peers/compare installs the peers, gigabytes of them")
    for library in ("attngen_attention", "ggml_attention"):
        need(PEERS / f"native/lib{library}.so", "tests/peers/compare builds it")
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report")
        done = subprocess.run([python, ROOT / "tests/peers/measure/measure.py", "--smoke", "--seconds", "0.1", "--threads", "1", "-o", report],
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        rows = json.loads(report.with_suffix(".json").read_text())["rows"]
    assert any("PyTorch" in row["ms"] for row in rows), rows
    for row in rows:
        for system, error in row["error"].items():
            assert error <= row["tolerance"][system], (row["shape"], system, error)


run(peers_agree)
