/*
** Opening a model: description, weights, kernels, attentions, then every step is bound.
*/
#include "model.h"

#include "matmul.h"
#include "operation.h"

static bool attentions_open(struct attn_model *model, struct problem *problem)
{
    const struct description *description = &model->description;
    model->attentions = memory_take(&model->memory, (size_t)description->attention_count,
                                    sizeof *model->attentions, problem);
    if (model->attentions == NULL)
        return false;
    for (int i = 0; i < description->attention_count; i++)
        if (!attention_open(&model->attentions[i], &description->attentions[i], &model->kernels, problem))
            return false;
    return true;
}

/* Steps that write keys into a cache. */
static int64_t stack_writers(const struct description_stack *stack)
{
    int64_t count = 0;
    for (int i = 0; i < stack->step_count; i++)
        count += stack->steps[i].k != STEP_UNUSED;
    return count;
}

/* As many layers as steps that write one, none with an attention yet. */
static bool layers_make(struct attn_model *model, struct problem *problem)
{
    model->layer_count = stack_writers(&model->description.encoder) + stack_writers(&model->description.stack);
    model->layers = memory_take(&model->memory, (size_t)model->layer_count, sizeof *model->layers, problem);
    for (int64_t layer = 0; layer < model->layer_count && model->layers != NULL; layer++)
        model->layers[layer].attention = -1;
    return model->layers != NULL;
}

static bool output_bind(const struct binding *binding)
{
    struct attn_model *model = binding->model;
    model->info.width = binding->shapes[model->description.output].width;
    if (model->info.width > 0)
        return true;
    return problem_set(binding->problem, "%s: no step writes the output \"%.80s\"", model->description.file,
                       model->description.activations[model->description.output]);
}

static bool stack_bind(struct binding *binding)
{
    for (int i = 0; i < binding->stack->step_count; i++)
        if (!binding->stack->steps[i].operation->bind(binding, &binding->stack->steps[i]))
            return false;
    return true;
}

/* Nothing but caches goes from the encoder to the steps behind it. */
static bool steps_bind(struct attn_model *model, struct problem *problem)
{
    struct binding encoder = { .model = model, .problem = problem, .stack = &model->description.encoder };
    struct binding binding = { .model = model, .problem = problem, .stack = &model->description.stack };
    return stack_bind(&encoder) && stack_bind(&binding) && output_bind(&binding);
}

static bool pool_open(struct attn_model *model, int threads, struct problem *problem)
{
    size_t scratch_bytes = 0;
    for (int i = 0; i < model->description.attention_count; i++) {
        const size_t bytes = attention_scratch_bytes(&model->attentions[i]);
        scratch_bytes = bytes > scratch_bytes ? bytes : scratch_bytes;
    }
    matmul_start();
    model->pool = pool_create(threads == 0 ? pool_default_threads() : threads, scratch_bytes, &model->memory,
                              problem);
    return model->pool != NULL;
}

static bool kernels_open(struct attn_model *model, const struct attn_model_options *options, struct problem *problem)
{
    model->kernels.table = options->kernels;
    return options->kernel_file == NULL
        || kernels_load(&model->kernels, options->kernel_file, model->description.name, problem);
}

static void info_fill(struct attn_model *model)
{
    const struct description *description = &model->description;
    struct attn_model_info *info = &model->info;
    info->name = description->name;
    info->context = description->stack.context;
    info->vocab = description->stack.vocab;
    info->encoder_context = description->encoder.context;
    info->encoder_vocab = description->encoder.vocab;
    info->causal = description->causal;
    info->kernels = model->kernels.table != NULL;
    info->bos = description->bos;
    info->bos_count = description->bos_count;
    info->eos = description->eos;
    info->eos_count = description->eos_count;
}

static bool model_open(struct attn_model *model, const struct attn_model_options *options, struct problem *problem)
{
    if (!description_read(&model->description, options->description_file, &model->memory, problem)
        || !weights_open(&model->weights, options->folder, &model->memory, problem)
        || !kernels_open(model, options, problem)
        || !attentions_open(model, problem)
        || !layers_make(model, problem)
        || !steps_bind(model, problem)
        || !pool_open(model, options->threads, problem))
        return false;
    info_fill(model);
    return true;
}

struct attn_model *attn_model_open(const struct attn_model_options *options, char *error, size_t error_size)
{
    struct problem problem = { error, error_size };
    struct memory memory;
    memory_begin(&memory, options->allocator);
    struct attn_model *model = memory_take(&memory, 1, sizeof *model, &problem);
    if (model == NULL)
        return NULL;
    model->memory = memory;
    if (model_open(model, options, &problem))
        return model;
    attn_model_close(model);
    return NULL;
}

void attn_model_close(struct attn_model *model)
{
    if (model == NULL)
        return;
    pool_destroy(model->pool);
    for (int i = 0; i < model->description.attention_count && model->attentions != NULL; i++)
        attention_close(&model->attentions[i]);
    kernels_unload(&model->kernels);
    weights_close(&model->weights);
    struct memory memory = model->memory;         /* the model lies in it */
    memory_release(&memory);
}

const struct attn_model_info *attn_model_info(const struct attn_model *model)
{
    return &model->info;
}
