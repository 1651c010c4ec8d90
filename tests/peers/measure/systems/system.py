"""What the systems have in common: each makes of a shape and its arrays something to run, or says why it cannot.

Arrays are float32: q (q, heads, d), k and v (kv, kv_heads, d). A system stores K and V in the type of the shape's cache
before it is timed. A runner's output is (q, heads, d).
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from shapes import Shape

ROOT = Path(__file__).resolve().parents[4]
PEERS = ROOT / "build" / "peers"
COLD_BYTES = 192 << 20      # decode and append walk through this much K and V, more than a last-level cache holds

# The largest difference from the definition in double, beside the largest output. f32: a sum of 4096 products, each
# rounded by 2^-24, with room for a fast exp. The others add what storing K and V rounds: by 2^-12 on average of f16,
# 2^-9 of bf16, and a normal number of int8 by a quarter of 4 / 127; the largest of thousands of outputs is five times as far.
TOLERANCE = {"f32": 2e-5, "f16": 1.5e-3, "bf16": 1e-2, "int8": 4e-2}


class Unfit(Exception):
    """Why a system does not run a shape."""


class Arrays(NamedTuple):
    """What all systems work on."""

    q: np.ndarray
    k: np.ndarray
    v: np.ndarray


class Runner(NamedTuple):
    """One system at one shape."""

    run: Callable[[], object]
    output: Callable[[], np.ndarray]
    close: Callable[[], None] = lambda: None


class System:
    """One that makes runners."""

    name = ""

    def make(self, shape: Shape, arrays: Arrays, threads: int) -> Runner:
        """Ready to run, or Unfit."""
        raise NotImplementedError

    def tolerance(self, shape: Shape) -> float:
        """How far its outputs may be from the definition; a system that rounds more than its cache says why."""
        return TOLERANCE[shape.cache]


def copies_of(shape: Shape) -> int:
    """How many caches are used in turn."""
    return 1 if shape.phase == "prefill" else COLD_BYTES // shape.cache_bytes + 1


def heads_first(rows: np.ndarray) -> np.ndarray:
    """(1, heads, rows, d), as PyTorch, ONNX Runtime's caches and OpenVINO want it."""
    return np.ascontiguousarray(rows.transpose(1, 0, 2))[None]


class Turns:
    """Items used in turn."""

    def __init__(self, items: list) -> None:
        self.items, self.at = items, -1

    def next(self) -> object:
        """The next one."""
        self.at = (self.at + 1) % len(self.items)
        return self.items[self.at]
