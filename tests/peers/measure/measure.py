"""Times attngen and its peers at the same shapes, in turns, and prints the ratios. tests/peers/compare starts it."""

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from shapes import SHAPES, SMOKE, Shape
from systems import PEERS_KNOWN, ROOT, Attngen, Runner, Unfit

ROUNDS_LEAST, ROUNDS_MOST = 5, 60
SLOW_PROBE = 0.93        # of the fastest FMA probe: a sample beside a slower one is dropped
TOLERANCE = {"f32": 2e-3, "f16": 1e-2, "bf16": 4e-2}     # of the largest output; ggml computes with f16 inside


def systems_load() -> list:
    """Those that are installed; the others are named."""
    loaded = []
    for system in PEERS_KNOWN:
        try:
            loaded.append(system())
        except (ImportError, OSError) as why:
            print(f"skip {system.name}: {why}", file=sys.stderr)
    return loaded


def runners_make(attngen: Attngen, peers: list, shape: Shape, threads: int) -> dict[str, Runner]:
    """attngen first; what a peer cannot do is left out. All outputs agree."""
    own, arrays = attngen.make(shape, threads)
    runners = {attngen.name: own}
    own.run()
    expected = own.output().copy()
    for peer in peers:
        try:
            runner = peer.make(shape, arrays, threads)
        except Unfit:
            continue
        runner.run()
        difference = float(np.abs(runner.output() - expected).max() / np.abs(expected).max())
        if not difference <= TOLERANCE[shape.cache]:
            raise SystemExit(f"{shape.name}: {peer.name} differs from attngen by {difference:.1e} of the largest output")
        runners[peer.name] = runner
    return runners


def sample(runner: Runner, runs: int, threads: int) -> float:
    """Seconds of a run: of one thread its processor time, which other processes do not change; else of the clock."""
    clock = time.process_time if threads == 1 else time.perf_counter
    start = clock()
    for _ in range(runs):
        runner.run()
    return (clock() - start) / runs


def measure(attngen: Attngen, runners: dict[str, Runner], threads: int, budget: float) -> dict[str, float]:
    """Median seconds of each. Systems take turns; samples beside a slow FMA probe are dropped while there is time."""
    probe = attngen.library.attngen_fma_rate
    runs, times, best = {}, {name: [] for name in runners}, 0.0
    for name, runner in runners.items():
        runner.run()
        runs[name] = max(1, min(200, int(2e-3 / max(sample(runner, 1, threads), 1e-6))))
    start = time.monotonic()
    while min(map(len, times.values())) < ROUNDS_MOST:
        spent = time.monotonic() - start
        if spent > budget and min(map(len, times.values())) >= ROUNDS_LEAST:
            break
        for name, runner in runners.items():
            time.sleep(1e-3)                 # threads of the one before that still spin fall asleep
            before = probe()
            seconds = sample(runner, runs[name], threads)
            slower = min(before, probe())
            best = max(best, before, slower)
            if slower >= SLOW_PROBE * best or spent > 2 * budget:
                times[name].append(seconds)
    return {name: statistics.median(values) for name, values in times.items()} | {"peak": best}


def shape_measure(attngen: Attngen, peers: list, shape: Shape, threads: int, budget: float) -> dict:
    """One row of the table."""
    runners = runners_make(attngen, peers, shape, threads)
    medians = measure(attngen, runners, threads, budget)
    for runner in runners.values():
        runner.close()
    peak = medians.pop("peak")
    return {"shape": shape.name, "threads": threads, "peak_gflops": peak * threads, "flops": shape.flops,
            "ms": {name: 1e3 * seconds for name, seconds in medians.items()}}


def cell(row: dict, name: str) -> str:
    """GFLOP/s, and for a peer how many times as long as attngen it takes."""
    if name not in row["ms"]:
        return "–"
    rate = row["flops"] / row["ms"][name] * 1e-6
    ratio = "" if name == "attngen" else f" ({row['ms'][name] / row['ms']['attngen']:.2f}x)"
    return f"{rate:.0f}{ratio}"


def table(rows: list[dict], machine: dict) -> str:
    """Markdown: GFLOP/s on visible work, and the times as long as attngen."""
    names = ["attngen", *(peer.name for peer in PEERS_KNOWN)]
    lines = [f"GFLOP/s on visible work, and in brackets how many times as long as attngen: {machine['cpu']}, "
             f"{machine['system']}; {machine['versions']}.", "",
             f"| shape | threads | {' | '.join(names)} |", "| --- " * (len(names) + 2) + "|"]
    lines += [f"| {row['shape']} | {row['threads']} | {' | '.join(cell(row, name) for name in names)} |" for row in rows]
    return "\n".join(lines) + "\n"


def machine_describe() -> dict:
    """The CPU, the system, the versions."""
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    facts = dict(map(str.strip, line.split(":", 1)) for line in reversed(lines) if ":" in line)
    versions = subprocess.run([sys.executable, "-m", "pip", "list", "--format=json"], capture_output=True, text=True).stdout
    wanted = {"torch", "onnxruntime", "openvino"}
    found = [f"{package['name']} {package['version']}" for package in json.loads(versions or "[]") if package["name"] in wanted]
    ggml = [line[2:].strip().replace(": ", " of ") for line in (ROOT / "tests/peers/requirements.txt").read_text().splitlines() if line.startswith("# ggml")]
    cpu = f"{facts.get('model name', 'unknown CPU')}, family {facts.get('cpu family')}, model {facts.get('model')}"
    return {"cpu": cpu, "system": " ".join((sys.platform, f"{len([1 for line in lines if line.startswith('processor')])} CPUs")),
            "versions": ", ".join(found + ggml)}


def arguments_read() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="tests/peers/compare", description=__doc__)
    parser.add_argument("--shapes", default="", help="only shapes whose names contain this text")
    parser.add_argument("--threads", default="1,2", help="numbers of threads (1,2)")
    parser.add_argument("--seconds", type=float, default=4.0, help="to spend on a shape (4)")
    parser.add_argument("--smoke", action="store_true", help="a few small shapes, to see that everything runs and agrees")
    parser.add_argument("-o", default=str(ROOT / "build/peers/report"), help="where the table goes, without .md and .json")
    return parser.parse_args()


def main() -> None:
    """Prints each row as soon as it is there, and writes all in the end."""
    options = arguments_read()
    shapes = [shape for shape in (SMOKE if options.smoke else SHAPES) if options.shapes in shape.name]
    attngen, peers, rows = Attngen(), systems_load(), []
    for threads in map(int, options.threads.split(",")):
        for shape in shapes:
            try:
                rows.append(shape_measure(attngen, peers, shape, threads, options.seconds))
            except Unfit as why:
                print(f"skip {shape.name}: {why}", file=sys.stderr)
                continue
            print(f"{shape.name}, {threads} thr: " + ", ".join(f"{name} {cell(rows[-1], name)}" for name in rows[-1]["ms"]), flush=True)
    machine = machine_describe()
    Path(options.o + ".json").write_text(json.dumps({"machine": machine, "rows": rows}, indent=1) + "\n")
    Path(options.o + ".md").write_text(table(rows, machine))
    print(f"\n{table(rows, machine)}\nwritten: {options.o}.md and .json")


if __name__ == "__main__":
    main()
