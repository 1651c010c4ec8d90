"""The shapes that are compared, each with its config for attngen."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    """One attention, one phase, batch 1."""

    name: str
    phase: str              # "prefill" or "decode"
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
        """Of K and V."""
        return 2 * self.kv * self.kv_heads * self.d * (4 if self.cache == "f32" else 2)


def prefill(name: str, s: int, d: int, **more: object) -> Shape:
    """A whole prompt."""
    return Shape(f"{name}, S {s}, d {d}", "prefill", s, s, d, **more)


def decode(name: str, heads: int, kv_heads: int, **more: object) -> Shape:
    """One token after 4096."""
    return Shape(f"decode {heads}/{kv_heads}, {name}, S 4096, d 128", "decode", 1, 4096, 128, heads, kv_heads, mask="causal", **more)


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
    decode("f32", 32, 8),
    decode("f32", 32, 32),
    decode("f16", 32, 8, cache="f16"),
    decode("f16", 32, 32, cache="f16"),
    decode("bf16", 32, 8, cache="bf16"),
]
SMOKE = [
    prefill("full", 96, 64),
    prefill("causal", 96, 64, mask="causal", heads=4, kv_heads=2),
    Shape("decode", "decode", 1, 300, 64, 4, 2, mask="causal"),
]
