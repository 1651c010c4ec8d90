"""A LLaMA model folder in numpy: one straightforward forward pass without a cache, as an oracle."""

import json
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file


def norm(x: np.ndarray, weight: np.ndarray, epsilon: float) -> np.ndarray:
    """RMSNorm of each row."""
    return x / np.sqrt(np.mean(x * x, -1, keepdims=True) + epsilon) * weight


def rotate(x: np.ndarray, base: float) -> np.ndarray:
    """RoPE of (rows, heads, d): row p turns pair (i, i + d/2) by p base^(-2i/d)."""
    rows, _, d = x.shape
    angle = np.outer(np.arange(rows), base ** (-np.arange(0, d, 2) / d))[:, None, :]
    low, high = np.split(x, 2, -1)
    return np.concatenate([low * np.cos(angle) - high * np.sin(angle), high * np.cos(angle) + low * np.sin(angle)], -1)


def attend(q: np.ndarray, k: np.ndarray, v: np.ndarray, sinks: np.ndarray) -> np.ndarray:
    """Causal attention of (rows, heads, d) to (rows, kv_heads, d), head h reading KV head h // group; sinks (heads) join the sum."""
    group = q.shape[1] // k.shape[1]
    k, v = np.repeat(k, group, 1), np.repeat(v, group, 1)
    scores = np.einsum("qhd,khd->hqk", q, k) / np.sqrt(q.shape[2])
    scores[:, np.triu(np.ones(scores.shape[1:], bool), 1)] = -np.inf
    most = scores.max(-1, keepdims=True)
    weights = np.exp(scores - most)
    return np.einsum("hqk,khd->qhd", weights / (weights.sum(-1, keepdims=True) + np.exp(sinks[:, None, None] - most)), v)


class Llama:
    """config.json and model.safetensors of a folder, computed in the given type."""

    def __init__(self, folder: Path, dtype: type = np.float64) -> None:
        self.config = json.loads((folder / "config.json").read_text())
        self.tensors = {name: x.astype(dtype) for name, x in load_file(folder / "model.safetensors").items()}

    def product(self, x: np.ndarray, name: str) -> np.ndarray:
        """x times the transposed weight."""
        return x @ self.tensors[f"{name}.weight"].T

    def attention(self, x: np.ndarray, name: str) -> np.ndarray:
        """One layer's attention with its four projections."""
        heads, kv_heads = self.config["num_attention_heads"], self.config["num_key_value_heads"]
        base = self.config["rope_theta"]
        q, k, v = (self.product(x, f"{name}.{part}_proj") for part in "qkv")
        q, k, v = (part.reshape(len(x), count, -1) for part, count in ((q, heads), (k, kv_heads), (v, kv_heads)))
        sinks = self.tensors.get(f"{name}.sinks", np.full(heads, -np.inf))
        return self.product(attend(rotate(q, base), rotate(k, base), v, sinks).reshape(len(x), -1), f"{name}.o_proj")

    def feed_forward(self, x: np.ndarray, name: str) -> np.ndarray:
        """SwiGLU."""
        gate = self.product(x, f"{name}.gate_proj")
        return self.product(gate / (1 + np.exp(-gate)) * self.product(x, f"{name}.up_proj"), f"{name}.down_proj")

    def logits(self, tokens: list[int]) -> np.ndarray:
        """(tokens, vocabulary)"""
        epsilon, weight = self.config["rms_norm_eps"], self.tensors
        x = weight["model.embed_tokens.weight"][tokens]
        for i in range(self.config["num_hidden_layers"]):
            layer = f"model.layers.{i}"
            x = x + self.attention(norm(x, weight[f"{layer}.input_layernorm.weight"], epsilon), f"{layer}.self_attn")
            x = x + self.feed_forward(norm(x, weight[f"{layer}.post_attention_layernorm.weight"], epsilon), f"{layer}.mlp")
        x = norm(x, weight["model.norm.weight"], epsilon)
        return self.product(x, "model.embed_tokens" if self.config["tie_word_embeddings"] else "lm_head")
