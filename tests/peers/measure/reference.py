"""Attention by its definition, in double: what each system's outputs are held to."""

import numpy as np
from shapes import Shape

QUERIES_AT_ONCE = 512


def alibi_slopes(heads: int) -> np.ndarray:
    """Of a power of two of heads."""
    return 2.0 ** (-8.0 * (np.arange(heads) + 1) / heads)


def scores_of(shape: Shape, head: int, q: np.ndarray, k: np.ndarray, places: np.ndarray) -> np.ndarray:
    """(queries, kv), minus infinity where a query, at its place among the keys, does not see one."""
    scores = q @ k.T / np.sqrt(shape.d)
    distance = places[:, None] - np.arange(shape.kv)
    if shape.score == "alibi":
        scores -= alibi_slopes(shape.heads)[head] * np.abs(distance)
    if shape.score == "softcap":
        scores = 50.0 * np.tanh(scores / 50.0)
    if shape.mask != "none":
        scores[distance < 0] = -np.inf
    if shape.mask == "window":
        scores[distance > shape.window] = -np.inf
    return scores


def attention(shape: Shape, q: np.ndarray, k: np.ndarray, v: np.ndarray) -> np.ndarray:
    """q (q, heads, d), k and v (kv, kv_heads, d): the outputs, (q, heads, d)."""
    q, k, v = (a.astype(np.float64) for a in (q, k, v))
    out = np.empty_like(q)
    places = np.arange(shape.kv - shape.q, shape.kv)
    for head in range(shape.heads):
        shared = head * shape.kv_heads // shape.heads
        for first in range(0, shape.q, QUERIES_AT_ONCE):
            some = slice(first, first + QUERIES_AT_ONCE)
            scores = scores_of(shape, head, q[some, head], k[:, shared], places[some])
            weights = np.exp(scores - scores.max(axis=1, keepdims=True))
            out[some, head] = weights @ v[:, shared] / weights.sum(axis=1, keepdims=True)
    return out


def error(outputs: np.ndarray, expected: np.ndarray) -> float:
    """The largest difference beside the largest output."""
    return float(np.abs(outputs - expected).max() / np.abs(expected).max())
