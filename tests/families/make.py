"""Makes the expected outputs beside it, by hand: `python make.py [NAME...]` with torch and transformers installed.

Each model is small and has odd sizes. Its weights come from the names of its tensors (weights.py), so that only its
config.json, the shapes of its tensors and a few rows of its output are kept.
"""

import json
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
import transformers
transformers.utils.logging.set_verbosity_error()
transformers.utils.logging.disable_progress_bar()
from weights import FIRST_TOKEN, ROWS, prompts_of, write_folder

HERE = Path(__file__).resolve().parent
VOCAB = 97
MATTERS = 2e-3      # of the output's range: ten times the tolerance; what another token must change, eight tokens later
OTHERS = 12         # tokens that are tried in its place

COMMON = {"vocab_size": VOCAB, "bos_token_id": 1, "eos_token_id": 2, "pad_token_id": 0}
DECODER = COMMON | {"hidden_size": 80, "intermediate_size": 52, "num_hidden_layers": 3, "num_attention_heads": 4,
                    "max_position_embeddings": 96}
FALCON = {name: value for name, value in DECODER.items() if name != "intermediate_size"} | {"ffn_hidden_size": 52}
GROUPED = DECODER | {"num_key_value_heads": 2}
OWN_HEAD = GROUPED | {"hidden_size": 48, "head_dim": 20}
MLA = DECODER | {"kv_lora_rank": 16, "qk_nope_head_dim": 20, "qk_rope_head_dim": 12, "v_head_dim": 18, "num_key_value_heads": 4}
YARN = {"type": "yarn", "factor": 3.0, "original_max_position_embeddings": 32, "mscale": 1.0, "mscale_all_dim": 1.0}
GPT = COMMON | {"n_embd": 80, "n_layer": 3, "n_head": 4, "n_positions": 96}
ENCODER = DECODER | {"layer_norm_eps": 1e-12}
MARIAN = COMMON | {"d_model": 60, "encoder_layers": 2, "decoder_layers": 3, "encoder_ffn_dim": 52, "decoder_ffn_dim": 44,
                   "encoder_attention_heads": 3, "decoder_attention_heads": 5, "max_position_embeddings": 96,
                   "activation_function": "relu", "decoder_start_token_id": 0, "forced_eos_token_id": 2}
T5 = COMMON | {"d_model": 60, "d_kv": 20, "d_ff": 52, "num_layers": 3, "num_heads": 3, "decoder_start_token_id": 0,
               "relative_attention_num_buckets": 14, "relative_attention_max_distance": 40}

CASES = {
    "bert": ("Bert", ENCODER),
    "bert_relative": ("Bert", ENCODER | {"position_embedding_type": "relative_key"}),
    "bloom": ("Bloom", COMMON | {"hidden_size": 100, "n_layer": 3, "n_head": 5}),
    "cohere": ("Cohere", GROUPED | {"logit_scale": 0.3}),
    "cohere2": ("Cohere2", GROUPED | {"sliding_window": 13, "num_hidden_layers": 4, "logit_scale": 0.3}),
    "deepseek_v2": ("DeepseekV2", MLA | {"q_lora_rank": None, "first_k_dense_replace": 3}),
    "deepseek_v3": ("DeepseekV3", MLA | {"q_lora_rank": 24, "first_k_dense_replace": 3, "rope_scaling": YARN}),
    "distilbert": ("DistilBert", COMMON | {"dim": 80, "hidden_dim": 52, "n_layers": 3, "n_heads": 4, "max_position_embeddings": 96}),
    "exaone4": ("Exaone4", GROUPED | {"sliding_window": 13, "sliding_window_pattern": 3}),
    "falcon": ("Falcon", FALCON | {"multi_query": True}),
    "falcon_alibi": ("Falcon", FALCON | {"multi_query": True, "alibi": True, "num_attention_heads": 5}),
    "falcon_grouped": ("Falcon", FALCON | {"new_decoder_architecture": True, "num_kv_heads": 2, "bias": True}),
    "falcon_sequential": ("Falcon", FALCON | {"multi_query": False, "parallel_attn": False, "bias": True}),
    "gemma2": ("Gemma2", OWN_HEAD | {"sliding_window": 13, "num_hidden_layers": 4, "query_pre_attn_scalar": 5,
                                     "attn_logit_softcapping": 4.0, "final_logit_softcapping": 25.0}),
    "gemma3_text": ("Gemma3Text", OWN_HEAD | {"sliding_window": 13, "num_hidden_layers": 4, "query_pre_attn_scalar": 30,
                                              "layer_types": ["sliding_attention", "sliding_attention", "full_attention",
                                                              "sliding_attention"]}),
    "glm4": ("Glm4", OWN_HEAD),
    "gpt2": ("GPT2", GPT),
    "gpt_bigcode": ("GPTBigCode", GPT),
    "gpt_bigcode_heads": ("GPTBigCode", GPT | {"multi_query": False}),
    "gpt_neox": ("GPTNeoX", DECODER | {"rotary_pct": 0.5}),
    "gpt_neox_sequential": ("GPTNeoX", DECODER | {"rotary_pct": 0.3, "use_parallel_residual": False, "rotary_emb_base": 500}),
    "gptj": ("GPTJ", GPT | {"rotary_dim": 12}),
    "granite": ("Granite", GROUPED | {"embedding_multiplier": 3.0, "attention_multiplier": 0.15, "residual_multiplier": 0.4,
                                      "logits_scaling": 5.0}),
    "llama": ("Llama", OWN_HEAD | {"attention_bias": True, "mlp_bias": True}),
    "llama_dynamic": ("Llama", OWN_HEAD | {"rope_scaling": {"rope_type": "dynamic", "factor": 4.0}}),
    "llama_scaled": ("Llama", OWN_HEAD | {"rope_theta": 5000.0, "rope_scaling": {
        "rope_type": "llama3", "factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 32}}),
    "marian": ("Marian", MARIAN | {"scale_embedding": True}),
    "marian_apart": ("Marian", MARIAN | {"decoder_layers": 2, "share_encoder_decoder_embeddings": False, "decoder_vocab_size": 89,
                                         "activation_function": "swish"}),
    "mistral": ("Mistral", OWN_HEAD | {"sliding_window": 13}),
    "modernbert": ("ModernBert", DECODER | {"local_attention": 13, "num_hidden_layers": 4}),
    "mpt": ("Mpt", COMMON | {"d_model": 60, "n_layers": 3, "n_heads": 3, "max_seq_len": 96}),   # it ignores alibi_bias_max
    "olmo2": ("Olmo2", GROUPED),
    "olmo3": ("Olmo3", GROUPED | {"sliding_window": 13, "layer_types": ["full_attention", "sliding_attention", "full_attention"]}),
    "phi": ("Phi", GROUPED | {"partial_rotary_factor": 0.4}),
    "phi3": ("Phi3", GROUPED | {"sliding_window": 13}),
    "phi3_longrope": ("Phi3", GROUPED | {"original_max_position_embeddings": 32, "partial_rotary_factor": 0.5, "rope_scaling": {
        "type": "longrope", "short_factor": [1.0, 1.1, 1.3, 1.5, 1.7], "long_factor": [1.0, 1.5, 2.0, 4.0, 7.0]}}),
    "qwen2": ("Qwen2", GROUPED | {"use_sliding_window": True, "sliding_window": 13, "max_window_layers": 1}),
    "qwen3": ("Qwen3", OWN_HEAD),
    "roberta": ("Roberta", ENCODER | {"max_position_embeddings": 98, "pad_token_id": 1, "bos_token_id": 0}),
    "starcoder2": ("Starcoder2", GROUPED | {"sliding_window": 13}),
    "t5": ("T5", T5),
    "t5_gated": ("T5", T5 | {"feed_forward_proj": "gated-gelu", "tie_word_embeddings": False, "num_decoder_layers": 2}),
    "smollm3": ("SmolLM3", GROUPED | {"num_hidden_layers": 4}),
}

OLD = {"bert_relative"}      # transformers 5 takes the position_embedding_type of BERT for "absolute", whatever it is: made by 4.48
SDPA = {"falcon_alibi"}      # its eager attention adds ALiBi twice: with the product, and with the mask


def output_class(config: object) -> type:
    """The model with a head where there is one that continues or translates a text, else without."""
    if config.is_encoder_decoder:
        return transformers.AutoModelForSeq2SeqLM
    known = transformers.AutoModelForCausalLM._model_mapping
    encoder = config.model_type in ("bert", "roberta", "modernbert", "distilbert")
    return transformers.AutoModelForCausalLM if type(config) in known and not encoder else transformers.AutoModel


def describe(family: str, fields: dict) -> tuple[dict, dict]:
    """What transformers saves of such a model: its config.json, and its tensors' shapes by name."""
    from safetensors import safe_open
    config = getattr(transformers, f"{family}Config")(**fields)
    with tempfile.TemporaryDirectory() as folder:
        output_class(config).from_config(config).save_pretrained(folder)
        with safe_open(Path(folder) / "model.safetensors", "np") as file:
            shapes = {name: file.get_slice(name).get_shape() for name in sorted(file.keys())}
        if "tie_word_embeddings" in fields and config.is_encoder_decoder:     # published models have a head of their own
            shapes["lm_head.weight"] = shapes["shared.weight"]
        return json.loads((Path(folder) / "config.json").read_text()), shapes


def rows_of(model: torch.nn.Module, *prompts: np.ndarray) -> np.ndarray:
    """(tokens, width); of an encoder-decoder model by what the encoder reads, then what the decoder does."""
    names = ("input_ids", "decoder_input_ids") if model.config.is_encoder_decoder else ("input_ids",)
    with torch.no_grad():
        out = model(**{name: torch.tensor(prompt[None].astype(np.int64)) for name, prompt in zip(names, prompts, strict=True)})
    return (out.logits if hasattr(out, "logits") else out.last_hidden_state)[0].numpy()


def expected(folder: Path, attention: str) -> np.ndarray:
    """All rows of the output."""
    config = transformers.AutoConfig.from_pretrained(folder)
    model = output_class(config).from_pretrained(folder, attn_implementation=attention).float().eval()
    prompts = prompts_of(config.to_dict())
    rows = rows_of(model, *prompts)
    for prompt in prompts:
        change, given = 0.0, prompt[-9]
        for prompt[-9] in range(FIRST_TOKEN, FIRST_TOKEN + OTHERS):
            change = max(change, np.abs(rows_of(model, *prompts)[-1] - rows[-1]).max() / np.ptp(rows))
        assert change > MATTERS, f"another token changes the last row by {change:.1e} of the range only"
        prompt[-9] = given
    return rows


def make(name: str) -> None:
    """The two files of a case."""
    family, fields = CASES[name]
    config, shapes = describe(family, fields)
    folder = Path(tempfile.mkdtemp()) / "model"
    write_folder(folder, config, shapes)
    rows = expected(folder, "sdpa" if name in SDPA else "eager")
    shutil.rmtree(folder.parent)
    tensors = ",\n".join(f"  {json.dumps(name)}: {json.dumps(shape)}" for name, shape in shapes.items())
    fields = json.dumps(config, indent=1).replace("\n", "\n ")
    (HERE / f"{name}.json").write_text(f'{{\n "config": {fields},\n "tensors": {{\n{tensors}\n }}\n}}\n')
    np.save(HERE / f"{name}.npy", rows[list(ROWS)].astype(np.float32))
    print(f"{name:20} {rows.min():8.3f} to {rows.max():8.3f}")


if __name__ == "__main__":
    old = transformers.__version__.startswith("4.")
    for case in sys.argv[1:] or [name for name in CASES if (name in OLD) == old]:
        assert (case in OLD) == old, f"{case} is made by transformers {5 - old}"
        make(case)
