"""A LLaMA whose layers have sinks, which only its config asks for, against numpy."""

import json
import subprocess
import tempfile
from pathlib import Path

import harness
import numpy as np
from numpy_llama import Llama
from safetensors.numpy import load_file, save_file
from test_families import FAMILIES, TOLERANCE, write_folder

HEADS, TOKENS = 4, 40
CONFIG = {"model_type": "llama", "vocab_size": 97, "hidden_size": 48, "intermediate_size": 52, "num_hidden_layers": 2,
          "num_attention_heads": HEADS, "num_key_value_heads": 2, "rms_norm_eps": 1e-6, "rope_theta": 10000.0,
          "max_position_embeddings": 96, "tie_word_embeddings": True, "bos_token_id": 1, "eos_token_id": 2}
SHAPES = {"model.embed_tokens.weight": [97, 48], "model.norm.weight": [48]} | {
    f"model.layers.{layer}.{name}.weight": shape for layer in range(2) for name, shape in (
        ("input_layernorm", [48]), ("post_attention_layernorm", [48]), ("self_attn.q_proj", [48, 48]), ("self_attn.k_proj", [24, 48]),
        ("self_attn.v_proj", [24, 48]), ("self_attn.o_proj", [48, 48]), ("mlp.gate_proj", [52, 48]), ("mlp.up_proj", [52, 48]),
        ("mlp.down_proj", [48, 52]))}


def make(place: Path) -> tuple[Path, np.ndarray]:
    """The config, the same without a head, and the tokens."""
    write_folder(place / "model", CONFIG, SHAPES)
    tokens = np.random.RandomState(7).randint(3, 97, TOKENS).astype(np.int32)
    np.save(place / "tokens.npy", tokens[None])
    text = harness.attngen("import", place / "model")
    assert "mask = causal," in text
    (place / "sinks.lua").write_text(text.replace("mask = causal,", "mask = causal, sink = per_head,"))
    return place / "sinks.lua", tokens


def add_sinks(folder: Path) -> None:
    """To each layer, from so low that they hardly matter to so high that little else does."""
    file = folder / "model.safetensors"
    sinks = {f"model.layers.{layer}.self_attn.sinks": np.array([-3, 0, 3, 6 + layer], np.float32) for layer in range(2)}
    save_file(load_file(file) | sinks, file, {"format": "pt"})


def sinks_join_the_sum_of_their_head() -> None:
    """In kernels and in the reference, whole and through the cache; without the config's word they change nothing."""
    with tempfile.TemporaryDirectory() as folder:
        config, tokens = make(Path(folder))
        model, rows = Path(folder) / "model", Path(folder) / "rows.npy"
        without = Llama(model).logits(tokens)
        add_sinks(model)
        expected = Llama(model).logits(tokens)
        assert np.abs(without - expected).max() > 0.01 * np.ptp(expected)
        for source, right, options in ((config, expected, ()), (config, expected, ("--reference",)), (config, expected, ("--chunk", "7")),
                                       (model, without, ())):
            harness.attngen("run", source, "--tokens", Path(folder) / "tokens.npy", "--logits", rows, *options)
            assert np.abs(np.load(rows) - right).max() <= TOLERANCE * np.ptp(right), options


def sinks_without_weights_are_refused() -> None:
    """By the name of what is missing; of a family that has none, by its file."""
    with tempfile.TemporaryDirectory() as folder:
        config, _ = make(Path(folder))
        command = [harness.ATTNGEN, "run", config, "--tokens", Path(folder) / "tokens.npy"]
        done = subprocess.run(command, cwd=harness.ROOT, capture_output=True, text=True)
        assert done.returncode == 2 and "no weight layers.0.self_attn.sinks, which step 5 (attention) needs" in done.stderr, done.stderr
        other = Path(folder) / "other"
        case = json.loads((FAMILIES / "gpt2.json").read_text())
        write_folder(other, case["config"], case["tensors"])
        config.write_text(harness.attngen("import", other).replace("mask = causal,", "mask = causal, sink = per_head,"))
        done = subprocess.run(command, cwd=harness.ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr == (
        f"{config}:13: attention attention: sink is per_head; configs/families/gpt2.lua names no weights for it, so that only emit and "
        "check can have it\n"), done.stderr


if __name__ == "__main__":
    harness.run(sinks_join_the_sum_of_their_head, sinks_without_weights_are_refused)
