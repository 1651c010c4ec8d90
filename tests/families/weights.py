"""Model folders of random weights that numpy makes again from their names: what make.py and test_families.py share."""

import json
import zlib
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

TOKENS, ENCODER_TOKENS = 75, 23
ROWS = (0, 1, 12, 13, 14, 31, 74)      # of the output that are kept: around a window of 13, and the last
FIRST_TOKEN = 3                        # smaller ones are marks, of padding for one


def tensor(name: str, shape: list[int]) -> np.ndarray:
    """Its numbers follow from its name. Scores are several units apart, so that attention matters."""
    normal = np.random.RandomState(zlib.crc32(name.encode())).standard_normal(shape)
    if len(shape) == 1:
        normal = 0.3 * normal if name.endswith("bias") else 1 + 0.2 * normal
    elif not any(word in name for word in ("emb", "wte", "wpe", "shared")):
        normal *= 1.4 / np.sqrt(np.mean(shape))
    if name.endswith("Attention.q.weight"):      # T5 divides no scores
        normal /= 5
    return normal.astype(np.float32)


def write_folder(folder: Path, config: dict, shapes: dict[str, list[int]]) -> None:
    """config.json and model.safetensors."""
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config))
    save_file({name: tensor(name, shape) for name, shape in shapes.items()}, folder / "model.safetensors", {"format": "pt"})


def prompts_of(config: dict) -> list[np.ndarray]:
    """The prompt of every model with so many tokens; before it what the encoder reads, if it has one."""
    encoder = np.random.RandomState(2).randint(FIRST_TOKEN, config["vocab_size"], ENCODER_TOKENS).astype(np.int32)
    prompt = np.random.RandomState(1).randint(FIRST_TOKEN, out_vocab(config), TOKENS).astype(np.int32)
    return [encoder, prompt] if config.get("is_encoder_decoder") else [prompt]


def out_vocab(config: dict) -> int:
    """How many tokens it may continue with."""
    return config.get("decoder_vocab_size") or config["vocab_size"]
