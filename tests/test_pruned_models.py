"""Models whose layers keep some heads only, against the same models where the weights of what the others give are zeros."""

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import harness
import numpy as np
from safetensors.numpy import load_file, save_file
from test_families import FAMILIES, TOLERANCE, prompts_of, write_folder

LAYERS = {"whole": None, "pruned": "0, 3", "one": "1"}      # the heads that a layer of each kind keeps

# Where the product behind attention has its weight; which of its axes goes over heads.
CASES = {
    "bert": ("encoder.layer.{}.attention.output.dense.weight", 1),
    "bert_relative": ("encoder.layer.{}.attention.output.dense.weight", 1),    # scores have an array over the heads
    "falcon_grouped": ("transformer.h.{}.self_attention.dense.weight", 1),     # q, k and v in one weight, by groups
    "gpt2": ("transformer.h.{}.attn.c_proj.weight", 0),                        # weights are transposed
    "llama": ("model.layers.{}.self_attn.o_proj.weight", 1),
    "olmo2": ("model.layers.{}.self_attn.o_proj.weight", 1),                   # a norm goes over all heads of q
}


def pruned_config(folder: Path, kinds: list[str]) -> str:
    """What import writes, with a definition for each kind of layer."""
    text = harness.attngen("import", folder)
    head, _, rest = text.partition("attention = {\n")
    fields = rest.partition("\n}\n")[0]
    return (f"{head}local function layer(kept)\n  return {{ keep = kept,\n{fields}\n  }}\nend\n"
            "attention = { " + ", ".join(f"{kind} = layer({'nil' if kept is None else f'{{ {kept} }}'})"
                                         for kind, kept in LAYERS.items() if kind in kinds) + " }\n"
            "layers = { " + ", ".join(f'"{kind}"' for kind in kinds) + " }\n")


def zero_dropped(folder: Path, kinds: list[str], heads: int, weight: str, axis: int) -> None:
    """Heads that are not kept give zeros."""
    file = folder / "model.safetensors"
    tensors = load_file(file)
    for layer, kind in enumerate(kinds):
        parts = np.split(tensors[weight.format(layer)], heads, axis)
        for head, part in enumerate(parts):
            if LAYERS[kind] is not None and str(head) not in LAYERS[kind]:
                part[:] = 0
        tensors[weight.format(layer)] = np.concatenate(parts, axis)
    save_file(tensors, file, {"format": "pt"})


def rows(model: Path, place: Path, *options: object) -> np.ndarray:
    """All rows of the output."""
    harness.attngen("run", model, "--tokens", place / "tokens.npy", "--logits", place / "rows.npy", *map(str, options))
    return np.load(place / "rows.npy")


def case_test(name: str) -> Callable[[], None]:
    """A test of that case."""
    def test() -> None:
        case, (weight, axis) = json.loads((FAMILIES / f"{name}.json").read_text()), CASES[name]
        config = case["config"]
        kinds = [list(LAYERS)[layer % len(LAYERS)] for layer in range(config.get("num_hidden_layers") or config["n_layer"])]
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            write_folder(place / "model", config, case["tensors"])
            np.save(place / "tokens.npy", prompts_of(config)[0][None])
            (place / "pruned.lua").write_text(pruned_config(place / "model", kinds))
            whole = rows(place / "model", place)
            found = [rows(place / "pruned.lua", place), rows(place / "pruned.lua", place, "--reference")]
            if not name.startswith("bert"):
                found.append(rows(place / "pruned.lua", place, "--chunk", 13))
            zero_dropped(place / "model", kinds, config.get("num_attention_heads") or config["n_head"], weight, axis)
            expected = rows(place / "model", place)
        differences = [float(np.abs(each - expected).max() / np.ptp(expected)) for each in found]
        print(f"{name}: " + " ".join(f"{difference:.1e}" for difference in differences))
        assert max(differences) <= TOLERANCE
        assert np.abs(whole - expected).max() > 0.01 * np.ptp(expected)
    test.__name__ = f"pruned_{name}_is_as_with_zeros"
    return test


if __name__ == "__main__":
    harness.run(*map(case_test, CASES))
