"""What GGUF files and the transformers library call the same things, family by family: see gguf_folder.py."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from gguf import GGUFReader


class Refusal(Exception):
    """Its text is the sentence."""


class Metadata:
    """What the file says of its architecture; knows what was read."""

    def __init__(self, reader: GGUFReader) -> None:
        self.fields = {name: field for name, field in reader.fields.items() if not name.startswith("GGUF.")}
        self.read = set()
        self.architecture = self.get("general.architecture")

    def get(self, name: str, default: object = None) -> object:
        """A field by its whole name."""
        self.read.add(name)
        return self.fields[name].contents() if name in self.fields else default

    def of(self, name: str, default: object = None) -> object:
        """A field of the architecture; a list of equal numbers is that number."""
        value = self.get(f"{self.architecture}.{name}", default)
        if isinstance(value, list) and value and all(item == value[0] for item in value):
            value = value[0]
        if isinstance(value, list):
            raise Refusal(f"{self.architecture}.{name} differs from layer to layer, which no family has")
        return float(str(np.float32(value))) if isinstance(value, float) else value      # 1e-05, not 9.99999974e-06

    def need(self, name: str) -> object:
        """The same, which must be there."""
        value = self.of(name)
        if value is None:
            raise Refusal(f"has no {self.architecture}.{name}")
        return value

    def unread(self) -> list[str]:
        """Fields of the architecture that nobody asked for."""
        return sorted(name for name in self.fields if name.startswith(f"{self.architecture}.") and name not in self.read)


class Model(NamedTuple):
    """The file, half understood."""

    data: Metadata
    tensors: dict        # by name
    config: dict         # so far

    def has(self, name: str) -> bool:
        """Whether there is such a tensor."""
        return name in self.tensors

    def factors(self, name: str) -> list[float]:
        """The numbers of a small tensor."""
        tensor = self.tensors[name]
        return [float(str(number)) for number in np.asarray(tensor.data, np.float32).ravel()]


# config.json, family by family

def common(model: Model) -> None:
    """Fields that decoders share."""
    data, config = model.data, model.config
    heads, hidden = data.need("attention.head_count"), data.need("embedding_length")
    d = data.of("attention.key_length", hidden // heads)
    if data.of("attention.value_length", d) != d:
        raise Refusal(f"keys have {d} numbers and values {data.of('attention.value_length')}; expected as many")
    config |= {
        "hidden_size": hidden, "intermediate_size": data.need("feed_forward_length"),
        "num_hidden_layers": data.need("block_count"), "num_attention_heads": heads,
        "num_key_value_heads": data.of("attention.head_count_kv", heads), "head_dim": d,
        "max_position_embeddings": data.need("context_length"),
        "rms_norm_eps": data.need("attention.layer_norm_rms_epsilon"), "rope_theta": data.of("rope.freq_base", 10000.0),
    }


def rope(model: Model) -> None:
    """How frequencies are scaled: by a rule, or by divisors that stand in a tensor."""
    data, config = model.data, model.config
    kind, factor = data.of("rope.scaling.type", "none"), data.of("rope.scaling.factor")
    original, attention_factor = data.of("rope.scaling.original_context_length"), data.of("rope.scaling.attn_factor")
    scaling = {"rope_type": kind, "factor": factor, "original_max_position_embeddings": original,
               "attention_factor": attention_factor}
    if model.has("rope_freqs.weight"):
        divisors = model.factors("rope_freqs.weight")
        scaling = {"rope_type": "longrope", "short_factor": divisors, "long_factor": divisors, "factor": 1.0,
                   "attention_factor": 1.0, "original_max_position_embeddings": config["max_position_embeddings"]}
    elif model.has("rope_factors_long.weight"):
        scaling |= {"rope_type": "longrope", "short_factor": model.factors("rope_factors_short.weight"),
                    "long_factor": model.factors("rope_factors_long.weight")}
        scaling.pop("factor")
    elif kind == "none":
        return
    config["rope_scaling"] = {name: value for name, value in scaling.items() if value is not None}


def whole_rotation(model: Model) -> None:
    """All dimensions turn."""
    if model.data.of("rope.dimension_count", model.config["head_dim"]) != model.config["head_dim"]:
        raise Refusal(f"{model.data.architecture}.rope.dimension_count is not the {model.config['head_dim']} of a head")


def llama(model: Model) -> None:
    """LLaMA, Mistral and, with experts, Mixtral have one architecture."""
    data, config = model.data, model.config
    common(model)
    rope(model)
    whole_rotation(model)
    window, experts = data.of("attention.sliding_window"), data.of("expert_count", 0)
    config["model_type"] = "mixtral" if experts else "mistral" if window else "llama"
    if window:
        config["sliding_window"] = window
    if experts:
        config |= {"num_local_experts": experts, "num_experts_per_tok": data.need("expert_used_count")}
    if config["model_type"] == "llama":
        config |= {"attention_bias": model.has("blk.0.attn_q.bias"), "mlp_bias": model.has("blk.0.ffn_gate.bias")}


def qwen(model: Model) -> None:
    """Qwen 2 and 3."""
    common(model)
    rope(model)
    whole_rotation(model)
    if model.data.of("attention.sliding_window"):
        raise Refusal("has a window, whose layers a GGUF file of Qwen does not say")
    model.config["model_type"] = model.data.architecture


def gemma(model: Model) -> None:
    """Gemma 2 and 3. The largest of each divides by the square root of hidden size / heads."""
    data, config = model.data, model.config
    common(model)
    rope(model)
    whole_rotation(model)
    third = data.architecture == "gemma3"
    largest = config["num_hidden_layers"] == (62 if third else 46)
    scale = data.of("attention.scale")
    config |= {
        "model_type": "gemma3_text" if third else "gemma2", "sliding_window": data.need("attention.sliding_window"),
        "query_pre_attn_scalar": scale ** -2 if scale else
                                 config["hidden_size"] / config["num_attention_heads"] if largest else config["head_dim"],
        "attn_logit_softcapping": data.of("attn_logit_softcapping"),
        "final_logit_softcapping": data.of("final_logit_softcapping"),
    }
    if third:
        config |= {"sliding_window_pattern": data.of("attention.sliding_window_pattern", 6),
                   "rope_theta": data.of("rope.freq_base", 1000000.0),
                   "rope_local_base_freq": data.of("rope.freq_base_swa", 10000.0)}


def phi3(model: Model) -> None:
    """Phi-3, 3.5 and 4."""
    data, config = model.data, model.config
    common(model)
    rope(model)
    config |= {"model_type": "phi3", "sliding_window": data.of("attention.sliding_window") or None,
               "partial_rotary_factor": data.of("rope.dimension_count", config["head_dim"]) / config["head_dim"],
               "original_max_position_embeddings": data.of("rope.scaling.original_context_length",
                                                           config["max_position_embeddings"])}
    if config.pop("head_dim") * config["num_attention_heads"] != config["hidden_size"]:
        raise Refusal("has heads of another size than embedding_length / head_count, which Phi-3 has not")


def gpt2(model: Model) -> None:
    """GPT-2."""
    data = model.data
    model.config.update({
        "model_type": "gpt2", "n_embd": data.need("embedding_length"), "n_inner": data.need("feed_forward_length"),
        "n_layer": data.need("block_count"), "n_head": data.need("attention.head_count"),
        "n_positions": data.need("context_length"), "layer_norm_epsilon": data.need("attention.layer_norm_epsilon"),
    })


# Names of tensors, as GGUF has them and as transformers does.

DECODER = {
    "token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head",
    "attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj", "attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm",
    "ffn_norm": "post_attention_layernorm", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
}
GEMMA = DECODER | {
    "post_attention_norm": "post_attention_layernorm", "ffn_norm": "pre_feedforward_layernorm",
    "post_ffw_norm": "post_feedforward_layernorm",
}
PHI3 = DECODER | {"attn_qkv": "self_attn.qkv_proj", "ffn_up": "mlp.gate_up_proj"}
GPT2 = {
    "token_embd": "transformer.wte", "position_embd": "transformer.wpe", "output_norm": "transformer.ln_f", "output": "lm_head",
    "attn_norm": "ln_1", "attn_qkv": "attn.c_attn", "attn_output": "attn.c_proj",
    "ffn_norm": "ln_2", "ffn_up": "mlp.c_fc", "ffn_down": "mlp.c_proj",
}


# What GGUF stores otherwise. Each takes the tensor's values, (rows, columns) or (columns), and gives as many.

def as_it_is(values: np.ndarray, _name: str, _config: dict) -> np.ndarray:
    """Nothing to do."""
    return values


def halves(values: np.ndarray, name: str, config: dict) -> np.ndarray:
    """Rows of Q and K, of which GGUF has the pairs 2i and 2i + 1 of each head turn, and transformers i and i + d / 2."""
    heads = {"attn_q": config["num_attention_heads"], "attn_k": config["num_key_value_heads"]}.get(name)
    if heads is None:
        return values
    pairs = values.reshape(heads, config["head_dim"] // 2, 2, -1)
    return pairs.swapaxes(1, 2).reshape(values.shape)


def from_one(values: np.ndarray, name: str, _config: dict) -> np.ndarray:
    """Gemma's norms, to whose weights GGUF has added the 1 that transformers adds."""
    if not name.endswith("norm"):
        return values
    if values.dtype != np.float32:
        raise Refusal(f"norm {name} is not stored as float32")
    return values - np.float32(1)


class Family(NamedTuple):
    """How an architecture becomes what transformers has."""

    configure: Callable[[Model], None]
    names: dict[str, str]
    layer: str = "model.layers"                                    # before the names of a layer's tensors
    reorder: Callable[[np.ndarray, str, dict], np.ndarray] = as_it_is
    transposed: tuple[str, ...] = ()                               # kinds whose weights are (columns, rows) in transformers


FAMILIES = {
    "llama": Family(llama, DECODER, reorder=halves),
    "qwen2": Family(qwen, DECODER),
    "qwen3": Family(qwen, DECODER),
    "gemma2": Family(gemma, GEMMA, reorder=from_one),
    "gemma3": Family(gemma, GEMMA, reorder=from_one),
    "phi3": Family(phi3, PHI3),
    "gpt2": Family(gpt2, GPT2, "transformer.h", transposed=("attn_qkv", "attn_output", "ffn_up", "ffn_down")),
}
