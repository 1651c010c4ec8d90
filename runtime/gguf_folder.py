"""A GGUF file as a model folder, for attngen, which starts this as a process.

    python gguf_folder.py FILE FOLDER [--tokenizer] [--weights]

FOLDER gets config.json as the transformers library would write it; with --tokenizer, tokenizer_config.json and
tokenizer.json; with --weights, model.safetensors: names and orders of rows are those of transformers, blocks of
quantised weights become float32, other types stay. What goes wrong is one sentence on standard output and exit
status 1. Metadata and tensors that are not understood are refused.
"""

import json
import os
import re
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
from gguf import GGMLQuantizationType as Kind
from gguf import GGUFReader, dequantize
from gguf_families import FAMILIES, Family, Metadata, Model, Refusal

MOST_ENTRIES = 1 << 20        # metadata and tensors of a file
MOST_FLOATS = 1 << 34         # of a tensor
STORED = {      # kept: the type's name in safetensors, numpy's type for its bits, bytes
    Kind.F32: ("F32", np.float32, 4), Kind.F16: ("F16", np.float16, 2), Kind.BF16: ("BF16", np.uint16, 2),
}
READ_INTO_CONFIG = ("rope_freqs.weight", "rope_factors_long.weight", "rope_factors_short.weight")


class Reader(GGUFReader):
    """Reads nothing behind the file's end, and no endless lists."""

    def _get(self, offset: int, dtype: np.dtype, count: int = 1, override_order: str | None = None) -> np.ndarray:
        if int(offset) + np.dtype(dtype).itemsize * int(count) > len(self.data):
            raise Refusal("ends in the middle of what it announces")
        return super()._get(offset, dtype, int(count), override_order)

    def _build_fields(self, offs: int, count: int) -> int:
        if max(int(count), int(self.fields["GGUF.tensor_count"].contents())) > MOST_ENTRIES:
            raise Refusal(f"announces {int(count)} entries; expected at most {MOST_ENTRIES}")
        return super()._build_fields(offs, int(count))


def open_model(path: str) -> tuple[Model, Family]:
    """The model and its family; its config is complete."""
    reader = Reader(path)
    data = Metadata(reader)
    family = FAMILIES.get(data.architecture)
    if family is None:
        raise Refusal(f"general.architecture is {str(data.architecture)[:60]!r}; expected {', '.join(FAMILIES)}")
    if data.get("split.count", 0) > 1:
        raise Refusal("is one part of several; expected a whole file, which llama-gguf-split --merge makes")
    model = Model(data, {tensor.name: tensor for tensor in reader.tensors}, {})
    if not model.has("token_embd.weight"):
        raise Refusal("has no tensor token_embd.weight")
    family.configure(model)
    finish_config(model)
    return model, family


def finish_config(model: Model) -> None:
    """What no architecture says in a way of its own; then nothing is left unread."""
    data = model.data
    vocab = int(model.tensors["token_embd.weight"].shape[1])
    if data.of("vocab_size", vocab) != vocab:
        raise Refusal(f"{data.architecture}.vocab_size is {data.of('vocab_size')}, but there are {vocab} embeddings")
    model.config.update({
        "vocab_size": vocab, "tie_word_embeddings": not model.has("output.weight"),
        "bos_token_id": data.get("tokenizer.ggml.bos_token_id"), "eos_token_id": data.get("tokenizer.ggml.eos_token_id"),
    })
    for name in [name for name, value in model.config.items() if value is None]:
        del model.config[name]
    unread = data.unread()
    if unread:
        raise Refusal(f"{unread[0]} is not understood, and could change the result")


# Weights

def tensor_name(name: str, family: Family) -> tuple[str, str]:
    """Its name in transformers; and what GGUF calls its kind: blk.3.attn_q.weight is attn_q."""
    match = re.fullmatch(r"(?:blk\.(\d+)\.)?(\w+)\.(weight|bias)", name)
    if match is None or match[2] not in family.names:
        raise Refusal(f"tensor {name[:80]} is not understood")
    layer = "" if match[1] is None else f"{family.layer}.{match[1]}."
    return f"{layer}{family.names[match[2]]}.{match[3]}", match[2]


def tensor_values(tensor: NamedTuple) -> np.ndarray:
    """(rows, columns) or (columns), of the type that is stored."""
    shape = tuple(int(axis) for axis in reversed(tensor.shape))
    if tensor.tensor_type in STORED:
        return tensor.data.view(STORED[tensor.tensor_type][1]).reshape(shape)
    return dequantize(tensor.data, tensor.tensor_type).astype(np.float32).reshape(shape)


class Placed(NamedTuple):
    """A tensor and its place in the file."""

    tensor: NamedTuple
    kind: str
    entry: dict          # of the header


def place_tensors(model: Model, family: Family) -> dict[str, Placed]:
    """All of them by name, one behind the other."""
    placed, place = {}, 0
    for tensor in model.tensors.values():
        if tensor.name in READ_INTO_CONFIG:
            continue
        if tensor.n_elements > MOST_FLOATS:
            raise Refusal(f"tensor {tensor.name[:80]} has more than {MOST_FLOATS} numbers")
        name, kind = tensor_name(tensor.name, family)
        dtype, _, size = STORED.get(tensor.tensor_type, STORED[Kind.F32])
        shape = [int(axis) for axis in tensor.shape]
        entry = {"dtype": dtype, "shape": shape if kind in family.transposed else shape[::-1],
                 "data_offsets": [place, place + tensor.n_elements * size]}
        placed[name] = Placed(tensor, kind, entry)
        place += tensor.n_elements * size
    return placed


def tensor_bytes(placed: Placed, model: Model, family: Family) -> bytes:
    """As transformers has them."""
    values = family.reorder(tensor_values(placed.tensor), placed.kind, model.config)
    return np.ascontiguousarray(values.T if placed.kind in family.transposed else values).tobytes()


def write_weights(model: Model, family: Family, path: Path) -> None:
    """model.safetensors: a header with all places, then tensor by tensor."""
    tensors = place_tensors(model, family)
    text = json.dumps({name: placed.entry for name, placed in tensors.items()}).encode()
    text += b" " * (-len(text) % 8)
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for placed in tensors.values():
            file.write(tensor_bytes(placed, model, family))


def write_folder(path: str, folder: Path, wanted: list[str]) -> None:
    """Files appear when they are whole."""
    model, family = open_model(path)
    folder.mkdir(parents=True, exist_ok=True)
    parts = [("config.json", lambda part: part.write_text(json.dumps(model.config, indent=2) + "\n"))]
    if "--tokenizer" in wanted:
        from gguf_tokenizer import read_tokenizer      # takes a while

        tokenizer, marks = read_tokenizer(model.data)
        parts.append(("tokenizer_config.json", lambda part: part.write_text(json.dumps(marks, indent=2) + "\n")))
        parts.append(("tokenizer.json", lambda part: tokenizer.save(str(part))))
    if "--weights" in wanted:
        parts.append(("model.safetensors", lambda part: write_weights(model, family, part)))
    for name, write in parts:
        part = folder / f"{name}.{os.getpid()}"
        try:
            write(part)
            part.replace(folder / name)
        finally:
            part.unlink(missing_ok=True)


def main() -> int:
    """The exit status."""
    try:
        write_folder(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
    except Refusal as why:
        print(why)
        return 1
    except Exception as why:      # whatever a damaged file makes the package stumble over
        print(f"cannot be read as GGUF: {' '.join(str(why).split())[:200] or type(why).__name__}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
