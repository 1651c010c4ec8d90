#include <math.h>
#include <string.h>

#include "../base/text.h"
#include "../catalog/argument.h"
#include "../model/tree.h"
#include "../plan/plan.h"
#include "explain_choice.h"
#include "explain_sight.h"

enum {
    SHOWN_FREQUENCIES = 4
};

static void choice_add(struct choices *choices, const char *name, struct value *value, const char *words)
{
    choices->list[choices->count++] = (struct choice){ name, value, words };
}

static void choice_add_text(struct choices *choices, const char *name, const char *text, const char *words)
{
    choice_add(choices, name, tree_text(text, choices->arena), words);
}

static void choice_add_integer(struct choices *choices, const char *name, int64_t integer, const char *words)
{
    choice_add(choices, name, tree_integer(integer, choices->arena), words);
}

/* Heads keep their numbers, so that a pruned layer is the same layer with heads left out. */
static void collect_keep(struct choices *choices, const struct kept *kept)
{
    struct text heads = text_start(choices->arena), kv_heads = text_start(choices->arena);
    for (int i = 0; i < kept->heads; i++)
        text_format(&heads, "%s%d", i > 0 ? ", " : "", kept->head[i]);
    for (int i = 0; i < kept->kv_heads; i++)
        text_format(&kv_heads, "%s%d", i > 0 ? ", " : "", kept->kv_head[i]);
    choice_add_text(choices, "keep", heads.data,
                    "heads that are left; q, o and lse hold these alone. Masks, scores, arrays, sinks and norms go by their numbers");
    choice_add_text(choices, "keep_kv", kv_heads.data, "KV heads that they read; k, v and the cache hold these alone");
}

static void collect_mla(struct choices *choices, const struct mla *mla)
{
    const bool absorbed = mla->form == MLA_ABSORBED;
    choice_add_text(choices, "mla.form", absorbed ? "absorbed" : "naive",
                    absorbed ? "heads share one key, [rope, latent], whose latent is the value: q brings rope and its nope times what unfolds keys"
                             : "each head has its key, [rope, nope], and its value, unfolded from the latent before they are cached");
    choice_add_integer(choices, "mla.kv_rank", mla->kv_rank, "floats of the latent");
    choice_add_integer(choices, "mla.nope", mla->nope, "floats of a head's key that do not turn");
    choice_add_integer(choices, "mla.rope", mla->rope, "floats that turn, the first of a query and of a key, shared by all heads");
    choice_add_integer(choices, "mla.v", mla->v, "floats of a head's value");
}

static void collect_heads(struct choices *choices, const struct definition *definition)
{
    choice_add_text(choices, "family", "softmax", "dot products of q and k make the weights of the visible v");
    choice_add_integer(choices, "heads", definition->heads, "of queries");
    choice_add_integer(choices, "kv_heads", definition->kv_heads, "of keys and values");
    choice_add_text(choices, "kv_head", arena_format(choices->arena, "h // %d", definition->heads / definition->kv_heads),
                    "the KV head that query head h reads");
    if (definition->kept.head != NULL)
        collect_keep(choices, &definition->kept);
    choice_add_integer(choices, "d_k", definition->d_k, "floats of a query and of a key");
    choice_add_integer(choices, "d_v", definition->d_v, "floats of a value");
    choice_add_text(choices, "v", definition->v_in_k ? "tail_of_k" : "given",
                    definition->v_in_k ? "a value is the last d_v floats of its key as cached, which hold it once; v itself is unread"
                                       : "values come beside their keys");
    choice_add_text(choices, "activations", definition->activations->name,
                    arena_format(choices->arena, "of q, k, v and o: %s", definition->activations->help));
    if (definition->mla.form != MLA_NONE)
        collect_mla(choices, &definition->mla);
}

static const char *const sink_words[SINKS] = {
    "nothing but visible keys takes part in the softmax",
    "a score of 0 joins the softmax's sum, and no value; lse is without it",
    "a score that each head is given joins the softmax's sum, and no value; lse is without it",
};

static const char *const normalize_words[NORMALIZES] = {
    "weights are exp(score) over its sum: o = softmax(scores) v over the visible keys",
    "weights are 1 / (1 + exp(-score)), each by itself: o is their sum of v, not divided",
};

static const char *const hidden_row_words[HIDDEN_ROWS] = {
    "o of a query that sees no key",
    "o of a query that sees no key is not a number",
    "o of a query that sees no key is the mean of all v of the sequence",
};

static const char *const lse_words[NORMALIZES] = {
    "of the sum of exp(score) over visible keys, never the sink; -infinity without any",
    "of what o is divided by, so 0; -infinity where no key is visible. o over parts of the keys add up",
};

static const char *const matrix_words[MATRICES] = {
    [MATRIX_PRODUCT]    = "scale q k of every query and key, hidden ones too",
    [MATRIX_SCORED]     = "what the score makes of every query and key, hidden ones too, in natural units",
    [MATRIX_MASKED]     = "scores in natural units, -infinity where the key is hidden",
    [MATRIX_NORMALIZED] = "weights, as o takes the values; 0 where the key is hidden, so all of a row that sees no key"
};

static void collect_scores(struct choices *choices, const struct definition *definition)
{
    char score[EXPRESSION_BYTES];
    const struct mla *mla = &definition->mla;
    const bool usual = definition->scale == 1 / sqrt(definition->d_k), latent = mla->form == MLA_ABSORBED && definition->scale == 1 / sqrt(mla->nope + mla->rope);
    choice_add(choices, "scale", tree_number(definition->scale, choices->arena),
               latent ? "1 / sqrt(nope + rope), of a head before it was absorbed, on the product of q and k"
               : usual ? "1 / sqrt(d_k), on the product of q and k" : "as the config gives it, on the product of q and k");
    if (definition_computes(definition))
        choice_add_text(choices, "scale_on", "product", "where rounding goes: q is rounded, rotated, before; the sum is multiplied");
    else
        choice_add_text(choices, "scale_on", "q", "where rounding goes: q is multiplied, rotated, in float32, before the product");
    expression_print(&definition->score, score, sizeof score);
    const bool plain = !definition_has_score(definition);
    choice_add_text(choices, "score", plain ? "none" : arena_copy(choices->arena, score, strlen(score)),
                    plain ? "no soft-cap or bias changes the scaled product"
                          : "what becomes of s, the scaled product, in the order written, in natural units, before the mask: a bias is not scaled; -infinity or NaN hides the key");
    choice_add_text(choices, "sink", definition_sink_name(definition->sink), sink_words[definition->sink]);
    choice_add_text(choices, "normalize", definition_normalize_name(definition->normalize),
                    normalize_words[definition->normalize]);
    choice_add_text(choices, "arithmetic", "float32", definition_computes(definition)
                    ? "of sums and exponentials; what products are made of is compute's, below"
                    : expression_rounds(&definition->score)
                    ? "of products, exponentials and sums; nothing is rounded to less in between but by the score's bf16"
                    : "of products, exponentials and sums; nothing is rounded to less in between");
}

static void collect_mask(struct choices *choices, const struct definition *definition)
{
    char mask[EXPRESSION_BYTES];
    expression_print(&definition->mask, mask, sizeof mask);
    choice_add_text(choices, "mask", arena_copy(choices->arena, mask, strlen(mask)),
                    expression_is_true(&definition->mask) ? "every query sees every key" : "true: query q sees key k, counted exactly as it stands here");
    choice_add_text(choices, "reach", reach_text(&definition->mask, choices->arena),
                    "keys around its own place, itself not counted, that a query can see at all");
    choice_add_text(choices, "q_place", "index + q_offset",
                    "q above; the caller aligns: q_offset = kv_len - q_len lines up the ends, 0 the starts");
    choice_add_text(choices, "k_place", "index", "k above: from 0, whatever the cache's layout");
    choice_add_text(choices, "padding", "none", "sequences of a batch have their own lengths");
    choice_add_text(choices, "hidden_row", definition_hidden_row_name(definition->hidden_row),
                    hidden_row_words[definition->hidden_row]);
    choice_add_text(choices, "lse", "natural log", lse_words[definition->normalize]);
}

/* What `outputs` gives of a call besides o and lse; the rows of queries that see no key included. */
static void collect_outputs(struct choices *choices, const struct definition *definition)
{
    const struct outputs *outputs = &definition->outputs;
    struct text heads = text_start(choices->arena);
    definition_heads_print(&heads, outputs, ", ");
    if (outputs->matrix != MATRIX_NONE) {
        choice_add_text(choices, "matrix", definition_matrix_name(outputs->matrix), matrix_words[outputs->matrix]);
        choice_add_text(choices, "matrix.heads", heads.data, "which query heads the matrix has, in this order");
    }
    if (outputs->column_sums)
        choice_add_text(choices, "column_sums", "true", "for each head and key, its weights summed over the queries of a call");
}

/* What the caller hands over besides q, k and v. */
static void collect_arrays(struct choices *choices, const struct definition *definition)
{
    for (int i = 0; i < definition->arrays.count; i++) {
        const struct expression_arrays one = { 1, { definition->arrays.list[i] } };
        char text[EXPRESSION_BYTES];
        expression_arrays_print(&one, text, sizeof text);
        choice_add_text(choices, arena_format(choices->arena, "array.%s", one.list[0].name), arena_copy(choices->arena, text, strlen(text)),
                        "handed over with each call, as args->array says, with a stride for each axis");
    }
}

/* "rope.base": the parameters of a word, and of words within it. */
static void collect_arguments(struct choices *choices, const char *path, const struct descriptor *descriptor,
                              const struct argument *arguments)
{
    for (int i = 0; i < descriptor->parameter_count; i++) {
        const struct parameter *parameter = &descriptor->parameters[i];
        const bool word = parameter->type == PARAMETER_WORD;
        const char *name = arena_format(choices->arena, "%s.%s", path, parameter->name);
        choice_add(choices, name, argument_value(parameter, &arguments[i], choices->arena),
                   word ? arguments[i].word->help : parameter->help);
        if (word)
            collect_arguments(choices, name, arguments[i].word, arguments[i].arguments);
    }
}

static void collect_rotation(struct choices *choices, const struct rotation *rotation)
{
    struct value *list = tree_table(choices->arena);
    for (int i = 0; i < rotation->frequencies.count && i < SHOWN_FREQUENCIES; i++)
        tree_append(list, tree_number(rotation->frequencies.list[i], choices->arena), choices->arena);
    choice_add(choices, "frequencies", list,
               arena_format(choices->arena, "the first of %d, radians a position", rotation->frequencies.count));
    choice_add(choices, "magnitude", tree_number(rotation->magnitude, choices->arena),
               "attention factor: multiplies cosines and sines, so scores by its square");
    choice_add_text(choices, "positions", "input", "a 32-bit integer a token, from the caller");
    choice_add_text(choices, "k_rotated", "before caching", "once, by the writer; readers take keys as they are");
}

/* The words of a norm's help are its formula. */
static void collect_norm(struct choices *choices, const char *field, const struct norm *norm)
{
    choice_add_text(choices, field, norm->word->name,
                    norm->used ? arena_format(choices->arena, "of each head by itself: %s", norm->word->help) : norm->word->help);
    collect_arguments(choices, field, norm->word, norm->arguments);
}

static void collect_position(struct choices *choices, const struct definition *definition)
{
    const struct descriptor *position = definition->position;
    choice_add_text(choices, "position", position->name, position->help);
    collect_arguments(choices, position->name, position, definition->position_argument);
    if (definition->rotation.dims > 0)
        collect_rotation(choices, &definition->rotation);
}

static void collect_cached(struct choices *choices, const char *path, const struct cached *cached)
{
    choice_add_text(choices, path, cached->type->name, cached->type->help);
    collect_arguments(choices, path, cached->type, cached->argument);
}

static void collect_cache(struct choices *choices, const struct definition *definition)
{
    const int v_row = (definition->d_v + PLAN_PANEL - 1) / PLAN_PANEL * PLAN_PANEL;      /* whole panels */
    const int64_t row = cached_bytes(&definition->cache_k, definition->d_k)
                      + (definition->v_in_k ? 0 : cached_bytes(&definition->cache_v, v_row));
    const int64_t flops = 2 * (int64_t)(definition->d_k + definition->d_v);
    if (definition_caches_alike(definition))
        collect_cached(choices, "cache", &definition->cache_k);
    else {
        collect_cached(choices, "cache.k", &definition->cache_k);
        collect_cached(choices, "cache.v", &definition->cache_v);
    }
    choice_add_text(choices, "compute", definition->compute->name, definition->compute->help);
    choice_add_integer(choices, "cache_bytes", definition->kept.kv_heads * row, "a token and layer, in whole blocks of 64 tokens");
    choice_add_text(choices, "layout", definition->layout->name, definition->layout->help);
    collect_arguments(choices, definition->layout->name, definition->layout, definition->layout_argument);
    if (definition->ring_reach >= 0)
        choice_add_integer(choices, "ring_reach", definition->ring_reach, "the most keys before its own that a query sees: what the ring keeps");
    choice_add_integer(choices, "flops", flops, "a query head and visible key, without the softmax");
    if (definition->max_code > 0)
        choice_add_integer(choices, "max_code", definition->max_code, "bytes of machine code on one target, at most; more is refused");
}

static bool node_is_place(const struct expression *expression, int index)
{
    for (int i = index + 1; i < expression->count; i++)
        if (expression->nodes[i].op == EXPRESSION_PLACE && expression->nodes[i].right == index)
            return true;
    return false;
}

/* Whether a variable occurs, other than as a place in an array: the array moves with its sequence. */
static bool expression_depends(const struct expression *expression, enum expression_variable variable)
{
    for (int i = 0; i < expression->count; i++)
        if (expression->nodes[i].op == EXPRESSION_VARIABLE && expression->nodes[i].value == variable
            && !node_is_place(expression, i))
            return true;
    return false;
}

/* The order that fixes every bit of a result. */
static void collect_order(struct choices *choices, const struct definition *definition)
{
    static const enum expression_variable lengths[] = { EXPRESSION_Q_LEN, EXPRESSION_KV_LEN, EXPRESSION_B };
    bool by_call = definition->hidden_row == HIDDEN_ROW_MEAN;
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++)
        by_call = by_call || expression_depends(&definition->mask, lengths[i]) || expression_depends(&definition->score, lengths[i]);
    choice_add_text(choices, "order", by_call ? "by call" : "one",
                    definition->hidden_row == HIDDEN_ROW_MEAN
                            ? "a row that sees no key depends on how many there are, so cutting a prompt may change it"
                    : by_call ? "the mask or the score uses q_len, kv_len or b, so cutting a prompt or a batch may change what is seen"
                            : "prefill, append and decode give the same bits, in any chunks, batch and number of threads");
    choice_add_text(choices, "order_excepts", "target, tuning, inf, nan",
                    "another target or tuning, or k and v that are not finite, may give other bits");
}

void choices_collect(struct choices *choices, const struct definition *definition, struct arena *arena)
{
    *choices = (struct choices){ .arena = arena };
    collect_heads(choices, definition);
    collect_scores(choices, definition);
    collect_mask(choices, definition);
    collect_arrays(choices, definition);
    collect_outputs(choices, definition);
    for (enum definition_norm which = 0; which < NORMS; which++)
        collect_norm(choices, definition_norm_field(which), &definition->norm[which]);
    collect_position(choices, definition);
    collect_cache(choices, definition);
    collect_order(choices, definition);
}
