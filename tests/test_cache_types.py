"""`attngen run --cache-type`: what each type of cache does to logits and to perplexity, and what is refused."""

import functools
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import harness
import numpy as np
import test_families

sys.path.insert(0, str(harness.ROOT / "scripts"))
import perplexity  # noqa: E402

# Largest difference from f32, as a share of the range of the logits. Errors grow with the layers and shrink in the sums of
# products, so these are some three times what was measured; a cache that is read wrongly is off by about the whole range.
BARS = {"f16": 2e-3, "bf16": 1.5e-2, "int8": 4e-2, "int8 { block = 32 }": 4e-2, "fp8": 2e-1, "int4": 4e-1}
FAMILIES = ["llama", "gemma2", "t5"]      # grouped heads; windows and a soft cap; an encoder
TOKENS, INT8_PERPLEXITY = 400, 0.005


@functools.cache
def family_rows(name: str, cache: str, *options: object) -> np.ndarray:
    """The logits of a small random model."""
    case = json.loads((test_families.FAMILIES / f"{name}.json").read_text())
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "family"
        test_families.write_folder(folder, case["config"], case["tensors"])
        return test_families.run(folder, folder, case["config"], "--cache-type", cache, *options)


def type_test(name: str, cache: str) -> Callable[[], None]:
    """A test of that family with that type."""
    def test() -> None:
        exact, found = family_rows(name, "f32"), family_rows(name, cache)
        difference = np.abs(found - exact).max() / np.ptp(exact)
        print(f"{name} {cache}: {difference:.1e}, allowed {BARS[cache]:.0e}")
        assert 0 < difference <= BARS[cache]
    test.__name__ = f"{name}_is_near_f32_with_{cache.replace(' ', '')}"
    return test


def chunks_read_what_is_stored() -> None:
    """13 tokens at once write the cache that all at once write: what follows differs by the rounding of dense products alone."""
    whole, chunks = family_rows("llama", "f16"), family_rows("llama", "f16", "--chunk", 13)
    assert np.abs(whole - chunks).max() / np.ptp(whole) <= BARS["f16"] / 10


def int8_keeps_perplexity() -> None:
    """Of SmolLM2 on the beginning of a book, within 0.5 % of f32; int4 shows that another type moves it."""
    folder = harness.need(perplexity.FOLDER, "./bootstrap makes it")
    tokens = perplexity.text_tokens(folder, perplexity.TEXT, TOKENS)
    assert len(tokens) == TOKENS
    exact, int8, int4 = (perplexity.perplexity(perplexity.logits(folder, tokens, cache), tokens) for cache in ("f32", "int8", "int4"))
    print(f"perplexity: f32 {exact:.4f}, int8 {100 * (int8 / exact - 1):+.2f} %, int4 {100 * (int4 / exact - 1):+.2f} %")
    assert abs(int8 / exact - 1) <= INT8_PERPLEXITY < abs(int4 / exact - 1)


def perplexity_of_equal_chances_is_their_number() -> None:
    """And of sure guesses 1."""
    assert abs(perplexity.perplexity(np.zeros((5, 7)), [0, 1, 2, 3, 4]) - 7) < 1e-12
    assert abs(perplexity.perplexity(np.eye(4)[[1, 2, 3, 0]] * 1000, [0, 1, 2, 3]) - 1) < 1e-12


def wrong_types_are_refused() -> None:
    """In the sentences of configs."""
    folder = harness.need(perplexity.FOLDER, "./bootstrap makes it")
    for words, sentence in (
        (("int9",), "--cache-type:1: unknown word 'int9' (did you mean 'int4'?)"),
        (("nil",), "--cache-type: cache is missing; expected one of `attngen list caches`"),
        (("causal()",), "--cache-type:1: cache is causal(); expected one of `attngen list caches`"),
        (("int8 heads = 3",), "--cache-type:1: unknown field 'heads'"),
        (("int8 { block = 33 }",), "--cache-type:1: cache.block is 33; expected a multiple of 16 from 0 to 1024"),
        (("{ k = int8 }",), "--cache-type:1: cache.v is missing; expected one of `attngen list caches`"),
        (("int8", "--reference"), "attngen: --cache-type has no effect with --reference, which stores keys and values as doubles"),
    ):
        done = subprocess.run([harness.ATTNGEN, "run", folder, "--prompt", "a", "--cache-type", *words],
                              cwd=harness.ROOT, capture_output=True, text=True)
        assert done.returncode == 2 and done.stderr.splitlines() == [sentence], done.stderr


if __name__ == "__main__":
    harness.run(wrong_types_are_refused, perplexity_of_equal_chances_is_their_number, chunks_read_what_is_stored,
                int8_keeps_perplexity, *(type_test(name, cache) for name in FAMILIES for cache in BARS))
