"""Draws what `attngen tune` tried: for each case, every plan's time as a share of the default plan's.

plot_tune.py TRIED.json PICTURE.svg|png
"""

import json
import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.axes import Axes

SHOWN = 24      # plans with a name, the fastest


def draw_entry(axes: Axes, entry: dict) -> None:
    """A row a plan, the fastest on top; a mark a case."""
    standard, chosen, *tried = entry["plans"]
    shares = [[time / own for time, own in zip(plan["ms"], standard["ms"])] for plan in (standard, chosen, *tried)]
    order = sorted(range(len(shares)), key=lambda i: sum(shares[i]) if i else len(standard["ms"]))[:SHOWN]
    plans = [standard, chosen, *tried]
    for case, name in enumerate(entry["cases"]):
        axes.plot([shares[i][case] for i in order], range(len(order)), "o", markersize=4, label=name)
    axes.axvline(1.0, color="0.4", linewidth=1)
    names = [("* " if i == 1 else "") + (plans[i]["plan"] or "default") for i in order]
    axes.set_yticks(range(len(order)), names, fontsize=7)
    axes.invert_yaxis()
    axes.grid(True, color="0.9")
    axes.set(xlabel="time as a share of the default plan's (* chosen)", title=f"{entry['target']}: {entry['definition'][:90]}")
    axes.title.set_fontsize(8)
    axes.legend(fontsize=7)


def main() -> None:
    """A picture a definition, below each other."""
    report = json.load(open(sys.argv[1], encoding="utf-8"))
    plt.rcParams["svg.hashsalt"] = "attngen"
    count = len(report["entries"])
    figure, axes = plt.subplots(count, 1, figsize=(11, 5.5 * count), squeeze=False)
    for entry, place in zip(report["entries"], axes[:, 0]):
        draw_entry(place, entry)
    figure.suptitle(report["cpu"], fontsize=10)
    figure.tight_layout()
    figure.savefig(sys.argv[2], dpi=110, metadata={"Date": None} if sys.argv[2].endswith(".svg") else None)
    print(f"drawn: {sys.argv[2]}", file=sys.stderr)


if __name__ == "__main__":
    main()
