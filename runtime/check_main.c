#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

enum { MOST_TARGETS = 16 };

/* Lengths around the tiles: panels of 16 keys, blocks of 64, segments of 1024. */
static const int32_t short_lengths[] = { 1, 2, 15, 16, 17, 63, 64, 65, 127, 129, 200 };
static const int32_t long_lengths[] = { 1023, 1024, 1025, 2500 };

/*
** Nearly even weights, ordinary and peaked ones, and scores so far apart that e to their difference is no float.
** Keys that grow move the running maximum again and again; keys that shrink leave later tiles and segments
** without weight.
*/
static const struct { double spread, growth; } score_kinds[] = {
    { 1.0, 1.0 }, { 0.3, 1.0 }, { 3.0, 1.0 }, { 60.0, 0.1 }, { 3.0, 2.0 }, { 60.0, 1.0 }, { 1.0, 2.0 }
};

enum {
    SHORT_LENGTHS = sizeof short_lengths / sizeof *short_lengths,
    LONG_LENGTHS  = sizeof long_lengths / sizeof *long_lengths,
    SCORE_KINDS   = sizeof score_kinds / sizeof *score_kinds
};

/* How much is checked of each definition. */
struct effort {
    int short_trials, long_trials, ragged_trials;
    double multiplications;            /* of the reference in one sequence, about; more queries are left out */
};

static const struct effort full_effort  = { SHORT_LENGTHS, LONG_LENGTHS, 6, 2e8 };
static const struct effort quick_effort = { 1, 1, 2, 4e6 };

/* A run of the program. */
struct session {
    const struct attn_model_kernels *kernels;
    const struct effort *effort;
    uint64_t seed;
    int first;                         /* definitions before this one are left out */
    bool trace;                        /* say what is about to run, for whoever finds it dead */
    int passed, failed, skipped;
    double worst;
};

/* One definition and what its targets made of it. */
struct definition_check {
    struct session *session;
    int index;                         /* in the model */
    const char *text;
    struct subject subject;
    struct random random;
    struct verdict verdict[MOST_TARGETS];
};

/* Problems ----------------------------------------------------------------------------------- */

/* As many queries as the effort allows. */
static int32_t queries_bound(const struct definition_check *check, int32_t q_len, int32_t kv_len)
{
    const struct reference_line *line = &check->subject.line;
    const double one = (double)line->heads * (line->d_k + line->d_v) * (kv_len + 1);
    const double most = check->session->effort->multiplications / one;
    return q_len <= most ? q_len : most > 2.0 ? (int32_t)most : 2;
}

/* Queries that continue their cache; kind is an index into score_kinds. */
static struct trial_shape shape_continued(const struct definition_check *check, int32_t q_len, int32_t kv_len,
                                          int64_t kind)
{
    const int32_t queries = queries_bound(check, q_len, kv_len);
    const double spread = score_kinds[kind % SCORE_KINDS].spread, growth = score_kinds[kind % SCORE_KINDS].growth;
    return (struct trial_shape){ queries, kv_len, kv_len - queries, spread, growth };
}

static int32_t random_length(struct random *random)
{
    return random_between(random, 0, 7) == 0 ? 0 : short_lengths[random_between(random, 0, SHORT_LENGTHS - 1)];
}

/* Any lengths, 0 too; queries mostly continue their cache, else stand anywhere around the keys. */
static struct trial_shape shape_ragged(struct definition_check *check)
{
    struct random *random = &check->random;
    const int32_t kv_len = random_length(random);
    const int32_t q_len = random_length(random);
    struct trial_shape shape = shape_continued(check, q_len, kv_len, random_between(random, 0, SCORE_KINDS - 1));
    if (random_between(random, 0, 3) == 0)
        shape.q_offset = (int32_t)random_between(random, -30, kv_len + 30);
    return shape;
}

/* After many keys, queries that prefill takes by rows, or more of them, which it takes in blocks. */
static int32_t queries_after(struct random *random)
{
    return (int32_t)(random_between(random, 0, 1) == 0 ? random_between(random, 1, 5) : random_between(random, 17, 24));
}

/* The index-th problem of a definition; its number of sequences. */
static int32_t shapes_choose(struct definition_check *check, int index, struct trial_shape shape[TRIAL_SEQUENCES])
{
    const struct effort *effort = check->session->effort;
    struct random *random = &check->random;
    if (index < effort->short_trials) {
        const int64_t at = effort->short_trials == SHORT_LENGTHS ? index : random_between(random, 0, SHORT_LENGTHS - 1);
        shape[0] = shape_continued(check, short_lengths[at], short_lengths[at], at);
        return 1;
    }
    index -= effort->short_trials;
    if (index < effort->long_trials) {
        const int64_t at = effort->long_trials == LONG_LENGTHS ? index : random_between(random, 0, LONG_LENGTHS - 1);
        shape[0] = shape_continued(check, queries_after(random), long_lengths[at], at);
        return 1;
    }
    const int32_t sequences = (int32_t)random_between(random, 1, TRIAL_SEQUENCES);
    for (int32_t b = 0; b < sequences; b++)
        shape[b] = shape_ragged(check);
    return sequences;
}

/* Definitions -------------------------------------------------------------------------------- */

static const struct attn_attention *target_find(const struct session *session, int definition, int target)
{
    const struct attn_model_kernels *kernels = session->kernels;
    const struct attn_attention *attention = kernels->all[definition * kernels->targets + target];
    return attention != NULL && kernels->supported[target]() ? attention : NULL;
}

static void trace_print(const struct definition_check *check, const struct attn_attention *attention,
                        const struct trial *trial)
{
    if (!check->session->trace)
        return;
    printf("trying %d %s target=%s: sequences (q_len kv_len q_offset)", check->index, check->text, attention->target);
    for (int32_t b = 0; b < trial->sequences; b++)
        printf("%s %d %d %d", b > 0 ? "," : "", (int)trial->sequence[b].q_len, (int)trial->sequence[b].kv_len,
               (int)trial->sequence[b].q_offset);
    printf("; seed %llu\n", (unsigned long long)check->session->seed);
    fflush(stdout);
}

/* One target at one problem. Its random numbers do not depend on which other targets there are. */
static void target_try(struct definition_check *definition, struct trial *trial,
                       const struct attn_attention *attention, int target, uint64_t seed)
{
    struct random random = random_start(seed);
    struct check check = {
        .trial = trial, .attention = attention, .random = &random, .verdict = &definition->verdict[target],
        .traits = check_traits(trial), .whole = result_create(trial)
    };
    trace_print(definition, attention, trial);
    check_ways(&check);
    if (check.verdict->failure[0] == '\0')
        check_outputs(&check);
    if (check.verdict->failure[0] == '\0')
        check_identities(&check);
    check.verdict->trials++;
    result_destroy(&check.whole);
}

/* The first target of this CPU; they all store alike. NULL when there is none. */
static const struct attn_attention *target_any(const struct session *session, int definition)
{
    const struct attn_attention *attention = NULL;
    for (int target = 0; target < session->kernels->targets && attention == NULL; target++)
        attention = target_find(session, definition, target);
    return attention;
}

static void trial_try(struct definition_check *check, int index)
{
    struct trial_shape shape[TRIAL_SEQUENCES];
    struct trial trial;
    const int32_t sequences = shapes_choose(check, index, shape);
    trial_create(&trial, &check->subject, shape, sequences, &check->random);
    const uint64_t seed = random_next(&check->random);
    const struct attn_attention *any = target_any(check->session, check->index);
    if (any != NULL)
        cache_settle(&trial, &check->subject, any, &check->random);
    for (int target = 0; target < check->session->kernels->targets; target++) {
        const struct attn_attention *attention = target_find(check->session, check->index, target);
        if (attention != NULL && check->verdict[target].failure[0] == '\0')
            target_try(check, &trial, attention, target, seed);
    }
    trial_destroy(&trial);
}

static void verdict_print(const struct definition_check *check, int target)
{
    struct session *session = check->session;
    const struct verdict *verdict = &check->verdict[target];
    const struct attn_attention *attention = session->kernels->all[check->index * session->kernels->targets + target];
    if (attention == NULL && session->kernels->supported[target]())      /* the target is for other definitions */
        return;
    const char *name = attention != NULL ? attention->target : "(another machine's)";
    if (verdict->failure[0] != '\0') {
        session->failed++;
        printf("fail %s target=%s: %s; seed %llu\n", check->text, name, verdict->failure,
               (unsigned long long)session->seed);
    } else if (target_find(session, check->index, target) == NULL) {
        session->skipped++;
        printf("skip %s target=%s: this CPU does not have it\n", check->text, name);
    } else {
        session->passed++;
        printf("pass %s target=%s: %d problems, largest error %.1e\n", check->text, name, verdict->trials,
               verdict->worst);
    }
    if (verdict->worst > session->worst)
        session->worst = verdict->worst;
    fflush(stdout);
}

/* FNV-1a of a text, so that a definition has the same problems in whatever model it stands. */
static uint64_t text_hash(const char *text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return hash;
}

/* Whether the kernel's arrays are those of the line. The contract numbers types and axes as expressions do. */
static bool arrays_agree(const struct attn_attention *attention, const struct reference_line *line)
{
    const struct expression_arrays *arrays = &line->arrays;
    bool agree = attention->arrays == arrays->count;
    for (int i = 0; agree && i < arrays->count; i++) {
        const struct attn_array_kind *kind = &attention->array[i];
        const struct expression_array *array = &arrays->list[i];
        agree = strcmp(kind->name, array->name) == 0 && kind->type == (int32_t)array->type && kind->axes == array->axes
             && kind->min == array->low && kind->max == array->high;
        for (int axis = 0; agree && axis < array->axes; axis++)
            agree = kind->axis[axis] == (int32_t)array->axis[axis]
                 && kind->size[axis] == (array->axis[axis] == EXPRESSION_AXIS_HEAD ? line->layer_heads : array->size[axis]);
    }
    return agree;
}

/* Whether the kernel keeps the heads that the line keeps, and says which; NULL: all. */
static bool heads_agree(const struct attn_attention *attention, const struct reference_line *line)
{
    bool agree = attention->heads == line->heads && attention->kv_heads == line->kv_heads
              && (attention->head == NULL) == (line->heads == line->layer_heads)
              && (attention->kv_head == NULL) == (attention->head == NULL);
    for (int i = 0; agree && attention->head != NULL && i < line->heads; i++)
        agree = attention->head[i] == line->keep.list[i];
    for (int i = 0; agree && attention->head != NULL && i < line->kv_heads; i++)
        agree = attention->kv_head[i] == line->keep_kv.list[i];
    return agree;
}

static bool matrix_agrees(const struct attn_attention *attention, const struct head_list *heads)
{
    bool agree = attention->matrix_heads == heads->count;
    for (int i = 0; agree && i < heads->count; i++)
        agree = attention->matrix_head[i] == heads->list[i];
    return agree;
}

/* Whether a table says of itself what its definition says. */
static void table_check(struct definition_check *check, const struct attn_attention *attention, struct verdict *verdict)
{
    const struct reference_line *line = &check->subject.line;
    if (strcmp(attention->definition, check->text) != 0)
        snprintf(verdict->failure, VERDICT_BYTES, "its table is of another definition, %.300s", attention->definition);
    else if (!heads_agree(attention, line) || attention->d_k != line->d_k ||
             attention->d_v != line->d_v || (attention->rotation_floats > 0) != line->rotates)
        snprintf(verdict->failure, VERDICT_BYTES, "its table has other heads, sizes or rotation than its definition");
    else if (strcmp(attention->activations, narrow_name((enum narrow)line->activations)) != 0)
        snprintf(verdict->failure, VERDICT_BYTES, "its table has activations of %.40s", attention->activations);
    else if (!matrix_agrees(attention, &line->matrix_heads))
        snprintf(verdict->failure, VERDICT_BYTES, "its table has another matrix than its definition");
    else if (!arrays_agree(attention, line))
        snprintf(verdict->failure, VERDICT_BYTES, "its table has other arrays than its definition");
}

static void definition_run(struct definition_check *check)
{
    const struct effort *effort = check->session->effort;
    for (int target = 0; target < check->session->kernels->targets; target++) {
        const struct attn_attention *attention = target_find(check->session, check->index, target);
        if (attention != NULL)
            table_check(check, attention, &check->verdict[target]);
    }
    for (int index = 0; index < effort->short_trials + effort->long_trials + effort->ragged_trials; index++)
        trial_try(check, index);
    for (int target = 0; target < check->session->kernels->targets; target++)
        verdict_print(check, target);
}

/* The text of a definition stands in each of its tables. */
static const char *definition_text(const struct attn_model_kernels *kernels, int definition)
{
    for (int target = 0; target < kernels->targets; target++) {
        const struct attn_attention *attention = kernels->all[definition * kernels->targets + target];
        if (attention != NULL)
            return attention->definition;
    }
    return NULL;
}

static bool definition_check(struct session *session, int definition)
{
    struct definition_check check = {
        .session = session, .index = definition, .text = definition_text(session->kernels, definition)
    };
    char error[400];
    if (check.text == NULL) {
        printf("skip definition %d of %s: it has no target of this machine\n", definition, session->kernels->name);
        session->skipped++;
        return true;
    }
    check.subject.reference = reference_create(check.text, error, sizeof error);
    if (check.subject.reference == NULL || !reference_line_read(&check.subject.line, check.text, error, sizeof error)) {
        fprintf(stderr, "check: the line \"%s\" is no definition: %s\n", check.text, error);
        return false;
    }
    check.random = random_start(session->seed ^ text_hash(check.text));
    definition_run(&check);
    reference_destroy(check.subject.reference);
    return true;
}

/* Command line ------------------------------------------------------------------------------- */

static bool number_read(const char *option, const char *text, unsigned long long most, unsigned long long *number)
{
    char *end;
    errno = 0;
    *number = text == NULL ? 0 : strtoull(text, &end, 10);
    if (text != NULL && *text >= '0' && *text <= '9' && *end == '\0' && errno == 0 && *number <= most)
        return true;
    fprintf(stderr, "check: %s is %s; expected a whole number\n", option, text == NULL ? "nothing" : text);
    return false;
}

/* Takes the option at argv[*at], and moves *at to its value. argv ends with NULL. */
static bool option_take(struct session *session, char **argv, int *at)
{
    const char *option = argv[*at];
    unsigned long long number = 0;
    if (strcmp(option, "--quick") == 0)
        session->effort = &quick_effort;
    else if (strcmp(option, "--trace") == 0)
        session->trace = true;
    else if (strcmp(option, "--seed") == 0) {
        const bool read = number_read(option, argv[++*at], UINT64_MAX, &number);
        session->seed = number;
        return read;
    } else if (strcmp(option, "--first") == 0) {
        const bool read = number_read(option, argv[++*at], INT32_MAX, &number);
        session->first = (int)number;
        return read;
    } else {
        fprintf(stderr, "check: unknown option %s; expected --seed S, --first D, --quick or --trace\n", option);
        return false;
    }
    return true;
}

static bool options_read(struct session *session, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (!option_take(session, argv, &i))
            return false;
    return true;
}

int check_main(const struct attn_model_kernels *kernels, int argc, char **argv)
{
    struct session session = { .kernels = kernels, .effort = &full_effort, .seed = 1 };
    if (!options_read(&session, argc, argv))
        return 2;
    if (kernels->targets > MOST_TARGETS) {
        fprintf(stderr, "check: %s has %d targets; at most %d can be checked\n", kernels->name, (int)kernels->targets,
                MOST_TARGETS);
        return 2;
    }
    for (int definition = session.first; definition < kernels->attentions; definition++)
        if (!definition_check(&session, definition))
            return 2;
    printf("check %s: %d passed, %d failed, %d skipped; largest error %.1e; seed %llu\n", kernels->name, session.passed,
           session.failed, session.skipped, session.worst, (unsigned long long)session.seed);
    return session.failed > 0 ? 1 : 0;
}
