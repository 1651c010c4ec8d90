"""Draws the timings of `attngen bench --json`: a roofline, and cost against length.

plot_bench.py TIMINGS.json PICTURE.svg|png
"""

import json
import sys
from collections.abc import Iterator
from itertools import groupby

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes

Timing = dict[str, float | str]


def series_key(timing: Timing) -> tuple[str, ...]:
    """What timings of one curve share."""
    return (str(timing["name"]), str(timing["target"]), str(timing["phase"]), f"{timing['threads']} thr")


def curves(timings: list[Timing]) -> Iterator[tuple[str, list[Timing]]]:
    """Each curve with its label; fields that all share are left out of it."""
    ordered = sorted(timings, key=series_key)
    keys = {series_key(timing) for timing in timings}
    telling = [len({key[i] for key in keys}) > 1 or i == 2 for i in range(4)]
    for key, group in groupby(ordered, series_key):
        yield " ".join(part for part, tells in zip(key, telling) if tells), list(group)


def length_of(timing: Timing) -> float:
    """What a curve runs along: keys in decode and write, else queries."""
    return timing["kv"] if timing["phase"] in ("decode", "write") else timing["q"]


def draw_roofline(axes: Axes, timings: list[Timing]) -> None:
    """GFLOP/s against flops a byte, below the limits of each number of threads."""
    worked = [timing for timing in timings if timing["flops"] > 0]
    for threads in sorted({timing["threads"] for timing in worked}):
        best = max((t for t in worked if t["threads"] == threads), key=lambda t: t["peak_gflops"])
        peak, stream = best["peak_gflops"], best["stream_gbps"]
        knee = peak / stream
        reach = [t["flops"] / t["bytes"] for t in worked]
        low, high = min([knee, *reach]) / 2, max([knee, *reach]) * 2
        axes.plot([low, knee, high], [low * stream, peak, peak], color="0.4", linewidth=1)
        axes.annotate(f"{peak:.0f} GFLOP/s, {stream:.0f} GB/s, {threads} thr", (knee, peak), textcoords="offset points",
                      xytext=(4, 4), fontsize=8, color="0.3")
    for label, group in curves(worked):
        axes.plot([t["flops"] / t["bytes"] for t in group], [t["gflops"] for t in group], "o", markersize=4, label=label)
    axes.set(xscale="log", yscale="log", xlabel="flops / byte", ylabel="GFLOP/s", title="roofline")


def draw_cost(axes: Axes, timings: list[Timing]) -> None:
    """Share of the roofline against length."""
    for label, group in curves(timings):
        group.sort(key=length_of)
        axes.plot([length_of(t) for t in group], [100 * t["fraction"] for t in group], "o-", markersize=4, label=label)
    axes.set(xscale="log", ylim=(0, 105), xlabel="length (queries; decode: keys)", ylabel="% of the roofline", title="fraction")


def draw_time(axes: Axes, timings: list[Timing]) -> None:
    """Nanoseconds a visible pair of query and key and head: flat when cost follows the work."""
    for label, group in curves([timing for timing in timings if timing["flops"] > 0]):
        group.sort(key=length_of)
        pairs = [t["flops"] / (2 * (t["d_k"] + t["d_v"])) for t in group]
        axes.plot([length_of(t) for t in group], [1e6 * t["ms"] / p for t, p in zip(group, pairs)], "o-", markersize=4, label=label)
    axes.set(xscale="log", xlabel="length (queries; decode: keys)", ylabel="ns / visible pair", title="cost")
    axes.set_ylim(bottom=0)


def main() -> None:
    """Three pictures beside each other."""
    timings = json.load(open(sys.argv[1], encoding="utf-8"))
    plt.rcParams["svg.hashsalt"] = "attngen"
    figure, axes = plt.subplots(1, 3, figsize=(15, 4.6))
    for draw, place in zip((draw_roofline, draw_cost, draw_time), axes):
        draw(place, timings)
        place.grid(True, color="0.9")
        place.legend(fontsize=8)
    figure.suptitle(f"{timings[0]['config']} on {timings[0]['cpu']}", fontsize=10)
    figure.tight_layout()
    figure.savefig(sys.argv[2], dpi=110, metadata={"Date": None} if sys.argv[2].endswith(".svg") else None)
    print(f"drawn: {sys.argv[2]}", file=sys.stderr)


if __name__ == "__main__":
    main()
