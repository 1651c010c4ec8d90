"""SmolLM2 by emitted kernels, by the reference and by numpy: the same logits, and the tokens of transformers."""

import functools
import json
import tempfile
from pathlib import Path

import harness
import numpy as np
from numpy_llama import Llama

FOLDER = harness.ROOT / "models" / "smollm2"
GOLDEN = json.loads((harness.ROOT / "tests/golden/smollm2_greedy.json").read_text())
PROMPT, TOKENS = GOLDEN["prompt_tokens"], GOLDEN["tokens"]
TOLERANCE = 1e-3      # of the range of the logits


@functools.cache
def logits(*options: str) -> np.ndarray:
    """The logits that predict each of TOKENS, as attngen writes them while it generates."""
    harness.need(FOLDER, "./bootstrap makes it")
    with tempfile.TemporaryDirectory() as name:
        tokens, rows = Path(name) / "tokens.txt", Path(name) / "logits.npy"
        tokens.write_text(" ".join(map(str, PROMPT)) + "\n")
        harness.attngen("run", FOLDER, "--tokens", tokens, "--steps", str(len(TOKENS)), "--logits", rows, *options)
        return np.load(rows)[len(PROMPT) - 1:][: len(TOKENS)]


def check_close(found: np.ndarray, expected: np.ndarray) -> None:
    """Within the tolerance everywhere."""
    assert found.shape == expected.shape, (found.shape, expected.shape)
    largest, limit = np.abs(found - expected).max(), TOLERANCE * np.ptp(expected)
    print(f"largest difference {largest:.2e}, allowed {limit:.2e}")
    assert largest <= limit


def kernels_write_the_golden_tokens() -> None:
    """Greedy, 64 tokens."""
    assert logits().argmax(-1).tolist() == TOKENS


def reference_writes_the_golden_tokens() -> None:
    """The same by attention in doubles."""
    assert logits("--reference").argmax(-1).tolist() == TOKENS


def kernels_agree_with_the_reference() -> None:
    """All logits of all generated tokens."""
    check_close(logits(), logits("--reference"))


def kernels_agree_with_numpy() -> None:
    """Which shares no code with attngen."""
    expected = Llama(harness.need(FOLDER, "./bootstrap makes it"), np.float32).logits(PROMPT + TOKENS[:-1])
    check_close(logits(), expected[len(PROMPT) - 1:])


if __name__ == "__main__":
    harness.run(kernels_write_the_golden_tokens, reference_writes_the_golden_tokens, kernels_agree_with_the_reference,
                kernels_agree_with_numpy)
