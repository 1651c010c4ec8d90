/*
** stories260K, a trained model with golden tokens, logits and attention of every layer
** ($ATTNGEN_DATA/models/stories260K). Its file is written as a model folder, once with the rows of q
** and k as they are (rotated in interleaved pairs), once in the order of Hugging Face (half pairs), and
** run by the reference and by kernels emitted from stories.lua.
*/
#include <math.h>

#include "../../runtime/attn.h"
#include "../test.h"
#include "scratch.h"

enum {
    DIM = 64, HIDDEN = 172, LAYERS = 5, HEADS = 8, KV_HEADS = 4, D = 8, VOCAB = 512, CONTEXT = 512,
    HEADER_INTEGERS = 7,              /* of the file */
    TRACED = 64,                      /* first positions, whose q, k, v and o are golden */
    LOGIT_ROWS = 200
};

extern const struct attn_model_kernels stories_kernels;

/* The file's arrays, in its order; columns 0: a vector. */
static const struct part {
    const char *name;
    bool layered;                     /* one a layer, %d in the name */
    int rows, columns;
    bool rotated;                     /* rows are outputs of heads that are rotated */
} parts[] = {
    { "model.embed_tokens.weight",                       false, VOCAB, DIM, false },
    { "model.layers.%d.input_layernorm.weight",          true, DIM, 0, false },
    { "model.layers.%d.self_attn.q_proj.weight",         true, HEADS * D, DIM, true },
    { "model.layers.%d.self_attn.k_proj.weight",         true, KV_HEADS * D, DIM, true },
    { "model.layers.%d.self_attn.v_proj.weight",         true, KV_HEADS * D, DIM, false },
    { "model.layers.%d.self_attn.o_proj.weight",         true, DIM, HEADS * D, false },
    { "model.layers.%d.post_attention_layernorm.weight", true, DIM, 0, false },
    { "model.layers.%d.mlp.gate_proj.weight",            true, HIDDEN, DIM, false },
    { "model.layers.%d.mlp.down_proj.weight",            true, DIM, HIDDEN, false },
    { "model.layers.%d.mlp.up_proj.weight",              true, HIDDEN, DIM, false },
    { "model.norm.weight",                               false, DIM, 0, false },
};

/* The steps of a layer, with %d for its number. */
static const char layer_steps[] =
    "{'op':'norm','kind':'rms','in':'x','out':'h','weight':'layers.%d.input_layernorm.weight','eps':1e-5},"
    "{'op':'linear','in':'h','out':'q','weight':'layers.%d.self_attn.q_proj.weight','width':64},"
    "{'op':'linear','in':'h','out':'k','weight':'layers.%d.self_attn.k_proj.weight','width':32},"
    "{'op':'linear','in':'h','out':'v','weight':'layers.%d.self_attn.v_proj.weight','width':32},"
    "{'op':'attention','q':'q','k':'k','v':'v','out':'a','attention':'a','layer':%d},"
    "{'op':'linear','in':'a','out':'h','weight':'layers.%d.self_attn.o_proj.weight','width':64},"
    "{'op':'add','in':'x','with':'h','out':'x'},"
    "{'op':'norm','kind':'rms','in':'x','out':'h','weight':'layers.%d.post_attention_layernorm.weight','eps':1e-5},"
    "{'op':'linear','in':'h','out':'g','weight':'layers.%d.mlp.gate_proj.weight','width':172},"
    "{'op':'linear','in':'h','out':'u','weight':'layers.%d.mlp.up_proj.weight','width':172},"
    "{'op':'activate','kind':'silu','in':'g','out':'g'},"
    "{'op':'multiply','in':'g','with':'u','out':'g'},"
    "{'op':'linear','in':'g','out':'h','weight':'layers.%d.mlp.down_proj.weight','width':64},"
    "{'op':'add','in':'x','with':'h','out':'x'},";

static const char first_step[] = "{'op':'embed','out':'x','weight':'embed_tokens.weight','rows':512,'width':64},";

static const char last_steps[] =
    "{'op':'last','in':'x','out':'x'},"
    "{'op':'norm','kind':'rms','in':'x','out':'x','weight':'norm.weight','eps':1e-5},"
    "{'op':'linear','in':'x','out':'logits','weight':'embed_tokens.weight','width':512}]}";

static const char line_format[] =
    "softmax heads=8 kv_heads=4 d_k=8 d_v=8 scale=0.35355339059327373 mask=\\\"k <= q\\\" position=rope "
    "rope.base=10000 rope.dims=8 rope.pairing=%s cache=f32";

/* What the running test looks at. */
static struct {
    struct scratch scratch;
    struct attn_model *model;
    bool half;                        /* rows of q and k in the order of half pairs */
    bool reference;
    double worst_q, worst_k, worst_v, worst_o;
} run;

static const char *data_path(const char *name)
{
    static char path[1024];
    const char *data = getenv("ATTNGEN_DATA");
    snprintf(path, sizeof path, "%s/models/stories260K/%s", data == NULL ? "" : data, name);
    return data != NULL && access(path, R_OK) == 0 ? path : NULL;
}

/* The whole file, which must have so many things of this size. */
static void *data_read(const char *name, size_t count, size_t size)
{
    void *bytes = calloc(count, size);
    const char *path = data_path(name);
    FILE *file = path == NULL ? NULL : fopen(path, "rb");
    CHECK(file != NULL && fread(bytes, size, count, file) == count);
    if (file != NULL)
        fclose(file);
    return bytes;
}

/* Where value i of a head's rotated row stands in the golden order, which is interleaved. */
static int golden_place(int i)
{
    if (!run.half)
        return i;
    return i < D / 2 ? 2 * i : 2 * (i - D / 2) + 1;
}

/* Copies a matrix to `to`, its rows in the variant's order. */
static void matrix_copy(const struct part *part, const float *from, float *to)
{
    const int columns = part->columns == 0 ? 1 : part->columns;
    for (int row = 0; row < part->rows; row++) {
        const int source = part->rotated ? row / D * D + golden_place(row % D) : row;
        memcpy(to + row * columns, from + source * columns, (size_t)columns * sizeof *to);
    }
}

static void entry_print(char *header, const struct part *part, int layer, size_t begin, size_t end)
{
    char name[128];
    snprintf(name, sizeof name, part->name, layer);
    sprintf(header + strlen(header), "%s\"%s\":{\"dtype\":\"F32\",\"shape\":[%d", begin == 0 ? "{" : ",", name,
            part->rows);
    if (part->columns > 0)
        sprintf(header + strlen(header), ",%d", part->columns);
    sprintf(header + strlen(header), "],\"data_offsets\":[%zu,%zu]}", begin, end);
}

static void weights_write(void)
{
    static char header[1 << 14];
    static float data[1 << 18];
    const size_t file_floats = 1056540 / sizeof(float);
    float *file = data_read("stories260K.bin", file_floats, sizeof(float));
    const float *from = file + HEADER_INTEGERS;
    size_t floats = 0;
    header[0] = '\0';
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        for (int layer = 0; layer < (parts[i].layered ? LAYERS : 1); layer++) {
            const size_t count = (size_t)parts[i].rows * (size_t)(parts[i].columns == 0 ? 1 : parts[i].columns);
            matrix_copy(&parts[i], from + floats, data + floats);
            entry_print(header, &parts[i], layer, floats * sizeof(float), (floats + count) * sizeof(float));
            floats += count;
        }
    strcat(header, "}");
    scratch_write_tensors(&run.scratch, "model.safetensors", header, data, floats * sizeof *data);
    free(file);
}

static void quotes_double(char *text)
{
    for (; *text != '\0'; text++)
        if (*text == '\'')
            *text = '"';
}

static const char *description_write(void)
{
    static char text[1 << 15];
    char *end = text + sprintf(text, "{'name':'stories','context':512,'vocab':512,'output':'logits','causal':true,"
                               "'prefixes':['model.'],'bos':[1],'eos':[1],'attentions':{'a':'");
    end += sprintf(end, line_format, run.half ? "half" : "interleaved");
    end += sprintf(end, "'},'steps':[%s", first_step);
    for (int layer = 0; layer < LAYERS; layer++)
        for (const char *from = layer_steps; *from != '\0'; from++)
            if (from[0] == '%')
                end += sprintf(end, "%d", layer), from++;
            else
                *end++ = *from;
    sprintf(end, "%s", last_steps);
    quotes_double(text);
    return scratch_write_text(&run.scratch, "description.json", text);
}

static bool model_open(void)
{
    char error[1024] = "";
    scratch_open(&run.scratch);
    weights_write();
    const struct attn_model_options options = {
        .folder = run.scratch.folder, .description_file = description_write(), .kernels = &stories_kernels,
        .threads = 2,
    };
    run.model = attn_model_open(&options, error, sizeof error);
    CHECK_TEXT(error, "");
    return run.model != NULL;
}

static void model_close(void)
{
    attn_model_close(run.model);
    scratch_close(&run.scratch);
}

static struct attn_session *session_open(void (*trace)(void *context, const struct attn_trace *trace))
{
    char error[1024] = "";
    const struct attn_session_options options = {
        .sequences = 1, .capacity = CONTEXT, .reference = run.reference, .trace = trace,
    };
    struct attn_session *session = attn_session_create(run.model, &options, error, sizeof error);
    CHECK_TEXT(error, "");
    return session;
}

/* The last row of the output, or all of them, after so many tokens more. */
static const float *forward(struct attn_session *session, const int32_t *tokens, int32_t length, bool all_rows)
{
    char error[1024] = "";
    const struct attn_batch batch = { tokens, &length, all_rows };
    int64_t rows = 0;
    attn_forward(session, &batch, error, sizeof error);
    CHECK_TEXT(error, "");
    const float *output = attn_session_output(session, 0, &rows);
    CHECK(rows == (all_rows ? length : 1));
    return output;
}

/* The largest difference between heads of a row and the golden ones; rotated by the position where it is not negative. */
static double heads_differ(const float *row, int heads, int position, const float *golden)
{
    double worst = 0;
    for (int i = 0; i < heads * D; i++) {
        double value = row[i];
        const int pair = golden_place(i % D) / 2, first = golden_place(i % D) % 2 == 0;
        if (position >= 0) {
            const int other = run.half ? (i % D < D / 2 ? i + D / 2 : i - D / 2) : i ^ 1;
            const double angle = position * pow(10000, -2.0 * pair / D);
            value = row[i] * cos(angle) + (first ? -1 : 1) * row[other] * sin(angle);
        }
        const int place = position >= 0 ? i / D * D + golden_place(i % D) : i;
        worst = fmax(worst, fabs(value - golden[place]));
    }
    return worst;
}

static float *golden_read(int64_t layer, char what, int heads)
{
    char name[64];
    snprintf(name, sizeof name, "golden/bos_L%d_%c.f32", (int)layer, what);
    return data_read(name, (size_t)(TRACED * heads * D), sizeof(float));
}

static void trace_rows(const struct attn_trace *trace, char what, int heads, const float *rows, int64_t stride,
                       bool rotate, double *worst)
{
    float *golden = golden_read(trace->layer, what, heads);
    for (int64_t row = 0; row < trace->rows; row++) {
        const int position = trace->position[row];
        if (position < TRACED)
            *worst = fmax(*worst, heads_differ(rows + row * stride, heads, rotate ? position : -1,
                                               golden + position * heads * D));
    }
    free(golden);
}

static void look_at_attention(void *context, const struct attn_trace *trace)
{
    (void)context;
    const struct attn_args *args = trace->args;
    CHECK((trace->kernel == NULL) == run.reference);
    trace_rows(trace, 'q', HEADS, args->q, args->q_stride, true, &run.worst_q);
    trace_rows(trace, 'k', KV_HEADS, args->k, args->k_stride, true, &run.worst_k);
    trace_rows(trace, 'v', KV_HEADS, args->v, args->v_stride, false, &run.worst_v);
    trace_rows(trace, 'o', HEADS, args->o, args->o_stride, false, &run.worst_o);
}

static int tokens_read(const char *name, int32_t tokens[CONTEXT + 1])
{
    const char *path = data_path(name);
    FILE *file = path == NULL ? NULL : fopen(path, "r");
    int count = 0;
    CHECK(file != NULL);
    while (file != NULL && count <= CONTEXT && fscanf(file, "%d", &tokens[count]) == 1)
        count++;
    if (file != NULL)
        fclose(file);
    return count;
}

/* The whole text at once: every logit, and attention in every layer. */
static void prompt_check(void)
{
    int32_t tokens[CONTEXT + 1];
    CHECK(tokens_read("golden/bos_tokens.txt", tokens) == LOGIT_ROWS + 1);
    float *golden = data_read("golden/bos_logits.f32", LOGIT_ROWS * VOCAB, sizeof *golden);
    struct attn_session *session = session_open(look_at_attention);
    const float *logits = session == NULL ? NULL : forward(session, tokens, LOGIT_ROWS, true);
    double worst = 0;
    for (int i = 0; i < LOGIT_ROWS * VOCAB && logits != NULL; i++)
        worst = fmax(worst, fabs((double)logits[i] - golden[i]));
    CHECK(worst < 1e-4);
    printf("logits differ by %.2g at most\n", worst);
    attn_session_destroy(session);
    free(golden);
}

static int32_t likeliest(const float *logits)
{
    int32_t best = 0;
    for (int32_t i = 1; i < VOCAB; i++)
        if (logits[i] > logits[best])
            best = i;
    return best;
}

/* Token by token from a prompt of so many: each must be the golden one, and the last be followed by BOS if it ends so. */
static void story_check(const char *name, int prompt, bool ends)
{
    int32_t tokens[CONTEXT + 1];
    const int count = tokens_read(name, tokens);
    struct attn_session *session = session_open(strstr(name, "bos") != NULL ? look_at_attention : NULL);
    if (session == NULL)
        return;
    int32_t next = likeliest(forward(session, tokens, prompt, false));
    for (int at = prompt; at < count; at++) {
        if (!CHECK(next == tokens[at])) {
            printf("%s: token %d is %d; expected %d\n", name, at, next, tokens[at]);
            break;
        }
        if (at < CONTEXT)
            next = likeliest(forward(session, tokens + at, 1, false));
    }
    CHECK(!ends || next == 1);
    attn_session_destroy(session);
}

static void variant_check(bool half, bool reference)
{
    run.half = half;
    run.reference = reference;
    run.worst_q = run.worst_k = run.worst_v = run.worst_o = 0;
    if (model_open()) {
        prompt_check();
        story_check("golden/bos_tokens.txt", 1, false);
        story_check("golden/p1_tokens.txt", 9, true);
        story_check("golden/p2_tokens.txt", 13, false);
        story_check("golden/long_tokens.txt", 1, true);
        printf("q, k, v, o differ by %.2g, %.2g, %.2g, %.2g at most\n", run.worst_q, run.worst_k, run.worst_v, run.worst_o);
        CHECK(run.worst_q < 1e-4 && run.worst_k < 1e-4 && run.worst_v < 1e-4);
        CHECK(run.worst_o > 0 && run.worst_o < 1e-5);
    }
    model_close();
}

#define NEEDS_DATA() do { if (data_path("stories260K.bin") == NULL) SKIP("no $ATTNGEN_DATA/models/stories260K"); } while (0)

static void stories_by_reference(void)
{
    NEEDS_DATA();
    variant_check(false, true);
}

static void stories_by_reference_half(void)
{
    NEEDS_DATA();
    variant_check(true, true);
}

static void stories_by_kernels(void)
{
    NEEDS_DATA();
    variant_check(false, false);
}

static void stories_by_kernels_half(void)
{
    NEEDS_DATA();
    variant_check(true, false);
}

int main(void)
{
    RUN(stories_by_reference);
    RUN(stories_by_reference_half);
    RUN(stories_by_kernels);
    RUN(stories_by_kernels_half);
    return test_end();
}
