"""The shapes that are compared, each with its config for attngen."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    """One attention, one phase, batch 1."""

    name: str
    phase: str              # "prefill", "append" or "decode"
    q: int
    kv: int
    d: int
    heads: int = 8
    kv_heads: int = 8
    mask: str = "none"      # "none", "causal", "window"
    score: str = "none"     # "none", "alibi", "softcap"
    cache: str = "f32"      # type of K and V

    @property
    def window(self) -> int:
        """Keys that a query sees to the left of itself."""
        return 256

    @property
    def config(self) -> str:
        """What attngen reads."""
        masks = {"none": "none()", "causal": "causal()", "window": f"causal() & window {{ left = {self.window} }}"}
        scores = {"none": "", "alibi": "score = alibi(), ", "softcap": "score = softcap(50), "}
        return (f'name = "peer"\nattention = {{ heads = {self.heads}, kv_heads = {self.kv_heads}, d_k = {self.d}, '
                f"mask = {masks[self.mask]}, {scores[self.score]}cache = {self.cache} }}\n")

    @property
    def pairs(self) -> int:
        """Visible pairs of a query and a key, for one head."""
        if self.mask == "none":
            return self.q * self.kv
        last = range(self.kv - self.q + 1, self.kv + 1)
        return sum(min(seen, self.window + 1) if self.mask == "window" else seen for seen in last)

    @property
    def flops(self) -> float:
        """Of visible work."""
        return 4.0 * self.pairs * self.heads * self.d

    @property
    def cache_bytes(self) -> int:
        """Of K and V, without scales."""
        return 2 * self.kv * self.kv_heads * self.d * {"f32": 4, "f16": 2, "bf16": 2, "int8": 1}[self.cache]


def prefill(name: str, s: int, d: int, **more: object) -> Shape:
    """A whole prompt."""
    return Shape(f"{name}, S {s}, d {d}", "prefill", s, s, d, **more)


def cached(phase: str, q: int, heads: int, kv_heads: int, cache: str) -> Shape:
    """The last tokens of 4096, the others cached."""
    name = f"{phase} {q} of 4096, {heads}/{kv_heads}, {cache}, d 128"
    return Shape(name, phase, q, 4096, 128, heads, kv_heads, mask="causal", cache=cache)


SHAPES = [
    prefill("full", 64, 64),
    prefill("full", 1024, 64),
    prefill("full", 4096, 64),
    prefill("full", 1024, 128),
    prefill("full", 4096, 128),
    prefill("causal", 64, 64, mask="causal"),
    prefill("causal", 256, 64, mask="causal"),
    prefill("causal", 1024, 64, mask="causal"),
    prefill("causal", 4096, 64, mask="causal"),
    prefill("causal", 1024, 128, mask="causal"),
    prefill("causal", 4096, 128, mask="causal"),
    prefill("causal 32/8", 2048, 64, mask="causal", heads=32, kv_heads=8),
    prefill("window 256", 4096, 64, mask="window"),
    prefill("causal, ALiBi", 1024, 64, mask="causal", score="alibi"),
    prefill("causal, soft-cap", 1024, 64, mask="causal", score="softcap"),
    *(prefill(f"causal, {cache}", 4096, 128, mask="causal", cache=cache) for cache in ("f16", "bf16", "int8")),
    *(cached("append", 16, 32, 8, cache) for cache in ("f32", "f16", "int8")),
    *(cached("decode", 1, 32, kv_heads, cache) for kv_heads in (8, 32) for cache in ("f32", "f16", "bf16", "int8")),
]
SMOKE = [
    prefill("full", 96, 64),
    prefill("causal", 96, 64, mask="causal", heads=4, kv_heads=2),
    *(Shape(f"decode, {cache}", "decode", 1, 300, 64, 4, 2, mask="causal", cache=cache) for cache in ("f32", "f16", "bf16", "int8")),
    Shape("append", "append", 5, 300, 64, 4, 2, mask="causal"),
]
