#include "operators.h"

#include <string.h>

static const char linear[] = "a linear recurrence is no attention with a softmax";

static const struct operator operators[] = {
    { .name = "Attention", .domain = "-", .express = express_attention,
      .attributes = { "is_causal", "kv_num_heads", "q_num_heads", "qk_matmul_output_mode", "scale", "softcap",
                      "softmax_precision" },
      .inputs = { "Q", "K", "V", "attn_mask", "past_key", "past_value", "nonpad_kv_seqlen" } },
    { .name = "FlexAttention", .domain = "ai.onnx.preview", .express = express_flex,
      .attributes = { "scale", "score_mod", "prob_mod", "softmax_precision" }, .inputs = { "Q", "K", "V" } },
    { .name = "RotaryEmbedding", .domain = "-", .express = express_rotary,
      .attributes = { "interleaved", "num_heads", "rotary_embedding_dim" },
      .inputs = { "X", "cos_cache", "sin_cache", "position_ids" } },
    { .name = "RMSNormalization", .domain = "-", .compute = compute_rms, .output = "Y",
      .attributes = { "axis", "epsilon" }, .inputs = { "X", "scale" } },
    { .name = "LayerNormalization", .domain = "-", .compute = compute_layer, .output = "Y",
      .attributes = { "axis", "epsilon" }, .inputs = { "X", "Scale", "B" } },
    { .name = "SkipLayerNormalization", .domain = "com.microsoft", .compute = compute_skip_layer, .output = "output",
      .attributes = { "epsilon" }, .inputs = { "input", "skip", "gamma", "beta", "bias" } },
    { .name = "SkipSimplifiedLayerNormalization", .domain = "com.microsoft", .compute = compute_skip_rms, .output = "output",
      .attributes = { "epsilon" }, .inputs = { "input", "skip", "gamma", "bias" } },
    { .name = "Gelu", .domain = "-", .compute = compute_gelu, .output = "Y",
      .attributes = { "approximate" }, .inputs = { "X" } },
    { .name = "FastGelu", .domain = "com.microsoft", .compute = compute_fast_gelu, .output = "Y",
      .inputs = { "X", "bias" } },
    { .name = "Swish", .domain = "-", .compute = compute_swish, .output = "Y",
      .attributes = { "alpha" }, .inputs = { "X" } },
    { .name = "SwiGLU", .domain = "-", .compute = compute_swiglu, .output = "Y",
      .attributes = { "alpha" }, .inputs = { "A", "B" } },
    { .name = "Attention", .domain = "com.microsoft", .express = express_projected,
      .attributes = { "num_heads", "unidirectional", "qkv_hidden_sizes", "mask_filter_value", "scale", "do_rotary",
                      "past_present_share_buffer" },
      .inputs = { "input", "weight", "bias", "mask_index", "past", "past_sequence_length", "relative_position_bias" } },
    { .name = "MultiHeadAttention", .domain = "com.microsoft", .express = express_multi_head,
      .attributes = { "num_heads", "unidirectional", "mask_filter_value", "scale" },
      .inputs = { "query", "key", "value", "bias", "key_padding_mask", "past_key", "past_value", "relative_position_bias" } },
    { .name = "PackedAttention", .domain = "com.microsoft", .express = express_packed,
      .attributes = { "num_heads", "qkv_hidden_sizes", "scale" },
      .inputs = { "input", "weight", "bias", "token_offset", "cumulative_sequence_length", "relative_position_bias" } },
    { .name = "PackedMultiHeadAttention", .domain = "com.microsoft", .express = express_packed_multi_head,
      .attributes = { "num_heads", "mask_filter_value", "scale" },
      .inputs = { "query", "key", "value", "bias", "token_offset", "cumulative_sequence_length",
                  "relative_position_bias" } },
    { .name = "LongformerAttention", .domain = "com.microsoft", .express = express_longformer,
      .attributes = { "num_heads", "window" },
      .inputs = { "input", "weight", "bias", "mask", "global_weight", "global_bias", "global" } },
    { .name = "RelativePositionBias", .domain = "com.microsoft", .express = express_buckets,
      .attributes = { "is_bidirectional", "max_distance" }, .inputs = { "bias_table", "query_length", "key_length" } },
    { .name = "LinearAttention", .domain = "-", .why = linear },
};

const struct operator *operator_find(const struct operator_case *given)
{
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++)
        if (strcmp(operators[i].name, given->operator_name) == 0 && given->domain != NULL
            && strcmp(operators[i].domain, given->domain) == 0)
            return &operators[i];
    return NULL;
}

static bool names_have(const char *const names[OPERATOR_NAMES], const char *name)
{
    for (int i = 0; i < OPERATOR_NAMES && names[i] != NULL; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

const char *operator_unread(const struct operator *operator, const struct operator_case *given)
{
    for (int i = 0; i < given->attribute_count; i++)
        if (!names_have(operator->attributes, given->attributes[i].name))
            return given->attributes[i].name;
    for (int i = 0; i < given->tensor_count; i++)
        if (!given->tensors[i].is_output && !names_have(operator->inputs, given->tensors[i].role))
            return given->tensors[i].role;
    return NULL;
}
