-- DeepSeek V2: multi-head latent attention, k and v unfolded; layers with experts are defined, but do not run.
local hidden = whole "hidden_size"
local inner  = whole "intermediate_size"
local eps    = number("rms_norm_eps", 1e-6)
local act    = activation("hidden_act", "silu")
local biased = flag("attention_bias", false)
local dense  = whole("first_k_dense_replace", 0, nil, 0)

local sizes = {
  heads = whole "num_attention_heads",
  rotated = whole("qk_rope_head_dim", 64), plain = whole("qk_nope_head_dim", 128), d_v = whole("v_head_dim", 128),
  q_rank = json.q_lora_rank and whole "q_lora_rank", kv_rank = whole("kv_lora_rank", 512),
}
local d = sizes.rotated + sizes.plain

only("num_key_value_heads", sizes.heads)
only("head_dim", sizes.rotated)
only("qk_head_dim", d)
only("mlp_bias", false)

attention = {
  heads = sizes.heads, d_k = d, d_v = sizes.d_v,
  scale = d ^ -0.5 * rotary_score_factor(),
  mask = causal(),
  position = rotary { dims = sizes.rotated, neighbours = true },
}

layers   = layer_count "num_hidden_layers"
context  = whole("max_position_embeddings", 2048)
vocab    = whole "vocab_size"
bos, eos = tokens "bos_token_id", tokens "eos_token_id"
prefixes = { "", "model." }

-- Those about experts say nothing of layers that have none, and a model that has some does not run.
harmless = harmless_and {
  "pretraining_tp", "auto_map", "ep_size", "num_nextn_predict_layers", "num_mtp_layers", "output_router_logits",
  "moe_intermediate_size", "moe_layer_freq", "n_group", "n_routed_experts", "n_shared_experts", "norm_topk_prob",
  "num_experts_per_tok", "routed_scaling_factor", "scoring_func", "seq_aux", "topk_group", "topk_method",
  "aux_loss_alpha",
}
if dense < layers then missing = "a mixture of experts" end

local model = {
  layers = dense < layers and dense or layers,
  hidden = hidden, inner = inner, vocab = vocab, eps = eps, act = act, out_bias = biased,
}

decoder_norms_before(model, function(layer, name)
  project_latent("h", name, sizes, 1e-6, biased)
  attend(layer, "q", "k", "v", "a")
end)
