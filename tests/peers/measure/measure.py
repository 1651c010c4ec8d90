"""Times attngen and its peers at the same shapes, in turns, and prints the ratios. tests/peers/compare starts it."""

import argparse
import statistics
import sys
import time

import reference
from report import Report, error, speed
from shapes import SHAPES, SMOKE, Shape
from systems import PEERS_KNOWN, ROOT, Attngen, Runner, System, Unfit

ROUNDS_LEAST, ROUNDS_MOST = 3, 60
SLOW_PROBE = 0.93        # of the fastest FMA probe: a sample beside a slower one is dropped

QUIET_SECONDS = 2e-3


def systems_load() -> list[System]:
    """Those that are installed; the others are named."""
    loaded = []
    for system in PEERS_KNOWN:
        try:
            loaded.append(system())
        except (ImportError, OSError) as why:
            print(f"skip {system.name}: {why}", file=sys.stderr)
    return loaded


def runners_make(attngen: Attngen, peers: list[System], shape: Shape, threads: int) -> tuple[dict[str, Runner], dict[str, float]]:
    """attngen first; what a peer cannot do is left out. And how far the outputs of each are from the definition."""
    own, arrays = attngen.make_with_arrays(shape, threads)
    runners, errors, expected = {attngen.name: own}, {}, reference.attention(shape, *arrays)
    for peer in peers:
        try:
            runners[peer.name] = peer.make(shape, arrays, threads)
        except Unfit:
            continue
    for name, runner in runners.items():
        runner.run()
        errors[name] = reference.error(runner.output(), expected)
    if not errors[attngen.name] <= attngen.tolerance(shape):
        raise SystemExit(f"{shape.name}: attngen differs from the definition by {errors[attngen.name]:.1e} of the largest output")
    return runners, errors


def quiet_wait() -> None:
    """Until the threads of the system before, which spin for a while, sleep: they would take a core from the next one."""
    while True:
        before = time.process_time()
        time.sleep(QUIET_SECONDS)
        if time.process_time() - before < 0.1 * QUIET_SECONDS:
            return


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
            quiet_wait()
            before = probe()
            seconds = sample(runner, runs[name], threads)
            slower = min(before, probe())
            best = max(best, before, slower)
            if slower >= SLOW_PROBE * best or spent > 2 * budget:
                times[name].append(seconds)
    return {name: statistics.median(values) for name, values in times.items()} | {"peak": best}


def shape_measure(attngen: Attngen, peers: list[System], shape: Shape, threads: int, budget: float) -> dict:
    """One row of the report."""
    runners, errors = runners_make(attngen, peers, shape, threads)
    medians = measure(attngen, runners, threads, budget)
    for runner in runners.values():
        runner.close()
    peak = medians.pop("peak")
    return {"shape": shape.name, "threads": threads, "peak_gflops": peak * threads, "flops": shape.flops,
            "ms": {name: 1e3 * seconds for name, seconds in medians.items()}, "error": errors,
            "tolerance": {system.name: system.tolerance(shape) for system in (attngen, *peers) if system.name in errors}}


def arguments_read() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="tests/peers/compare", description=__doc__)
    parser.add_argument("--shapes", default="", help="only shapes whose names contain this text")
    parser.add_argument("--threads", default="1,2", help="numbers of threads (1,2)")
    parser.add_argument("--seconds", type=float, default=4.0, help="to spend on a shape (4)")
    parser.add_argument("--keep", action="store_true", help="the rows of the report that are not measured now stay in it")
    parser.add_argument("--missing", action="store_true", help="keep the rows of the report, and measure only those that it lacks")
    parser.add_argument("--smoke", action="store_true", help="a few small shapes, to see that everything runs and agrees")
    parser.add_argument("-o", default=str(ROOT / "build/peers/report"), help="where the tables go, without .md and .json")
    return parser.parse_args()


def main() -> None:
    """Prints each row as soon as it is there, and the report in the end."""
    options = arguments_read()
    known = SMOKE if options.smoke else SHAPES
    report = Report(options.o, options.keep or options.missing, [shape.name for shape in known])
    attngen, peers = Attngen(), systems_load()
    for threads in map(int, options.threads.split(",")):
        for shape in known:
            if options.shapes not in shape.name or (options.missing and report.has(shape.name, threads)):
                continue
            try:
                row = shape_measure(attngen, peers, shape, threads, options.seconds)
            except Unfit as why:
                print(f"skip {shape.name}: {why}", file=sys.stderr)
                continue
            report.add(row)
            print(f"{shape.name}, {threads} thr: " + ", ".join(f"{n} {speed(row, n)} ({error(row, n)})" for n in row["ms"]), flush=True)
    print(f"\n{report.text()}\nin {options.o}.md and .json")


if __name__ == "__main__":
    main()
