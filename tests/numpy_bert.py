"""A BERT model folder in numpy: one straightforward forward pass a sentence, as an oracle."""

import json
import math
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

erf = np.vectorize(math.erf, otypes=[float])


def attend(q: np.ndarray, k: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Attention of (rows, heads, d) where everything is seen."""
    scores = np.einsum("qhd,khd->hqk", q, k) / np.sqrt(q.shape[2])
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    return np.einsum("hqk,khd->qhd", weights / weights.sum(-1, keepdims=True), v)


class Bert:
    """config.json and model.safetensors of a folder, computed in doubles."""

    def __init__(self, folder: Path) -> None:
        self.config = json.loads((folder / "config.json").read_text())
        tensors = load_file(folder / "model.safetensors")
        self.tensors = {name.removeprefix("bert."): x.astype(float) for name, x in tensors.items() if x.dtype.kind == "f"}

    def dense(self, x: np.ndarray, name: str) -> np.ndarray:
        """x times the transposed weight, and the bias."""
        return x @ self.tensors[f"{name}.weight"].T + self.tensors[f"{name}.bias"]

    def norm(self, x: np.ndarray, name: str) -> np.ndarray:
        """LayerNorm of each row."""
        x = x - x.mean(-1, keepdims=True)
        x /= np.sqrt(np.mean(x * x, -1, keepdims=True) + self.config["layer_norm_eps"])
        return x * self.tensors[f"{name}.weight"] + self.tensors[f"{name}.bias"]

    def layer(self, x: np.ndarray, name: str) -> np.ndarray:
        """Attention and feed-forward, each added and normalised."""
        shape = (len(x), self.config["num_attention_heads"], -1)
        q, k, v = (self.dense(x, f"{name}.attention.self.{part}").reshape(shape) for part in ("query", "key", "value"))
        attended = self.dense(attend(q, k, v).reshape(len(x), -1), f"{name}.attention.output.dense")
        x = self.norm(x + attended, f"{name}.attention.output.LayerNorm")
        wide = self.dense(x, f"{name}.intermediate.dense")
        wide = 0.5 * wide * (1 + erf(wide / math.sqrt(2)))
        return self.norm(x + self.dense(wide, f"{name}.output.dense"), f"{name}.output.LayerNorm")

    def hidden(self, tokens: list[int]) -> np.ndarray:
        """(tokens, hidden_size): the last layer's output."""
        table = {part: self.tensors[f"embeddings.{part}_embeddings.weight"] for part in ("word", "position", "token_type")}
        x = table["word"][tokens] + table["position"][: len(tokens)] + table["token_type"][0]
        x = self.norm(x, "embeddings.LayerNorm")
        for i in range(self.config["num_hidden_layers"]):
            x = self.layer(x, f"encoder.layer.{i}")
        return x


def embedding(hidden: np.ndarray) -> np.ndarray:
    """The sentence's vector: the mean over its tokens, of length 1."""
    mean = hidden.mean(0)
    return mean / np.linalg.norm(mean)
