#!/usr/bin/env python3
"""How alike sentences are, by the encoder all-MiniLM-L6-v2 whose attention attngen made.

    build/venv/bin/python examples/sentences/sentences.py ["A sentence" "Another" ...]
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

ROOT = Path(__file__).resolve().parents[2]
MODEL = ROOT / "models" / "minilm"
SENTENCES = (
    "A man is eating a plate of pasta.",
    "Someone has spaghetti for lunch.",
    "The cat sleeps on the window sill.",
    "A kitten naps by the window.",
    "Interest rates rose by half a percent.",
)


def encode(batch: list[list[int]]) -> list[np.ndarray]:
    """The model's output (tokens, hidden) for each sentence: one call, one sentence a line of token ids."""
    with tempfile.TemporaryDirectory() as folder:
        tokens, rows = Path(folder) / "tokens.txt", Path(folder) / "hidden.npy"
        tokens.write_text("".join(" ".join(map(str, line)) + "\n" for line in batch))
        subprocess.run([ROOT / "build/attngen", "run", MODEL, "--tokens", tokens, "--logits", rows],
                       check=True, stdout=subprocess.DEVNULL)
        return np.split(np.load(rows), np.cumsum([len(line) for line in batch])[:-1])


def embed(sentences: list[str]) -> np.ndarray:
    """(sentences, hidden): the mean over each one's tokens, of length 1."""
    tokenizer = Tokenizer.from_file(str(MODEL / "tokenizer.json"))
    tokenizer.no_padding()
    means = np.array([hidden.mean(0) for hidden in encode([tokenizer.encode(text).ids for text in sentences])])
    return means / np.linalg.norm(means, axis=1, keepdims=True)


def main() -> None:
    """Prints the cosine of each pair."""
    sentences = sys.argv[1:] or list(SENTENCES)
    vectors = embed(sentences)
    width = max(map(len, sentences))
    print(" " * width + "".join(f"{column:>7}" for column in range(1, len(sentences) + 1)))
    for sentence, row in zip(sentences, vectors @ vectors.T):
        print(f"{sentence:<{width}}" + "".join(f"{value:7.2f}" for value in row))


if __name__ == "__main__":
    main()
