/*
** A whole small model: what is refused when it is opened, batches against single sequences,
** and memory that runs out anywhere.
*/
#include <jansson.h>
#include <math.h>

#include "../../runtime/attn.h"
#include "../../runtime/random.h"
#include "../test.h"
#include "scratch.h"

enum { VOCAB = 11, WIDTH = 8, CONTEXT = 16 };

/* Weights are random numbers, but for norms; a shape of one number is a vector. */
static const struct weight { const char *name; int rows, columns; } weights[] = {
    { "m.embed", VOCAB, WIDTH }, { "m.places", CONTEXT + 2, WIDTH }, { "m.types", 2, WIDTH },
    { "m.norm", WIDTH, 0 }, { "m.norm.bias", WIDTH, 0 },
    { "m.q", 8, WIDTH }, { "m.k", 4, WIDTH }, { "m.v", 4, WIDTH }, { "m.v.bias", 4, 0 }, { "o", WIDTH, 8 },
    { "m.up", 12, WIDTH }, { "m.down", WIDTH, 12 },
    { "old.gamma", WIDTH / 2, 0 }, { "old.beta", WIDTH / 2, 0 },
};

static const char line[] = "softmax heads=4 kv_heads=2 d_k=2 d_v=2 scale=0.5 mask=\\\"k <= q\\\" position=rope "
                           "rope.base=10000 rope.dims=2 rope.pairing=half cache=f32";
static const char line_normed[] = "softmax heads=4 kv_heads=2 d_k=2 d_v=2 scale=0.5 mask=\\\"k <= q\\\" k_norm=rms k_norm.eps=1e-5 "
                                  "k_norm.weights=shared k_norm.offset=0 k_norm.when=before position=none cache=f32";
static const char line_relative[] = "softmax heads=4 kv_heads=2 d_k=2 d_v=2 scale=0.5 mask=\\\"k <= q\\\" score=\\\"s + near[q][h][min(max(q - k, 0), 2)]\\\" "
                                    "arrays=\\\"number near[query][head][3]\\\" position=none cache=f32";
static const char line_full[] = "softmax heads=4 kv_heads=2 d_k=2 d_v=2 scale=0.5 mask=\\\"true\\\" position=none cache=f32";

static const char *const steps[] = {
    "{'op':'embed','out':'x','weight':'embed','rows':11,'width':8}",
    "{'op':'embed_positions','in':'x','out':'x','weight':'places','rows':18,'width':8,'offset':2}",
    "{'op':'embed_row','in':'x','out':'x','weight':'types','rows':2,'row':1,'width':8}",
    "{'op':'norm','kind':'layer','in':'x','out':'h','weight':'norm','bias':'norm.bias','eps':1e-5}",
    "{'op':'linear','in':'h','out':'q','weight':'q','width':8}",
    "{'op':'linear','in':'h','out':'k','weight':'k','width':4}",
    "{'op':'linear','in':'h','out':'v','weight':'v','bias':'v.bias','width':4}",
    "{'op':'attention','q':'q','k':'k','v':'v','out':'a','attention':'a','layer':0}",
    "{'op':'linear','in':'a','out':'h','weight':'o','width':8}",
    "{'op':'add','in':'x','with':'h','out':'x'}",
    "{'op':'linear','in':'x','out':'u','weight':'up','width':12}",
    "{'op':'activate','kind':'silu','in':'u','out':'g'}",
    "{'op':'multiply','in':'u','with':'g','out':'g'}",
    "{'op':'linear','in':'g','out':'h','weight':'down','width':8}",
    "{'op':'add','in':'x','with':'h','out':'x'}",
    "{'op':'last','in':'x','out':'x'}",
    "{'op':'norm','kind':'rms','in':'x','out':'x','weight':'norm','eps':1e-5,'weight_offset':1}",
    "{'op':'linear','in':'x','out':'logits','weight':'embed','width':11}",
};

enum { STEPS = sizeof steps / sizeof steps[0] };

static struct scratch scratch;

static void folder_open(void)
{
    static float data[4096];
    char header[4096] = "";
    struct random random = random_start(5);
    size_t floats = 0;
    for (size_t i = 0; i < sizeof weights / sizeof weights[0]; i++) {
        const struct weight *w = &weights[i];
        const size_t count = (size_t)w->rows * (size_t)(w->columns == 0 ? 1 : w->columns);
        char *end = header + strlen(header);
        end += sprintf(end, "%s\"%s\":{\"dtype\":\"F32\",\"shape\":[%d", i == 0 ? "{" : ",", w->name, w->rows);
        if (w->columns > 0)
            end += sprintf(end, ",%d", w->columns);
        sprintf(end, "],\"data_offsets\":[%zu,%zu]}", floats * 4, (floats + count) * 4);
        for (size_t j = 0; j < count; j++)
            data[floats++] = random_normal(&random);
    }
    strcat(header, "}");
    scratch_open(&scratch);
    scratch_write_tensors(&scratch, "model.safetensors", header, data, floats * sizeof *data);
}

/* The description with the step `replaced` said otherwise, or an entry more when replaced is -1. */
static const char *description_write(int replaced, const char *by, bool causal)
{
    static char text[8192];
    char *end = text + sprintf(text, "{'name':'tiny','context':16,'vocab':11,'output':'logits','causal':%s,"
                               "'prefixes':['','m.'],'bos':[1],'eos':[2],'attentions':{'a':'%s','n':'%s','r':'%s'},%s'steps':[",
                               causal ? "true" : "false", causal ? line : line_full, line_normed, line_relative, replaced < 0 ? by : "");
    for (int i = 0; i < STEPS; i++)
        end += sprintf(end, "%s%s", i == 0 ? "" : ",", i == replaced ? by : steps[i]);
    sprintf(end, "]}");
    for (char *c = text; *c != '\0'; c++)
        if (*c == '\'')
            *c = '"';
    scratch.count = 1;
    return scratch_write_text(&scratch, "d.json", text);
}

static struct attn_model *model_open(const char *description, const struct attn_allocator *allocator, char *error, size_t size)
{
    const struct attn_model_options options = {
        .folder = scratch.folder, .description_file = description, .threads = 2, .allocator = allocator,
    };
    error[0] = '\0';
    return attn_model_open(&options, error, size);
}

static struct attn_model *model_open_good(bool causal)
{
    char error[1024];
    struct attn_model *model = model_open(description_write(-1, "", causal), NULL, error, sizeof error);
    CHECK_TEXT(error, "");
    return model;
}

/* The sentence when a step is said otherwise, from the file's name on. */
static const char *refusal(int replaced, const char *by)
{
    static char error[1024];
    struct attn_model *model = model_open(description_write(replaced, by, true), NULL, error, sizeof error);
    CHECK(model == NULL);
    attn_model_close(model);
    const size_t folder = strlen(scratch.folder);
    return strncmp(error, scratch.folder, folder) == 0 ? error + folder : error;
}

static void descriptions_refused(void)
{
    CHECK_TEXT(refusal(-1, "'colour':'red',"), "/d.json: unknown entry \"colour\"");
    CHECK_TEXT(refusal(1, "{'op':'embeds'}"), "/d.json: step 1: unknown op \"embeds\"");
    CHECK_TEXT(refusal(1, "{'in':'x'}"), "/d.json: step 1 has no \"op\"");
    CHECK_TEXT(refusal(1, "7"), "/d.json: step 1 has no \"op\"");
    CHECK_TEXT(refusal(9, "{'op':'add','in':'x','out':'x'}"), "/d.json: step 9 (add): no \"with\"");
    CHECK_TEXT(refusal(9, "{'op':'add','in':'x','with':'h','out':'x','eps':1}"),
               "/d.json: step 9 (add) has a field that it does not know; its fields are in with out");
    CHECK_TEXT(refusal(9, "{'op':'add','in':'x','with':3,'out':'x'}"), "/d.json: step 9 (add): with is not text");
    CHECK_TEXT(refusal(4, "{'op':'linear','in':'h','out':'q','weight':'q','width':-8}"),
               "/d.json: step 4 (linear): width is not a whole number from 0 to 16777216");
    CHECK_TEXT(refusal(4, "{'op':'linear','in':'h','out':'q','weight':'q','width':1e9}"),
               "/d.json: step 4 (linear): width is not a whole number from 0 to 16777216");
    CHECK_TEXT(refusal(3, "{'op':'norm','kind':'rms','in':'x','out':'h','weight':'norm','eps':'small'}"),
               "/d.json: step 3 (norm): eps is not a number");
    CHECK_TEXT(refusal(3, "nonsense"), "/d.json:1: not JSON: invalid token near 'nonsense'");
}

static void steps_refused(void)
{
    CHECK_TEXT(refusal(3, "{'op':'norm','kind':'batch','in':'x','out':'h','weight':'norm','eps':1}"),
               "/d.json: step 3 (norm): unknown kind \"batch\"");
    CHECK_TEXT(refusal(11, "{'op':'activate','kind':'sine','in':'u','out':'g'}"),
               "/d.json: step 11 (activate): unknown kind \"sine\"");
    CHECK_TEXT(refusal(9, "{'op':'add','in':'x','with':'g','out':'x'}"),
               "/d.json: step 9 (add): g is read before a step has written it");
    CHECK_TEXT(refusal(9, "{'op':'add','in':'x','with':'k','out':'x'}"),
               "/d.json: step 9 (add): in and with differ: width 8 and 4");
    CHECK_TEXT(refusal(16, "{'op':'add','in':'x','with':'h','out':'x'}"),
               "/d.json: step 16 (add): in and with differ: width 8, last rows only and 8");
    CHECK_TEXT(refusal(16, "{'op':'last','in':'x','out':'x'}"),
               "/d.json: step 16 (last): in has last rows only already");
    CHECK_TEXT(refusal(8, "{'op':'linear','in':'a','out':'a','weight':'o','width':8}"),
               "/d.json: step 8 (linear): out is also the input");
    CHECK_TEXT(refusal(17, "{'op':'linear','in':'x','out':'y','weight':'embed','width':11}"),
               "/d.json: no step writes the output \"logits\"");
    CHECK_TEXT(refusal(0, "{'op':'embed','out':'x','weight':'types','rows':2,'width':8}"),
               "/d.json: step 0 (embed): 2 rows do not hold a vocab of 11");
    CHECK_TEXT(refusal(1, "{'op':'embed_positions','in':'x','out':'x','weight':'places','rows':18,'width':8,'offset':3}"),
               "/d.json: step 1 (embed_positions): 18 rows from row 3 do not hold a context of 16");
    CHECK_TEXT(refusal(2, "{'op':'embed_row','in':'x','out':'x','weight':'types','rows':2,'row':2,'width':8}"),
               "/d.json: step 2 (embed_row): row 2 of 2");
}

static void attentions_refused(void)
{
    CHECK_TEXT(refusal(7, "{'op':'attention','q':'q','k':'k','v':'v','out':'a','attention':'b','layer':0}"),
               "/d.json: step 7 (attention): unknown attention \"b\"");
    CHECK_TEXT(refusal(7, "{'op':'attention','q':'q','k':'q','v':'v','out':'a','attention':'a','layer':0}"),
               "/d.json: step 7 (attention): q has width 8; expected 2 heads of 2 for each token");
    CHECK_TEXT(refusal(7, "{'op':'attention','q':'q','k':'k','v':'v','out':'a','attention':'a','layer':1}"),
               "/d.json: step 7 (attention): layer is 1; there are 1 attention steps");
    CHECK_TEXT(refusal(7, "{'op':'attention','q':'q','k':'k','v':'v','out':'q','attention':'a','layer':0}"),
               "/d.json: step 7 (attention): out is also an input");
}

static void weights_refused(void)
{
    CHECK_TEXT(refusal(7, "{'op':'attention','q':'q','k':'k','v':'v','out':'a','attention':'a','layer':0,'table':'q'}"),
               "/d.json: step 7 (attention): attention a has no array; the step names q");
    CHECK_TEXT(refusal(7, "{'op':'attention','q':'q','k':'k','v':'v','out':'a','attention':'a','layer':0,'array':'h'}"),
               "/d.json: step 7 (attention): attention a has no array; the step names h");
    CHECK_TEXT(refusal(7, "{'op':'attention','q':'q','k':'k','v':'v','out':'a','attention':'r','layer':0}"),
               "/d.json: step 7 (attention): attention r names the array near, which the step does not give");
    CHECK_TEXT(refusal(7, "{'op':'attention','q':'q','k':'k','v':'v','out':'a','attention':'r','layer':0,'table':'q'}"),
               "/d.json: step 7 (attention): attention r names the array near, which the step does not give");
    CHECK_TEXT(refusal(7, "{'op':'attention','q':'q','k':'k','v':'v','out':'a','attention':'r','layer':0,'array':'h'}"),
               "/d.json: step 7 (attention): h has width 8; expected 4 heads of 3 for each token");
    CHECK_TEXT(refusal(7, "{'op':'attention','q':'q','k':'k','v':'v','out':'a','attention':'a','layer':0,'sink':'q'}"),
               "/d.json: step 7 (attention): attention a has no sinks of heads; the step names a weight for them");
    CHECK_TEXT(refusal(4, "{'op':'linear','in':'h','out':'q','weight':'queries','other_weight':'others','width':8}"),
               ": no weight others, which step 4 (linear) needs; tried with the prefixes \"\", \"m.\"");
    CHECK_TEXT(refusal(7, "{'op':'attention','q':'q','k':'k','v':'v','out':'a','attention':'a','layer':0,'q_norm':'norm'}"),
               "/d.json: step 7 (attention): attention a has no weights of q_norm; the step names norm");
    CHECK_TEXT(refusal(7, "{'op':'attention','q':'q','k':'k','v':'v','out':'a','attention':'n','layer':0}"),
               "/d.json: step 7 (attention): attention n has weights of k_norm, which the step does not name");
    CHECK_TEXT(refusal(7, "{'op':'attention','q':'q','k':'k','v':'v','out':'a','attention':'n','layer':0,'k_norm':'norm'}"),
               "/model.safetensors: m.norm is (8); expected (2)");
    CHECK_TEXT(refusal(4, "{'op':'linear','in':'h','out':'q','weight':'queries','width':8}"),
               ": no weight queries, which step 4 (linear) needs; tried with the prefixes \"\", \"m.\"");
    CHECK_TEXT(refusal(4, "{'op':'linear','in':'h','out':'q','weight':'q','width':12}"),
               "/model.safetensors: m.q is (8, 8); expected (12, 8)");
    CHECK_TEXT(refusal(4, "{'op':'linear_each','in':'h','out':'q','weight':'q','width':8,'groups':3,'rows':4}"),
               "/d.json: step 4 (linear_each): widths of 8 and 8 cannot be cut into 3 groups");
    CHECK_TEXT(refusal(4, "{'op':'linear_each','in':'h','out':'q','weight':'q','width':8,'groups':2,'rows':4,'offset':1}"),
               "/d.json: step 4 (linear_each): 4 rows from row 1 of each group of the weight; a group has 4");
    CHECK_TEXT(refusal(4, "{'op':'linear_each','in':'h','out':'q','weight':'q','width':8,'groups':2,'rows':4}"),
               "/model.safetensors: m.q is (8, 8); expected (8, 4)");
    CHECK_TEXT(refusal(4, "{'op':'linear_each_transposed','in':'h','out':'h','weight':'q','width':8,'groups':1,'rows':8}"),
               "/d.json: step 4 (linear_each_transposed): out is also the input");
    CHECK_TEXT(refusal(4, "{'op':'linear','in':'h','out':'q','weight':'q','bias':'q','width':8}"),
               "/model.safetensors: m.q is (8, 8); expected (8)");
    CHECK_TEXT(refusal(3, "{'op':'norm','kind':'rms','in':'x','out':'h','weight':'v.bias','eps':1e-5}"),
               "/model.safetensors: m.v.bias is (4); expected (8)");
}

static void columns_refused(void)
{
    CHECK_TEXT(refusal(4, "{'op':'slice','in':'h','out':'h','width':8}"), "/d.json: step 4 (slice): out is also an input");
    CHECK_TEXT(refusal(4, "{'op':'slice','in':'h','out':'q','width':8,'groups':3}"),
               "/d.json: step 4 (slice): a width of 8 cannot be cut into 3 groups");
    CHECK_TEXT(refusal(4, "{'op':'slice','in':'h','out':'q','width':8,'groups':0}"),
               "/d.json: step 4 (slice): a width of 8 cannot be cut into 0 groups");
    CHECK_TEXT(refusal(4, "{'op':'slice','in':'h','out':'q','width':4,'groups':2,'offset':3}"),
               "/d.json: step 4 (slice): 2 columns from column 3 of each of 2 groups; a group has 4");
    CHECK_TEXT(refusal(4, "{'op':'slice','in':'h','out':'q','width':0}"), "/d.json: step 4 (slice): width is 0");
    CHECK_TEXT(refusal(8, "{'op':'join','in':'a','with':'k','out':'h','groups':8}"),
               "/d.json: step 8 (join): a width of 4 cannot be cut into 8 groups");
    CHECK_TEXT(refusal(4, "{'op':'select','in':'h','out':'q','columns':[4,3]}"),
               "/d.json: step 4 (select): in has width 8; expected 7 columns");
    CHECK_TEXT(refusal(8, "{'op':'spread','in':'a','out':'h','columns':[7,1]}"),
               "/d.json: step 8 (spread): in has width 8; expected 7 columns");
    CHECK_TEXT(refusal(8, "{'op':'spread','in':'a','out':'h','columns':[8,16777216]}"),
               "/d.json: step 8 (spread): columns are of more than 16777216");
    CHECK_TEXT(refusal(4, "{'op':'select','in':'h','out':'q','columns':[]}"),
               "/d.json: step 4 (select): columns is not a list of 1 to 16777216 lengths");
    CHECK_TEXT(refusal(4, "{'op':'linear','in':'h','out':'q','weight':'q','width':8,'left_rows':[4,3]}"),
               "/d.json: step 4 (linear): left_rows are of 7 rows; width is 8");
    CHECK_TEXT(refusal(4, "{'op':'linear','in':'h','out':'q','weight':'q','width':8,'left_rows':[0,8]}"),
               "/d.json: step 4 (linear): width is 0");
    CHECK_TEXT(refusal(8, "{'op':'linear','in':'a','out':'h','weight':'o','width':8,'left_columns':[4,4]}"),
               "/d.json: step 8 (linear): left_columns leaves 4 columns; the width of in is 8");
    CHECK_TEXT(refusal(8, "{'op':'linear','in':'a','out':'h','weight':'o','width':8,'groups':3}"),
               "/d.json: step 8 (linear): widths of 8 and 8 cannot be cut into 3 groups");
    CHECK_TEXT(refusal(8, "{'op':'linear','in':'a','out':'h','weight':'o','width':8,'groups':2,'left_rows':[4,4]}"),
               "/d.json: step 8 (linear): left_rows and left_columns are of one group only");
    CHECK_TEXT(refusal(8, "{'op':'linear','in':'a','out':'h','weight':'o','width':8,'left_columns':[8,4]}"),
               "/model.safetensors: o is (8, 8); expected (8, 12)");
    CHECK_TEXT(refusal(8, "{'op':'repeat','in':'a','out':'h','times':16777216}"),
               "/d.json: step 8 (repeat): a width of 8, 16777216 times, is more than 16777216");
    CHECK_TEXT(refusal(8, "{'op':'softcap','in':'a','out':'h','factor':0}"),
               "/d.json: step 8 (softcap): factor is 0; expected a number above 0");
    CHECK_TEXT(refusal(3, "{'op':'norm','kind':'rms','in':'x','out':'h','weight':'norm','eps':1e-5,'groups':3}"),
               "/d.json: step 3 (norm): a width of 8 cannot be cut into 3 groups");
}

static struct attn_session *session_open(struct attn_model *model, int sequences, int64_t capacity)
{
    char error[256] = "";
    const struct attn_session_options options = { .sequences = sequences, .capacity = capacity, .reference = true };
    struct attn_session *session = attn_session_create(model, &options, error, sizeof error);
    CHECK_TEXT(error, "");
    return session;
}

static void forward(struct attn_session *session, const int32_t *tokens, const int32_t *lengths, bool all_rows)
{
    char error[256] = "";
    const struct attn_batch batch = { tokens, lengths, all_rows };
    CHECK(attn_forward(session, &batch, error, sizeof error));
    CHECK_TEXT(error, "");
}

static bool rows_near(const float *a, const float *b, int64_t rows)
{
    for (int64_t i = 0; i < rows * VOCAB; i++)
        if (!(fabs((double)a[i] - b[i]) < 1e-5))
            return false;
    return true;
}

/* Rows of a lone sequence, all at once. */
static void rows_alone(struct attn_model *model, const int32_t *tokens, int32_t length, float *rows)
{
    int64_t count;
    struct attn_session *session = session_open(model, 1, CONTEXT);
    forward(session, tokens, &length, true);
    const float *output = attn_session_output(session, 0, &count);
    CHECK(count == length);
    memcpy(rows, output, (size_t)(count * VOCAB) * sizeof *rows);
    attn_session_destroy(session);
}

/* Three sequences of 5, 0 and 7 tokens, first 3, 0 and 2 of them, then the rest, then one more of the middle one. */
static void batches_are_like_single_sequences(void)
{
    static const int32_t first[] = { 1, 2, 3, 7, 8 }, rest[] = { 4, 5, 9, 10, 0, 1, 2 }, more[] = { 6 };
    static const int32_t left[] = { 1, 2, 3, 4, 5 }, right[] = { 7, 8, 9, 10, 0, 1, 2 };
    static const int32_t first_lengths[] = { 3, 0, 2 }, rest_lengths[] = { 2, 0, 5 }, more_lengths[] = { 0, 1, 0 };
    float left_rows[5 * VOCAB], right_rows[7 * VOCAB], middle_row[VOCAB];
    struct attn_model *model = model_open_good(true);
    struct attn_session *session = session_open(model, 3, 7);
    int64_t rows;
    rows_alone(model, left, 5, left_rows);
    rows_alone(model, right, 7, right_rows);
    rows_alone(model, more, 1, middle_row);
    forward(session, first, first_lengths, true);
    CHECK(rows_near(attn_session_output(session, 0, &rows), left_rows, 3) && rows == 3);
    CHECK(attn_session_output(session, 1, &rows) == NULL && rows == 0);
    CHECK(rows_near(attn_session_output(session, 2, &rows), right_rows, 2) && rows == 2);
    forward(session, rest, rest_lengths, false);
    CHECK(rows_near(attn_session_output(session, 0, &rows), left_rows + 4 * VOCAB, 1) && rows == 1);
    CHECK(rows_near(attn_session_output(session, 2, &rows), right_rows + 6 * VOCAB, 1) && rows == 1);
    forward(session, more, more_lengths, false);
    CHECK(rows_near(attn_session_output(session, 1, &rows), middle_row, 1) && rows == 1);
    CHECK(attn_session_length(session, 0) == 5 && attn_session_length(session, 1) == 1 && attn_session_length(session, 2) == 7);
    attn_session_destroy(session);
    attn_model_close(model);
}

/* The logits of a model with that step said in two ways. */
static void check_same(int replaced, const char *by, const char *otherwise)
{
    static const int32_t tokens[] = { 1, 2, 3 };
    float rows[2][3 * VOCAB];
    char error[256];
    for (int i = 0; i < 2; i++) {
        struct attn_model *model = model_open(description_write(replaced, i == 0 ? by : otherwise, true), NULL, error,
                                              sizeof error);
        CHECK_TEXT(error, "");
        if (model == NULL)
            return;
        rows_alone(model, tokens, 3, rows[i]);
        attn_model_close(model);
    }
    CHECK(rows_near(rows[0], rows[1], 3));
}

/* A weight may have either of two names. Columns taken apart come together again; a norm of two groups is two norms, its weights spelt in the older way. */
static void columns_move(void)
{
    const char *norm = "{'op':'norm','kind':'layer','in':'x','out':'h','weight':'old.weight','bias':'old.bias','eps':1e-5,'groups':2}";
    check_same(4, steps[4],
               "{'op':'linear','in':'h','out':'e','weight':'q','width':8},"
               "{'op':'slice','in':'e','out':'b','width':4,'groups':2},"
               "{'op':'slice','in':'e','out':'c','width':4,'groups':2,'offset':2},"
               "{'op':'join','in':'b','with':'c','out':'q','groups':2}");
    check_same(4, "{'op':'slice','in':'h','out':'b','width':4,'offset':3},{'op':'join','in':'b','with':'b','out':'q'}",
               "{'op':'slice','in':'h','out':'b','width':4,'offset':3},{'op':'repeat','in':'b','out':'q','times':2}");
    check_same(3, norm,
               "{'op':'slice','in':'x','out':'b','width':4},{'op':'slice','in':'x','out':'c','width':4,'offset':4},"
               "{'op':'norm','kind':'layer','in':'b','out':'b','weight':'old.weight','bias':'old.bias','eps':1e-5},"
               "{'op':'norm','kind':'layer','in':'c','out':'c','weight':'old.weight','bias':'old.bias','eps':1e-5},"
               "{'op':'join','in':'b','with':'c','out':'h'}");
    check_same(4, steps[4], "{'op':'linear','in':'h','out':'q','weight':'queries','other_weight':'q','width':8}");
    check_same(4, steps[4], "{'op':'linear','in':'h','out':'q','weight':'q','other_weight':'queries','width':8}");
    check_same(4, "{'op':'linear','in':'h','out':'b','weight':'q','width':8,'left_rows':[2,5,1]},{'op':'spread','in':'b','out':'q','columns':[2,5,1]}",
               "{'op':'linear','in':'h','out':'e','weight':'q','width':8},{'op':'select','in':'e','out':'b','columns':[2,5,1]},"
               "{'op':'spread','in':'b','out':'q','columns':[2,5,1]}");
    check_same(6, "{'op':'linear','in':'h','out':'b','weight':'v','bias':'v.bias','width':4,'left_rows':[0,1,3]},"
               "{'op':'spread','in':'b','out':'v','columns':[0,1,3]}",
               "{'op':'linear','in':'h','out':'e','weight':'v','bias':'v.bias','width':4},{'op':'select','in':'e','out':'b','columns':[0,1,3]},"
               "{'op':'spread','in':'b','out':'v','columns':[0,1,3]}");
    check_same(8, "{'op':'select','in':'a','out':'b','columns':[3,4,1]},"
               "{'op':'linear_transposed','in':'b','out':'h','weight':'o','width':8,'left_columns':[3,4,1]}",
               "{'op':'select','in':'a','out':'b','columns':[3,4,1]},{'op':'spread','in':'b','out':'c','columns':[3,4,1]},"
               "{'op':'linear_transposed','in':'c','out':'h','weight':'o','width':8}");
    check_same(9, "{'op':'add','in':'h','with':'h','out':'h'},{'op':'add','in':'x','with':'h','out':'x'}",
               "{'op':'scale','in':'h','out':'h','factor':2},{'op':'add','in':'x','with':'h','out':'x'}");
}

static void truncated_sequences_continue(void)
{
    static const int32_t tokens[] = { 1, 2, 3, 4, 5 }, other[] = { 9, 9 };
    const int32_t five = 5, two = 2, three = 3;
    float expected[5 * VOCAB];
    int64_t rows;
    struct attn_model *model = model_open_good(true);
    struct attn_session *session = session_open(model, 1, CONTEXT);
    rows_alone(model, tokens, five, expected);
    forward(session, tokens, &two, false);
    forward(session, other, &two, false);
    CHECK(!attn_session_truncate(session, 0, 5) && !attn_session_truncate(session, 0, -1));
    CHECK(attn_session_truncate(session, 0, 2));
    forward(session, tokens + 2, &three, true);
    CHECK(rows_near(attn_session_output(session, 0, &rows), expected + 2 * VOCAB, 3) && rows == 3);
    attn_session_destroy(session);
    attn_model_close(model);
}

/* Every call of a model that is not causal starts anew, and its first row sees the last token. */
static void whole_sequences_are_read_at_once(void)
{
    static const int32_t tokens[] = { 1, 2, 3, 4 }, other[] = { 1, 2, 3, 5 };
    const int32_t four = 4;
    float expected[4 * VOCAB];
    int64_t rows;
    struct attn_model *model = model_open_good(false);
    struct attn_session *session = session_open(model, 1, 4);
    rows_alone(model, tokens, four, expected);
    forward(session, other, &four, true);
    CHECK(!rows_near(attn_session_output(session, 0, &rows), expected, 1));
    forward(session, tokens, &four, true);
    CHECK(rows_near(attn_session_output(session, 0, &rows), expected, 4));
    CHECK(attn_session_length(session, 0) == 4);
    attn_session_destroy(session);
    attn_model_close(model);
}

static void batch_refused(struct attn_session *session, const int32_t *tokens, const int32_t *lengths, const char *sentence)
{
    char error[256] = "";
    const struct attn_batch batch = { tokens, lengths, false };
    CHECK(!attn_forward(session, &batch, error, sizeof error));
    CHECK_TEXT(error, sentence);
}

static void session_refused(struct attn_model *model, int sequences, int64_t capacity, bool reference, const char *sentence)
{
    char error[256] = "";
    const struct attn_session_options options = { .sequences = sequences, .capacity = capacity, .reference = reference };
    CHECK(attn_session_create(model, &options, error, sizeof error) == NULL);
    CHECK_TEXT(error, sentence);
}

static void sessions_and_batches_refused(void)
{
    static const int32_t tokens[] = { 1, 2, 3, 11, -1 }, four[] = { 3, 1 }, five[] = { 0, 5 }, negative[] = { -1, 0 };
    struct attn_model *model = model_open_good(true);
    session_refused(model, 0, 4, true, "0 sequences were asked for; 1 to 65536 are possible");
    session_refused(model, 1, 17, true, "a capacity of 17 tokens was asked for; tiny has a context of 16");
    session_refused(model, 1, 4, false, "tiny was opened without kernels; ask for the reference");
    struct attn_session *session = session_open(model, 2, 4);
    batch_refused(session, tokens, four, "token 0 of sequence 1 is 11; tokens of tiny are 0 to 10");
    batch_refused(session, tokens, five, "sequence 1 has 0 tokens and was given 5; it holds 4");
    batch_refused(session, tokens, negative, "sequence 0 has 0 tokens and was given -1; it holds 4");
    CHECK(attn_session_length(session, 0) == 0);
    attn_session_destroy(session);
    attn_model_close(model);
}

/* An allocator that fails from the n-th time on, and jansson's through it. */

static struct { int left; int held; } supply;

static void *supply_allocate(void *context, size_t bytes, size_t alignment)
{
    (void)context;
    if (supply.left-- <= 0)
        return NULL;
    supply.held++;
    return aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment);
}

static void supply_release(void *context, void *memory)
{
    (void)context;
    supply.held -= memory != NULL;
    free(memory);
}

static void *supply_json(size_t bytes)
{
    return supply_allocate(NULL, bytes, 16);
}

static void supply_json_release(void *memory)
{
    supply_release(NULL, memory);
}

/* Opens, runs and closes; whether all of it worked. Batches of two sizes make the buffers grow. */
static bool life_of_a_model(const char *description, const struct attn_allocator *allocator)
{
    static const int32_t tokens[] = { 1, 2, 3 };
    const struct attn_session_options options = { .sequences = 1, .capacity = CONTEXT, .reference = true };
    const int32_t one = 1, three = 3;
    const struct attn_batch small = { tokens, &one, false }, large = { tokens, &three, true };
    char error[256] = "";
    struct attn_model *model = model_open(description, allocator, error, sizeof error);
    struct attn_session *session = model == NULL ? NULL : attn_session_create(model, &options, error, sizeof error);
    const bool worked = session != NULL && attn_forward(session, &small, error, sizeof error)
        && attn_forward(session, &large, error, sizeof error);
    CHECK(worked == (error[0] == '\0'));
    CHECK(session == NULL || attn_session_length(session, 0) == (worked ? 4 : attn_session_length(session, 0) == 1));
    attn_session_destroy(session);
    attn_model_close(model);
    return worked;
}

static void memory_runs_out_anywhere(void)
{
    const struct attn_allocator allocator = { supply_allocate, supply_release, NULL };
    const char *description = description_write(-1, "", true);
    json_set_alloc_funcs(supply_json, supply_json_release);
    int failures = 0;
    for (bool worked = false; !worked && failures < 100000; failures += !worked) {
        supply.left = failures;
        supply.held = 0;
        worked = life_of_a_model(description, &allocator);
        CHECK(supply.held == 0);
    }
    json_set_alloc_funcs(malloc, free);
    CHECK(failures > 100 && failures < 100000);
}

int main(void)
{
    folder_open();
    RUN(descriptions_refused);
    RUN(steps_refused);
    RUN(attentions_refused);
    RUN(weights_refused);
    RUN(columns_refused);
    RUN(batches_are_like_single_sequences);
    RUN(columns_move);
    RUN(truncated_sequences_continue);
    RUN(whole_sequences_are_read_at_once);
    RUN(sessions_and_batches_refused);
    RUN(memory_runs_out_anywhere);
    scratch_close(&scratch);
    return test_end();
}
