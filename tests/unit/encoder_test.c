/*
** A model with an encoder: what is refused, batches against single sequences, chunks, and sequences that are
** given another text.
*/
#include <math.h>

#include "../../runtime/attn.h"
#include "../../runtime/random.h"
#include "../test.h"
#include "scratch.h"

enum { VOCAB = 9, WIDTH = 6, CONTEXT = 12, ENCODER_VOCAB = 7, ENCODER_CONTEXT = 5, FLOATS = 4096 };

static const struct weight { const char *name; int rows, columns; } weights[] = {
    { "words", ENCODER_VOCAB, WIDTH }, { "embed", VOCAB, WIDTH }, { "q", 4, WIDTH }, { "k", 4, WIDTH }, { "v", 4, WIDTH },
    { "o", WIDTH, 4 },
};

static const char self[] = "softmax heads=2 kv_heads=2 d_k=2 d_v=2 scale=1 mask=\\\"k <= q\\\" position=none cache=f32";
static const char all[] = "softmax heads=2 kv_heads=2 d_k=2 d_v=2 scale=1 mask=\\\"true\\\" position=none cache=f32";

#define LINEAR(from, to, weight, width) \
    "{'op':'linear','in':'" from "','out':'" to "','weight':'" weight "','width':" width "}"
#define PROJECT LINEAR("x", "q", "q", "4") "," LINEAR("x", "k", "k", "4") "," LINEAR("x", "v", "v", "4")
#define FINISH  LINEAR("a", "h", "o", "6") ",{'op':'add','in':'x','with':'h','out':'x'}"

static const char encoder_begin[] =
    "{'op':'embed','out':'x','weight':'words','rows':7,'width':6},"
    "{'op':'embed_sinusoids','in':'x','out':'x','base':100}," PROJECT ","
    "{'op':'attention','q':'q','k':'k','v':'v','out':'a','attention':'all','layer':0}," FINISH "," PROJECT;
static const char writes[] = "{'op':'attention_write','k':'k','v':'v','attention':'all','layer':1}";
static const char reads[] = "{'op':'attention_read','q':'q','out':'a','attention':'all','layer':1}";

static struct scratch scratch;

static void folder_open(void)
{
    static float data[FLOATS];
    char header[1024] = "{";
    struct random random = random_start(9);
    size_t floats = 0;
    for (size_t i = 0; i < sizeof weights / sizeof weights[0]; i++) {
        const size_t count = (size_t)weights[i].rows * (size_t)weights[i].columns;
        sprintf(header + strlen(header), "%s\"%s\":{\"dtype\":\"F32\",\"shape\":[%d,%d],\"data_offsets\":[%zu,%zu]}",
                i == 0 ? "" : ",", weights[i].name, weights[i].rows, weights[i].columns, floats * 4, (floats + count) * 4);
        for (size_t j = 0; j < count; j++)
            data[floats++] = random_normal(&random);
    }
    strcat(header, "}");
    scratch_open(&scratch);
    scratch_write_tensors(&scratch, "model.safetensors", header, data, floats * sizeof *data);
}

/* The description with these steps at the encoder's end and over its output. */
static const char *description_write(const char *encoder_end, const char *over)
{
    static char text[8192];
    sprintf(text, "{'name':'tiny','context':12,'vocab':9,'output':'logits','causal':true,'prefixes':[''],"
            "'attentions':{'self':'%s','all':'%s'},'encoder':{'context':5,'vocab':7,'steps':[%s,%s]},'steps':["
            "{'op':'embed','out':'x','weight':'embed','rows':9,'width':6}," PROJECT ","
            "{'op':'attention','q':'q','k':'k','v':'v','out':'a','attention':'self','layer':2}," FINISH ","
            LINEAR("x", "q", "q", "4") ",%s," FINISH ",{'op':'last','in':'x','out':'x'},"
            LINEAR("x", "logits", "embed", "9") "]}", self, all, encoder_begin, encoder_end, over);
    for (char *c = text; *c != '\0'; c++)
        if (*c == '\'')
            *c = '"';
    scratch.count = 1;
    return scratch_write_text(&scratch, "d.json", text);
}

static struct attn_model *model_open(const char *description, char *error, size_t size)
{
    const struct attn_model_options options = { .folder = scratch.folder, .description_file = description, .threads = 2 };
    error[0] = '\0';
    return attn_model_open(&options, error, size);
}

static struct attn_model *model_open_good(void)
{
    char error[1024];
    struct attn_model *model = model_open(description_write(writes, reads), error, sizeof error);
    CHECK_TEXT(error, "");
    return model;
}

static const char *refusal(const char *encoder_end, const char *over)
{
    static char error[1024];
    struct attn_model *model = model_open(description_write(encoder_end, over), error, sizeof error);
    CHECK(model == NULL);
    attn_model_close(model);
    const size_t folder = strlen(scratch.folder);
    return strncmp(error, scratch.folder, folder) == 0 ? error + folder : error;
}

static void steps_refused(void)
{
    CHECK_TEXT(refusal(writes, "{'op':'attention_read','q':'q','out':'a','attention':'self','layer':1}"),
               "/d.json: step 8 (attention_read): layer 1 was written by another attention");
    CHECK_TEXT(refusal(writes, "{'op':'attention_read','q':'q','out':'a','attention':'all','layer':2}"),
               "/d.json: step 8 (attention_read): layer 2 was not written by the encoder before");
    CHECK_TEXT(refusal(writes, "{'op':'attention_read','q':'q','out':'a','attention':'all','layer':3}"),
               "/d.json: step 8 (attention_read): layer 3 was not written by the encoder before");
    CHECK_TEXT(refusal(writes, "{'op':'attention_read','q':'q','out':'q','attention':'all','layer':1}"),
               "/d.json: step 8 (attention_read): out is also an input");
    CHECK_TEXT(refusal(writes, "{'op':'attention_write','k':'k','v':'v','attention':'all','layer':3}"),
               "/d.json: step 8 (attention_write): only an encoder writes caches for steps behind it");
    CHECK_TEXT(refusal(reads, reads), "/d.json: encoder step 11 (attention_read): layer 1 was not written by the encoder before");
    CHECK_TEXT(refusal("{'op':'attention_write','k':'k','attention':'all','layer':1}", reads),
               "/d.json: encoder step 11 (attention_write): no \"v\"");
    CHECK_TEXT(refusal("{'op':'embed_sinusoids','in':'x','out':'x','base':0}", reads),
               "/d.json: encoder step 11 (embed_sinusoids): base is 0; expected a number above 0");
}

static struct attn_session *session_open(struct attn_model *model, int sequences)
{
    char error[256] = "";
    const struct attn_session_options options = {
        .sequences = sequences, .capacity = CONTEXT, .encoder_capacity = ENCODER_CONTEXT, .reference = true,
    };
    struct attn_session *session = attn_session_create(model, &options, error, sizeof error);
    CHECK_TEXT(error, "");
    return session;
}

static void encode(struct attn_session *session, const int32_t *tokens, const int32_t *lengths)
{
    char error[256] = "";
    const struct attn_encoder_batch batch = { tokens, lengths };
    CHECK(attn_encode(session, &batch, error, sizeof error));
    CHECK_TEXT(error, "");
}

/* All rows of the batch's output, of all sequences. */
static void forward(struct attn_session *session, const int32_t *tokens, const int32_t *lengths, int sequences, float *rows)
{
    char error[256] = "";
    const struct attn_batch batch = { tokens, lengths, true };
    CHECK(attn_forward(session, &batch, error, sizeof error));
    CHECK_TEXT(error, "");
    for (int i = 0; i < sequences; i++) {
        int64_t count;
        const float *output = attn_session_output(session, i, &count);
        CHECK(count == lengths[i]);
        if (count > 0)
            memcpy(rows, output, (size_t)(count * VOCAB) * sizeof *rows);
        rows += count * VOCAB;
    }
}

static bool rows_near(const float *a, const float *b, int64_t rows)
{
    for (int64_t i = 0; i < rows * VOCAB; i++)
        if (!(fabs((double)a[i] - b[i]) < 1e-5))
            return false;
    return true;
}

/* Texts of 5 and 2 tokens, and what follows them: 4 and 3. */
static const int32_t texts[] = { 1, 2, 3, 4, 5, 6, 0 }, text_lengths[] = { 5, 2 };
static const int32_t tokens[] = { 1, 2, 3, 4, 8, 7, 6 }, lengths[] = { 4, 3 };

static void batches_are_like_single_sequences(void)
{
    float together[7 * VOCAB], alone[7 * VOCAB];
    struct attn_model *model = model_open_good();
    struct attn_session *session = session_open(model, 2);
    encode(session, texts, text_lengths);
    forward(session, tokens, lengths, 2, together);
    attn_session_destroy(session);
    session = session_open(model, 1);
    encode(session, texts, text_lengths);
    forward(session, tokens, lengths, 1, alone);
    encode(session, texts + 5, text_lengths + 1);              /* the sequence begins anew */
    forward(session, tokens + 4, lengths + 1, 1, alone + 4 * VOCAB);
    CHECK(rows_near(together, alone, 7));
    CHECK(!rows_near(together, alone + 4 * VOCAB, 1));
    attn_session_destroy(session);
    attn_model_close(model);
}

static void a_sequence_keeps_its_text(void)
{
    static const int32_t first[] = { 1, 2, 8 }, first_lengths[] = { 2, 1 };
    static const int32_t rest[] = { 3, 4, 7, 6 }, rest_lengths[] = { 2, 2 }, other[] = { 6, 0, 1 }, other_lengths[] = { 0, 3 };
    float together[7 * VOCAB], begun[3 * VOCAB], ended[4 * VOCAB];
    struct attn_model *model = model_open_good();
    struct attn_session *session = session_open(model, 2);
    encode(session, texts, text_lengths);
    forward(session, tokens, lengths, 2, together);
    encode(session, texts, text_lengths);
    forward(session, first, first_lengths, 2, begun);
    forward(session, rest, rest_lengths, 2, ended);
    CHECK(rows_near(begun, together, 2) && rows_near(begun + 2 * VOCAB, together + 4 * VOCAB, 1));
    CHECK(rows_near(ended, together + 2 * VOCAB, 2) && rows_near(ended + 2 * VOCAB, together + 5 * VOCAB, 2));
    encode(session, other, other_lengths);
    CHECK(attn_session_length(session, 0) == 4 && attn_session_length(session, 1) == 0);
    attn_session_destroy(session);
    attn_model_close(model);
}

static void check_refused(struct attn_session *session, const int32_t *given, const int32_t *count, bool encoder,
                          const char *sentence)
{
    char error[256] = "";
    const struct attn_encoder_batch text = { given, count };
    const struct attn_batch batch = { given, count, false };
    CHECK(encoder ? !attn_encode(session, &text, error, sizeof error) : !attn_forward(session, &batch, error, sizeof error));
    CHECK_TEXT(error, sentence);
}

static void batches_refused(void)
{
    static const int32_t wrong[] = { 1, 7 }, two[] = { 2 }, six[] = { 6 };
    char error[256];
    struct attn_model *model = model_open_good();
    const struct attn_session_options options = { .sequences = 1, .capacity = CONTEXT, .reference = true };
    CHECK(attn_model_info(model)->encoder_context == ENCODER_CONTEXT && attn_model_info(model)->encoder_vocab == ENCODER_VOCAB);
    CHECK(attn_session_create(model, &options, error, sizeof error) == NULL);
    CHECK_TEXT(error, "a capacity of 0 tokens was asked for the encoder; that of tiny has a context of 5");
    struct attn_session *session = session_open(model, 1);
    check_refused(session, wrong, two, false, "sequence 0 was given tokens before its encoder was");
    check_refused(session, wrong, two, true, "token 1 of sequence 0 is 7; encoder tokens of tiny are 0 to 6");
    check_refused(session, texts, six, true, "sequence 0 has 0 tokens and was given 6; it holds 5");
    attn_session_destroy(session);
    attn_model_close(model);
}

int main(void)
{
    folder_open();
    RUN(steps_refused);
    RUN(batches_are_like_single_sequences);
    RUN(a_sequence_keeps_its_text);
    RUN(batches_refused);
    scratch_close(&scratch);
    return test_end();
}
