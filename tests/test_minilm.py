"""MiniLM by emitted kernels and by the reference: the sentence vectors of numpy, within 1e-5."""

import tempfile
from pathlib import Path

import harness
import numpy as np
from numpy_bert import Bert, embedding
from tokenizers import Tokenizer

FOLDER = harness.ROOT / "models" / "minilm"
SENTENCES = (
    "A man is eating food.",
    "Yes",
    "",
    "The window of a cell is as large as the sum of what can be seen through it, " * 9,
    "It rained all day, so we stayed at home and read.",
)


def tokens_of_sentences() -> list[list[int]]:
    """Of lengths far apart, so that the batch is ragged."""
    tokenizer = Tokenizer.from_file(str(harness.need(FOLDER, "./bootstrap makes it") / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return [tokenizer.encode(text).ids for text in SENTENCES]


def hidden_rows(batch: list[list[int]], *options: str) -> list[np.ndarray]:
    """(tokens, hidden) of each sentence, all in one call of attngen."""
    with tempfile.TemporaryDirectory() as name:
        tokens, rows = Path(name) / "tokens.txt", Path(name) / "hidden.npy"
        tokens.write_text("".join(" ".join(map(str, line)) + "\n" for line in batch))
        harness.attngen("run", FOLDER, "--tokens", tokens, "--logits", rows, *options)
        return np.split(np.load(rows), np.cumsum([len(line) for line in batch])[:-1])


def check_embeddings(*options: str) -> None:
    """Every component of every vector."""
    bert, batch = Bert(harness.need(FOLDER, "./bootstrap makes it")), tokens_of_sentences()
    found = [embedding(hidden) for hidden in hidden_rows(batch, *options)]
    largest = max(np.abs(vector - embedding(bert.hidden(line))).max() for vector, line in zip(found, batch))
    print(f"largest difference {largest:.2e}")
    assert largest <= 1e-5


def kernels_give_the_vectors_of_numpy() -> None:
    """By emitted kernels."""
    check_embeddings()


def reference_gives_the_vectors_of_numpy() -> None:
    """By attention in doubles."""
    check_embeddings("--reference")


def sentences_do_not_see_each_other() -> None:
    """Alone or in a batch, in any order: the dense products may round otherwise, attention must not mix."""
    batch = tokens_of_sentences()
    together = hidden_rows(batch)
    for i, line in enumerate(batch):
        assert np.abs(hidden_rows([line])[0] - together[i]).max() < 1e-4


if __name__ == "__main__":
    harness.run(kernels_give_the_vectors_of_numpy, reference_gives_the_vectors_of_numpy, sentences_do_not_see_each_other)
