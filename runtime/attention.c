/*
** Attention steps: arguments from activations, then the phases of the kernel or the reference.
*/
#include "attention.h"

#include <string.h>

#include "session.h"

static bool kernel_find(struct attention *attention, const struct description_attention *described,
                        const struct kernels *kernels, struct problem *problem)
{
    if (kernels->table == NULL)
        return true;
    attention->kernel = kernels_find(kernels, described->line);
    if (attention->kernel != NULL)
        return true;
    return problem_set(problem, "the kernels of %.128s have none for this CPU and %s: %s", kernels->table->name,
                       described->name, described->line);
}

bool attention_open(struct attention *attention, const struct description_attention *described,
                    const struct kernels *kernels, struct problem *problem)
{
    char why[256];
    struct reference_line line;
    if (!reference_line_read(&line, described->line, why, sizeof why))
        return problem_set(problem, "attention %.80s: %s", described->name, why);
    if (line.activations != NARROW_F32)
        return problem_set(problem, "attention %.80s: activations is %s; the forward pass computes in f32", described->name,
                           narrow_name((enum narrow)line.activations));
    attention->heads = line.heads;
    attention->kv_heads = line.kv_heads;
    attention->layer_heads = line.layer_heads;
    attention->layer_kv_heads = line.layer_kv_heads;
    attention->d_k = line.d_k;
    attention->d_v = line.d_v;
    attention->q_norm = line.q_norm;
    attention->k_norm = line.k_norm;
    attention->sinks = line.sink == SINK_GIVEN;
    attention->arrays = line.arrays;
    attention->reference = reference_create(described->line, why, sizeof why);
    if (attention->reference == NULL)
        return problem_set(problem, "attention %.80s: %s", described->name, why);
    return kernel_find(attention, described, kernels, problem);
}

void attention_close(struct attention *attention)
{
    reference_destroy(attention->reference);
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

size_t attention_scratch_bytes(const struct attention *attention)
{
    const struct attn_attention *kernel = attention->kernel;
    if (kernel == NULL)
        return 0;
    return larger(kernel->write.scratch_bytes, kernel->prefill.scratch_bytes);
}

int64_t attention_capacity(const struct attention *attention, bool reference, int64_t tokens, int64_t chunk)
{
    enum { UNIT = 64 };               /* a ring is a multiple of it, and one longer than what it must keep */
    if (reference || attention->kernel->ring_reach < 0)
        return tokens;
    return (attention->kernel->ring_reach + chunk + 2 * UNIT - 1) / UNIT * UNIT;
}

size_t attention_cache_bytes(const struct attention *attention, bool reference, int64_t capacity)
{
    return reference ? reference_cache_bytes(attention->reference, capacity)
                     : attention->kernel->cache_bytes(capacity);
}

int32_t attention_rotation_floats(const struct attention *attention, bool reference)
{
    return reference ? 0 : attention->kernel->rotation_floats;
}

static size_t workspace_bytes(const struct attn_session *session, const struct attn_attention *kernel,
                              const struct attn_sequence *sequences)
{
    const struct attn_args args = { .sequence = sequences, .sequences = session->options.sequences };
    return larger(kernel->write.workspace_bytes(&args), kernel->prefill.workspace_bytes(&args));
}

size_t attention_workspace_bytes(const struct attn_session *session, int attention)
{
    const struct attn_attention *kernel = session->model->attentions[attention].kernel;
    if (session->reference)
        return 0;
    return larger(workspace_bytes(session, kernel, session->sequences), workspace_bytes(session, kernel, session->encoded));
}

static int attention_find(const struct description *description, const char *name)
{
    for (int i = 0; i < description->attention_count; i++)
        if (strcmp(description->attentions[i].name, name) == 0)
            return i;
    return -1;
}

/* Every layer has one step that writes it: layers are numbered 0 .. count - 1 (checked when all are bound). */
static bool layer_bind(struct binding *binding, const struct step *step)
{
    struct attn_model *model = binding->model;
    if (step->layer >= model->layer_count)
        return binding_fail(binding, step, "layer is %d; there are %d attention steps", (int)step->layer,
                            (int)model->layer_count);
    struct model_layer *layer = &model->layers[step->layer];
    if (layer->attention >= 0)
        return binding_fail(binding, step, "layer %d has an attention step already", (int)step->layer);
    *layer = (struct model_layer){ step->attention, step->encoder };
    return true;
}

/* The encoder has written the layer for the same attention, and is done. */
static bool layer_read_bind(const struct binding *binding, const struct step *step)
{
    const struct attn_model *model = binding->model;
    const struct model_layer *layer = step->layer < model->layer_count ? &model->layers[step->layer] : NULL;
    if (step->encoder || layer == NULL || layer->attention < 0 || !layer->encoder)
        return binding_fail(binding, step, "layer %d was not written by the encoder before", (int)step->layer);
    if (layer->attention != step->attention)
        return binding_fail(binding, step, "layer %d was written by another attention", (int)step->layer);
    return true;
}

/* The activation has a row of heads * d floats for each token. */
static bool heads_bind(const struct binding *binding, const struct step *step, int activation, int heads, int d)
{
    struct binding_shape shape;
    if (!binding_in(binding, step, activation, &shape))
        return false;
    if (shape.width == (int64_t)heads * d && !shape.last)
        return true;
    return binding_fail(binding, step, "%s has width %d%s; expected %d heads of %d for each token",
                        binding->model->description.activations[activation], (int)shape.width,
                        shape.last ? ", last rows only" : "", heads, d);
}

static bool name_bind(const struct binding *binding, struct step *step)
{
    step->attention = attention_find(&binding->model->description, step->attention_name);
    return step->attention >= 0
        || binding_fail(binding, step, "unknown attention \"%.80s\"", step->attention_name);
}

/* The weights called name, or the biases, of a norm; *weights stays NULL when the norm has none. */
static bool norm_weights_bind(const struct binding *binding, const struct step *step, const char *field, bool wanted,
                              const char *name, int rank, const int64_t *shape, const float **weights)
{
    if (wanted && name == NULL)
        return binding_fail(binding, step, "attention %.80s has weights of %s, which the step does not name",
                            step->attention_name, field);
    if (!wanted && name != NULL)
        return binding_fail(binding, step, "attention %.80s has no weights of %s; the step names %.80s",
                            step->attention_name, field, name);
    *weights = wanted ? binding_weight(binding, step, name, rank, shape) : NULL;
    return !wanted || *weights != NULL;
}

static bool norm_bind(const struct binding *binding, const struct step *step, const char *field,
                      const struct reference_norm *norm, struct step_norm *given, int64_t heads, int64_t d_k)
{
    const int64_t each[] = { heads, d_k };
    const int rank = norm->weights == WEIGHTS_PER_HEAD ? 2 : 1;
    const int64_t *shape = rank == 2 ? each : each + 1;
    return norm_weights_bind(binding, step, field, norm->weights != WEIGHTS_NONE, given->weight_name, rank, shape,
                             &given->weight)
        && norm_weights_bind(binding, step, field, norm->biased != 0, given->bias_name, rank, shape, &given->bias);
}

static bool keys_bind(const struct binding *binding, struct step *step)
{
    const struct attention *attention = &binding->model->attentions[step->attention];
    return heads_bind(binding, step, step->k, attention->kv_heads, attention->d_k)
        && heads_bind(binding, step, step->v, attention->kv_heads, attention->d_v)
        && norm_bind(binding, step, "k_norm", &attention->k_norm, &step->k_norm, attention->layer_kv_heads, attention->d_k);
}

/* Whether a weight can be what the array holds. */
static bool array_is_table(const struct expression_array *array)
{
    return array->type == EXPRESSION_NUMBER && array->axes == 2 && array->axis[0] == EXPRESSION_AXIS_HEAD
        && array->axis[1] == EXPRESSION_AXIS_SIZE;
}

/* Whether an activation can be what it holds: of each query, so many numbers for each head. */
static bool array_is_of_queries(const struct expression_array *array)
{
    return array->type == EXPRESSION_NUMBER && array->axes == 3 && array->axis[0] == EXPRESSION_AXIS_QUERY
        && array->axis[1] == EXPRESSION_AXIS_HEAD && array->axis[2] == EXPRESSION_AXIS_SIZE;
}

/* The weight (size, heads) is read as the attention's array [head][size]. */
static bool table_bind(const struct binding *binding, struct step *step, const struct expression_array *array)
{
    const struct attention *attention = &binding->model->attentions[step->attention];
    const int64_t shape[] = { array->size[1], attention->layer_heads };
    step->table = (struct attn_array){ binding_weight(binding, step, step->table_name, 2, shape), { 1, attention->layer_heads } };
    return step->table.data != NULL;
}

/* The one array that mask and score name is given by a weight, or by an activation with a row for each query. */
static bool array_bind(const struct binding *binding, struct step *step)
{
    const struct attention *attention = &binding->model->attentions[step->attention];
    const struct expression_array *array = attention->arrays.list;
    const bool given = step->table_name != NULL || step->array != STEP_UNUSED;
    if (attention->arrays.count == 0)
        return !given || binding_fail(binding, step, "attention %.80s has no array; the step names %.80s", step->attention_name,
                                      step->table_name != NULL ? step->table_name : binding->model->description.activations[step->array]);
    if (attention->arrays.count == 1 && step->table_name != NULL && array_is_table(array))
        return table_bind(binding, step, array);
    if (attention->arrays.count == 1 && step->array != STEP_UNUSED && array_is_of_queries(array))
        return heads_bind(binding, step, step->array, attention->layer_heads, array->size[2]);
    return binding_fail(binding, step, "attention %.80s names the array %s, which the step does not give", step->attention_name,
                        array->name);
}

/* The weight (heads) that gives each head its sink, where the attention has them. */
static bool sinks_bind(const struct binding *binding, struct step *step)
{
    const struct attention *attention = &binding->model->attentions[step->attention];
    const int64_t heads = attention->layer_heads;
    if (attention->sinks != (step->sink_name != NULL))
        return binding_fail(binding, step, attention->sinks ? "attention %.80s has a sink of each head, whose weight the step does not name"
                                                            : "attention %.80s has no sinks of heads; the step names a weight for them",
                            step->attention_name);
    step->sink = attention->sinks ? binding_weight(binding, step, step->sink_name, 1, &heads) : NULL;
    return !attention->sinks || step->sink != NULL;
}

static bool queries_bind(struct binding *binding, struct step *step)
{
    const struct attention *attention = &binding->model->attentions[step->attention];
    const struct binding_shape out = { (int64_t)attention->heads * attention->d_v, false };
    if (step->out == step->q || step->out == step->k || step->out == step->v)
        return binding_fail(binding, step, "out is also an input");
    return heads_bind(binding, step, step->q, attention->heads, attention->d_k)
        && norm_bind(binding, step, "q_norm", &attention->q_norm, &step->q_norm, attention->layer_heads, attention->d_k)
        && array_bind(binding, step)
        && sinks_bind(binding, step)
        && binding_out(binding, step, out);
}

bool attention_bind(struct binding *binding, struct step *step)
{
    return name_bind(binding, step) && keys_bind(binding, step) && queries_bind(binding, step)
        && layer_bind(binding, step);
}

bool attention_write_bind(struct binding *binding, struct step *step)
{
    if (!step->encoder)
        return binding_fail(binding, step, "only an encoder writes caches for steps behind it");
    return name_bind(binding, step) && keys_bind(binding, step) && layer_bind(binding, step);
}

bool attention_read_bind(struct binding *binding, struct step *step)
{
    return name_bind(binding, step) && layer_read_bind(binding, step) && queries_bind(binding, step);
}

/* The array that an activation gives: of each query, some numbers for each head. */
static const struct attn_array *array_of_queries(struct attn_session *session, const struct step *step)
{
    const struct activation *given = &session->activations[step->array];
    const int64_t size = given->width / session->model->attentions[step->attention].layer_heads;
    session->array = (struct attn_array){ given->values, { given->width, size, 1 } };
    return &session->array;
}

/* What both phases of a step are told; sequences get their caches of the step's layer. */
static struct attn_args args_begin(struct attn_session *session, const struct step *step,
                                   struct attn_sequence *sequences)
{
    for (int i = 0; i < session->options.sequences; i++) {
        sequences[i].pages = session_pages_table(session, i);
        sequences[i].cache = cache_at(&session->cache, sequences[i].pages != NULL ? 0 : i, step->layer);
        sequences[i].capacity = session_layer_capacity(session, step->layer);
    }
    return (struct attn_args){
        .sequence = sequences, .sequences = session->options.sequences,
        .array = step->array != STEP_UNUSED ? array_of_queries(session, step) : step->table.data != NULL ? &step->table : NULL,
        .sink = step->sink,
        .q_norm_weight = step->q_norm.weight, .q_norm_bias = step->q_norm.bias,
        .k_norm_weight = step->k_norm.weight, .k_norm_bias = step->k_norm.bias,
        .q_rotation = session->rotations[step->attention], .k_rotation = session->rotations[step->attention],
        .workspace = session->workspace,
    };
}

static void args_put_keys(struct attn_args *args, const struct attn_session *session, const struct step *step)
{
    const struct attention *attention = &session->model->attentions[step->attention];
    const struct activation *k = &session->activations[step->k], *v = &session->activations[step->v];
    args->k = k->values;
    args->k_stride = k->width;
    args->k_head_stride = attention->d_k;
    args->v = v->values;
    args->v_stride = v->width;
    args->v_head_stride = attention->d_v;
}

/* Queries, and where their outputs go. */
static void args_put_queries(struct attn_args *args, struct attn_session *session, const struct step *step)
{
    const struct attention *attention = &session->model->attentions[step->attention];
    const struct activation *q = &session->activations[step->q];
    struct activation *out = &session->activations[step->out];
    out->rows = session->rows;
    out->width = (int64_t)attention->heads * attention->d_v;
    args->q = q->values;
    args->q_stride = q->width;
    args->q_head_stride = attention->d_k;
    args->o = out->values;
    args->o_stride = out->width;
    args->o_head_stride = attention->d_v;
}

static void write_keys(const struct attn_session *session, const struct step *step, const struct attn_args *args)
{
    const struct attention *attention = &session->model->attentions[step->attention];
    if (session->reference)
        reference_write(attention->reference, args, session->positions);
    else
        pool_run_phase(session->model->pool, &attention->kernel->write, args);
}

static void attend(const struct attn_session *session, const struct step *step, const struct attn_args *args)
{
    const struct attention *attention = &session->model->attentions[step->attention];
    const struct attn_trace seen = {
        .layer = step->layer,
        .kernel = session->reference ? NULL : attention->kernel,
        .args = args,
        .position = session->positions,
        .rows = session->rows,
    };
    if (session->reference)
        reference_attend(attention->reference, args, session->positions);
    else
        pool_run_phase(session->model->pool, &attention->kernel->prefill, args);
    if (session->options.trace != NULL)
        session->options.trace(session->options.trace_context, &seen);
}

void attention_run(struct attn_session *session, const struct step *step)
{
    struct attn_args args = args_begin(session, step, session->sequences);
    args_put_keys(&args, session, step);
    args_put_queries(&args, session, step);
    write_keys(session, step, &args);
    attend(session, step, &args);
}

void attention_write_run(struct attn_session *session, const struct step *step)
{
    struct attn_args args = args_begin(session, step, session->sequences);
    args_put_keys(&args, session, step);
    write_keys(session, step, &args);
}

void attention_read_run(struct attn_session *session, const struct step *step)
{
    struct attn_args args = args_begin(session, step, session->encoded);
    args_put_queries(&args, session, step);
    attend(session, step, &args);
}
