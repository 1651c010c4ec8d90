"""GGUF files, written here as llama.cpp's converters write them: they run as the same models from safetensors do."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import gguf
import harness
import numpy as np

FAMILIES = harness.ROOT / "tests" / "families"
sys.path.insert(0, str(FAMILIES))
sys.path.insert(1, str(harness.ROOT / "runtime"))
from gguf_families import FAMILIES as ARCHITECTURES  # noqa: E402
from safetensors.numpy import save_file  # noqa: E402
from weights import prompts_of, tensor  # noqa: E402

TOLERANCE = 1e-6      # of the output's range: norms that got 1 added and taken away again are rounded
CUTS = (0, 3, 20, 24, 100, 1000)
FLIPS = 24


class Case(NamedTuple):
    """A model of families/, and how its GGUF file differs."""

    model: str
    architecture: str
    changes: dict = {}            # to config.json
    quantised: bool = False


CASES = {
    "llama": Case("llama", "llama"),
    "llama_scaled": Case("llama_scaled", "llama"),
    "llama_q8_0": Case("llama", "llama", {"hidden_size": 64, "intermediate_size": 96, "head_dim": 32, "attention_bias": False,
                                          "mlp_bias": False}, quantised=True),
    "mistral": Case("mistral", "llama"),
    "qwen2": Case("qwen2", "qwen2", {"use_sliding_window": False, "layer_types": None}),
    "qwen3": Case("qwen3", "qwen3"),
    "gemma2": Case("gemma2", "gemma2", {"query_pre_attn_scalar": 20}),
    "gemma3": Case("gemma3_text", "gemma3", {"query_pre_attn_scalar": 20, "layer_types": None}),
    "phi3": Case("phi3", "phi3"),
    "phi3_longrope": Case("phi3_longrope", "phi3"),
    "gpt2": Case("gpt2", "gpt2"),
}


class Model(NamedTuple):
    """What is written in both ways."""

    config: dict
    tensors: dict[str, np.ndarray]


def resized(shape: list[int], before: dict, after: dict) -> list[int]:
    """The shape of a tensor when sizes of the config change."""
    sizes = {name: (config["hidden_size"], config["intermediate_size"], config["num_attention_heads"] * config["head_dim"],
                    config["num_key_value_heads"] * config["head_dim"]) for name, config in (("from", before), ("to", after))}
    return [dict(zip(sizes["from"], sizes["to"])).get(size, size) for size in shape]


def read_case(case: Case) -> Model:
    """Config and weights."""
    stored = json.loads((FAMILIES / f"{case.model}.json").read_text())
    config = {name: value for name, value in (stored["config"] | case.changes).items() if value is not None}
    shapes = {name: shape for name, shape in stored["tensors"].items() if not (case.quantised and name.endswith("bias"))}
    if case.quantised:
        shapes = {name: resized(shape, stored["config"], config) for name, shape in shapes.items()}
    tensors = {name: tensor(name, shape) for name, shape in shapes.items()}
    if case.quantised:
        tensors = {name: kept(name, values) for name, values in tensors.items()}
    return Model(config, tensors)


def kept(name: str, values: np.ndarray) -> np.ndarray:
    """What is left of a matrix after Q8_0."""
    if values.ndim == 1:
        return values
    kind = gguf.GGMLQuantizationType.Q8_0
    return gguf.dequantize(gguf.quants.quantize(values, kind), kind).astype(np.float32)


# As a converter writes it.

def metadata(model: Model) -> dict:
    """What stands under the architecture's name."""
    config = model.config
    if config["model_type"] == "gpt2":
        return {"embedding_length": config["n_embd"], "feed_forward_length": 4 * config["n_embd"], "block_count": config["n_layer"],
                "attention.head_count": config["n_head"], "context_length": config["n_positions"],
                "attention.layer_norm_epsilon": config["layer_norm_epsilon"]}
    heads = config["num_attention_heads"]
    d = config.get("head_dim", config["hidden_size"] // heads)
    rope = config.get("rope_parameters", {})
    window = config.get("sliding_window") if config["model_type"] not in ("qwen2", "qwen3") else None
    fields = {
        "embedding_length": config["hidden_size"], "feed_forward_length": config["intermediate_size"],
        "block_count": config["num_hidden_layers"], "attention.head_count": heads,
        "attention.head_count_kv": config["num_key_value_heads"], "attention.key_length": d, "attention.value_length": d,
        "context_length": config["max_position_embeddings"], "attention.layer_norm_rms_epsilon": config["rms_norm_eps"],
        "rope.freq_base": float(rope.get("rope_theta", rope.get("full_attention", {}).get("rope_theta", 0))),
        "rope.dimension_count": int(d * rope.get("partial_rotary_factor", 1)), "attention.sliding_window": window,
        "attn_logit_softcapping": config.get("attn_logit_softcapping"),
        "final_logit_softcapping": config.get("final_logit_softcapping"),
    }
    if rope.get("rope_type") == "longrope":
        original = rope["original_max_position_embeddings"]
        fields |= {"rope.scaling.original_context_length": original, "rope.scaling.attn_factor": float(np.sqrt(
            1 + np.log(config["max_position_embeddings"] / original) / np.log(original)))}
    return fields


def llama3_factors(config: dict) -> np.ndarray:
    """Divisors of the frequencies, as the tensor rope_freqs has them; after the formula of the model's authors."""
    rope, d = config["rope_parameters"], config["head_dim"]
    wavelengths = 2 * np.pi * rope["rope_theta"] ** (np.arange(0, d, 2) / d)
    original = rope["original_max_position_embeddings"]
    low, high = original / rope["low_freq_factor"], original / rope["high_freq_factor"]
    smooth = (original / wavelengths - rope["low_freq_factor"]) / (rope["high_freq_factor"] - rope["low_freq_factor"])
    factors = 1 / ((1 - smooth) / rope["factor"] + smooth)
    return np.where(wavelengths < high, 1, np.where(wavelengths > low, rope["factor"], factors)).astype(np.float32)


def permuted(values: np.ndarray, heads: int) -> np.ndarray:
    """Rows of each head, of the two halves in turn."""
    halves = values.reshape(heads, 2, values.shape[0] // heads // 2, -1)
    return halves.swapaxes(1, 2).reshape(values.shape)


def stored_values(name: str, values: np.ndarray, case: Case, config: dict) -> np.ndarray:
    """In the order and with the offset of GGUF."""
    if case.architecture == "llama" and ("q_proj" in name or "k_proj" in name):
        return permuted(values, config["num_attention_heads" if "q_proj" in name else "num_key_value_heads"])
    if case.architecture.startswith("gemma") and name.endswith("norm.weight"):
        return values + np.float32(1)
    gpt2_product = case.architecture == "gpt2" and ".c_" in name and values.ndim == 2
    return np.ascontiguousarray(values.T) if gpt2_product else values


def stored_name(name: str, case: Case) -> str:
    """transformer.h.0.ln_1.bias is blk.0.attn_norm.bias."""
    family = ARCHITECTURES[case.architecture]
    name, ending = name.rsplit(".", 1)
    layer = ""
    if name.startswith(f"{family.layer}."):
        number, name = name.removeprefix(f"{family.layer}.").split(".", 1)
        layer = f"blk.{number}."
    return f"{layer}{next(ours for ours, theirs in family.names.items() if theirs == name)}.{ending}"


def rope_tensors(config: dict) -> dict[str, np.ndarray]:
    """Divisors of frequencies."""
    rope = config.get("rope_parameters", {})
    if rope.get("rope_type") == "llama3":
        return {"rope_freqs.weight": llama3_factors(config)}
    if rope.get("rope_type") == "longrope":
        return {f"rope_factors_{kind}.weight": np.array(rope[f"{kind}_factor"], np.float32) for kind in ("long", "short")}
    return {}


def write_gguf(path: Path, case: Case, model: Model, more: dict | None = None, tokenizer: Callable | None = None) -> None:
    """The file; `tokenizer` adds its own to the writer."""
    writer = gguf.GGUFWriter(path, case.architecture)
    for name, value in (metadata(model) | (more or {})).items():
        if value is not None:
            add = writer.add_float32 if isinstance(value, float) else writer.add_uint32
            add(f"{case.architecture}.{name}", value)
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    if tokenizer is not None:
        tokenizer(writer)
    for name, values in model.tensors.items():
        values = stored_values(name, values, case, model.config)
        kind = gguf.GGMLQuantizationType.Q8_0 if case.quantised and values.ndim == 2 else None
        writer.add_tensor(stored_name(name, case), values if kind is None else gguf.quants.quantize(values, kind), raw_dtype=kind)
    for name, values in rope_tensors(model.config).items():
        writer.add_tensor(name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def logits(model: Path, config: dict) -> np.ndarray:
    """Of the prompt that test_families.py gives."""
    with tempfile.TemporaryDirectory() as place:
        prompt, rows = Path(place) / "tokens.npy", Path(place) / "rows.npy"
        np.save(prompt, prompts_of(config)[0][None])
        harness.attngen("run", model, "--tokens", prompt, "--logits", rows)
        return np.load(rows)


def case_test(name: str) -> Callable[[], None]:
    """A test of that case."""
    def test() -> None:
        case = CASES[name]
        model = read_case(case)
        with tempfile.TemporaryDirectory() as place:
            folder, file = Path(place) / "family", Path(place) / "family.gguf"
            folder.mkdir()
            (folder / "config.json").write_text(json.dumps(model.config))
            save_file(model.tensors, folder / "model.safetensors")
            write_gguf(file, case, model)
            expected, found = logits(folder, model.config), logits(file, model.config)
        difference = float(np.abs(found - expected).max() / np.ptp(expected))
        print(f"{name}: {difference:.1e}")
        assert difference <= TOLERANCE
    test.__name__ = f"{name}_is_as_from_safetensors"
    return test


def refusal(*arguments: str | Path) -> str:
    """What stands on standard error."""
    done = subprocess.run([harness.ATTNGEN, *arguments], cwd=harness.ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and done.stdout == "", done
    return done.stderr


def what_is_not_understood_is_refused() -> None:
    """By name: the file and the field or tensor."""
    case = CASES["qwen3"]
    model = read_case(case)
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "model.gguf"
        assert refusal("import", file) == f"{file}: cannot be read: there is no such file\n"
        write_gguf(file, case, model, {"attention.sliding_window": 9})
        assert refusal("import", file) == f"{file}: has a window, whose layers a GGUF file of Qwen does not say\n"
        write_gguf(file, case, model, {"attention.clamp": 1.0})
        assert refusal("import", file) == f"{file}: qwen3.attention.clamp is not understood, and could change the result\n"
        assert refusal("run", file, "--prompt", "a").startswith(f"{file}: qwen3.attention.clamp")
        writer = gguf.GGUFWriter(file, "mamba")
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.close()
        assert refusal("import", file) == f"{file}: general.architecture is 'mamba'; expected {', '.join(ARCHITECTURES)}\n"


def folders_with_a_gguf_file_are_models() -> None:
    """The config that import writes names the file."""
    case = CASES["qwen3"]
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "Tiny-Qwen.gguf"
        write_gguf(file, case, read_case(case))
        text = harness.attngen("import", place)
        assert '\nname = "tiny_qwen"\n' in text and f'\nweights = "{file}"\n' in text, text
        (Path(place) / "other.gguf").write_bytes(file.read_bytes())
        assert "config.json: cannot be read" in refusal("import", place)


def damaged_files_are_one_sentence() -> None:
    """Cut anywhere, or with a bit turned: done, or a sentence; never a traceback."""
    case, random = CASES["qwen3"], np.random.RandomState(4)
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "model.gguf"
        write_gguf(file, case, read_case(case))
        whole, damaged = file.read_bytes(), Path(place) / "damaged.gguf"
        script = [sys.executable, harness.ROOT / "runtime" / "gguf_folder.py", damaged, Path(place) / "folder", "--weights"]
        flipped = [bytearray(whole) for _ in range(FLIPS)]
        for data in flipped:
            data[random.randint(4000)] ^= 1 << random.randint(8)
        for data in [whole[:length] for length in CUTS] + flipped:
            damaged.write_bytes(data)
            done = subprocess.run(script, capture_output=True, text=True, timeout=60)
            assert done.stderr == "" and done.returncode == len(done.stdout.splitlines()) <= 1, done


if __name__ == "__main__":
    harness.run(*map(case_test, CASES), what_is_not_understood_is_refused, folders_with_a_gguf_file_are_models,
                damaged_files_are_one_sentence)
