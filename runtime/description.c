/*
** JSON to steps. Two tables say what there is: fields of a step here, operations in operation.c.
*/
#include "description.h"

#include <ctype.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "mapping.h"
#include "operation.h"

enum field_kind { FIELD_ACTIVATION, FIELD_TEXT, FIELD_INTEGER, FIELD_NUMBER, FIELD_RUNS };

static const struct field {
    const char *name;
    enum field_kind kind;
    size_t place;                     /* in struct step */
} fields[] = {
    { "in",            FIELD_ACTIVATION, offsetof(struct step, in) },
    { "with",          FIELD_ACTIVATION, offsetof(struct step, with) },
    { "out",           FIELD_ACTIVATION, offsetof(struct step, out) },
    { "q",             FIELD_ACTIVATION, offsetof(struct step, q) },
    { "k",             FIELD_ACTIVATION, offsetof(struct step, k) },
    { "v",             FIELD_ACTIVATION, offsetof(struct step, v) },
    { "array",         FIELD_ACTIVATION, offsetof(struct step, array) },
    { "kind",          FIELD_TEXT,       offsetof(struct step, kind) },
    { "weight",        FIELD_TEXT,       offsetof(struct step, weight_name) },
    { "bias",          FIELD_TEXT,       offsetof(struct step, bias_name) },
    { "other_weight",  FIELD_TEXT,       offsetof(struct step, other_weight_name) },
    { "attention",     FIELD_TEXT,       offsetof(struct step, attention_name) },
    { "table",         FIELD_TEXT,       offsetof(struct step, table_name) },
    { "sink",          FIELD_TEXT,       offsetof(struct step, sink_name) },
    { "q_norm",        FIELD_TEXT,       offsetof(struct step, q_norm.weight_name) },
    { "q_norm_bias",   FIELD_TEXT,       offsetof(struct step, q_norm.bias_name) },
    { "k_norm",        FIELD_TEXT,       offsetof(struct step, k_norm.weight_name) },
    { "k_norm_bias",   FIELD_TEXT,       offsetof(struct step, k_norm.bias_name) },
    { "layer",         FIELD_INTEGER,    offsetof(struct step, layer) },
    { "width",         FIELD_INTEGER,    offsetof(struct step, width) },
    { "rows",          FIELD_INTEGER,    offsetof(struct step, rows) },
    { "row",           FIELD_INTEGER,    offsetof(struct step, row) },
    { "offset",        FIELD_INTEGER,    offsetof(struct step, offset) },
    { "groups",        FIELD_INTEGER,    offsetof(struct step, groups) },
    { "times",         FIELD_INTEGER,    offsetof(struct step, times) },
    { "left_rows",     FIELD_RUNS,       offsetof(struct step, left_rows) },
    { "left_columns",  FIELD_RUNS,       offsetof(struct step, left_columns) },
    { "columns",       FIELD_RUNS,       offsetof(struct step, columns) },
    { "eps",           FIELD_NUMBER,     offsetof(struct step, eps) },
    { "weight_offset", FIELD_NUMBER,     offsetof(struct step, weight_offset) },
    { "factor",        FIELD_NUMBER,     offsetof(struct step, factor) },
    { "base",          FIELD_NUMBER,     offsetof(struct step, base) },
};

static const struct step empty_step = {
    .in = STEP_UNUSED, .with = STEP_UNUSED, .out = STEP_UNUSED,
    .q = STEP_UNUSED, .k = STEP_UNUSED, .v = STEP_UNUSED, .array = STEP_UNUSED,
    .groups = 1,
};

/* What the functions below share. */
struct reading {
    struct description *description;
    struct memory *memory;
    struct problem *problem;
};

static const char *step_owner(const struct step *step)
{
    return step->encoder ? "encoder " : "";
}

void description_place(const struct description *description, const struct step *step, char *text, size_t size)
{
    snprintf(text, size, "%s: %sstep %d (%s)", description->file, step_owner(step), step->number, step->operation->name);
}

static bool text_read(const struct reading *reading, const char **text, json_t *value, const char *what)
{
    if (!json_is_string(value))
        return problem_set(reading->problem, "%s: %s is not text", reading->description->file, what);
    *text = memory_text(reading->memory, json_string_value(value), reading->problem);
    return *text != NULL;
}

static bool integer_read(const struct reading *reading, int64_t *number, json_t *value, const char *what,
                         int64_t low, int64_t high)
{
    *number = json_integer_value(value);
    if (!json_is_integer(value) || *number < low || *number > high)
        return problem_set(reading->problem, "%s: %s is not a whole number from %" PRId64 " to %" PRId64,
                           reading->description->file, what, low, high);
    return true;
}

static bool number_read(const struct reading *reading, double *number, json_t *value, const char *what)
{
    *number = json_number_value(value);
    if (!json_is_number(value) || !isfinite(*number))
        return problem_set(reading->problem, "%s: %s is not a number", reading->description->file, what);
    return true;
}

/* The index of the activation called so, a new one if need be. */
static bool activation_read(const struct reading *reading, int *activation, json_t *value, const char *what)
{
    struct description *description = reading->description;
    const char *name;
    if (!text_read(reading, &name, value, what))
        return false;
    for (*activation = 0; *activation < description->activation_count; ++*activation)
        if (strcmp(description->activations[*activation], name) == 0)
            return true;
    if (*activation == DESCRIPTION_ACTIVATIONS)
        return problem_set(reading->problem, "%s: %s is one activation more than %d", description->file, what,
                           DESCRIPTION_ACTIVATIONS);
    description->activations[description->activation_count++] = name;
    return true;
}

static bool runs_read(const struct reading *reading, struct step_runs *runs, json_t *list, const char *what)
{
    const size_t count = json_array_size(list);
    if (!json_is_array(list) || count == 0 || count > DESCRIPTION_WIDTH)
        return problem_set(reading->problem, "%s: %s is not a list of 1 to %d lengths", reading->description->file, what,
                           DESCRIPTION_WIDTH);
    int64_t *lengths = memory_take(reading->memory, count, sizeof *lengths, reading->problem);
    for (size_t i = 0; lengths != NULL && i < count; i++)
        if (!integer_read(reading, &lengths[i], json_array_get(list, i), what, 0, DESCRIPTION_WIDTH))
            return false;
    *runs = (struct step_runs){ (int)count, lengths };
    return lengths != NULL;
}

static bool field_read(const struct reading *reading, struct step *step, const struct field *field,
                       json_t *value)
{
    char what[80];
    snprintf(what, sizeof what, "%sstep %d (%s): %s", step_owner(step), step->number, step->operation->name, field->name);
    void *place = (char *)step + field->place;
    switch (field->kind) {
    case FIELD_ACTIVATION: return activation_read(reading, place, value, what);
    case FIELD_TEXT:       return text_read(reading, place, value, what);
    case FIELD_INTEGER:    return integer_read(reading, place, value, what, 0, DESCRIPTION_WIDTH);
    case FIELD_NUMBER:     return number_read(reading, place, value, what);
    case FIELD_RUNS:       return runs_read(reading, place, value, what);
    }
    return false;
}

static const struct field *field_find(const char *name, size_t length)
{
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (strncmp(fields[i].name, name, length) == 0 && fields[i].name[length] == '\0')
            return &fields[i];
    return NULL;
}

/* Reads what the operation's list of fields names; *read counts the fields that were there. */
static bool fields_read(const struct reading *reading, struct step *step, json_t *object, size_t *read)
{
    const char *word = step->operation->fields;
    bool needed = true;
    for (*read = 0; *word != '\0'; word += strspn(word, " ?")) {
        const size_t length = strcspn(word, " ");
        const struct field *field = field_find(word, length);
        json_t *value = json_object_get(object, field->name);
        if (value == NULL && needed)
            return problem_set(reading->problem, "%s: %sstep %d (%s): no \"%s\"", reading->description->file,
                               step_owner(step), step->number, step->operation->name, field->name);
        if (value != NULL && !field_read(reading, step, field, value))
            return false;
        *read += value != NULL;
        word += length;
        needed = needed && strncmp(word, " ?", 2) != 0;
    }
    return true;
}

/* The step's number and whose it is are set. */
static bool step_read(const struct reading *reading, struct step *step, json_t *object)
{
    const char *file = reading->description->file;
    const char *name = json_string_value(json_object_get(object, "op"));
    if (name == NULL)
        return problem_set(reading->problem, "%s: %sstep %d has no \"op\"", file, step_owner(step), step->number);
    step->operation = operation_find(name);
    if (step->operation == NULL)
        return problem_set(reading->problem, "%s: %sstep %d: unknown op \"%.40s\"", file, step_owner(step),
                           step->number, name);
    size_t read;
    if (!fields_read(reading, step, object, &read))
        return false;
    if (read + 1 != json_object_size(object))
        return problem_set(reading->problem, "%s: %sstep %d (%s) has a field that it does not know; its fields are %s",
                           file, step_owner(step), step->number, name, step->operation->fields);
    return true;
}

/* Items of the list called name; -1 and a sentence when it is none or has not low .. high of them. */
static int list_length(const struct reading *reading, json_t *list, const char *name, int low, int high)
{
    const size_t length = json_array_size(list);
    if (json_is_array(list) && length >= (size_t)low && length <= (size_t)high)
        return (int)length;
    problem_set(reading->problem, "%s: \"%s\" is not a list of %d to %d items", reading->description->file, name,
                low, high);
    return -1;
}

static bool stack_read_steps(const struct reading *reading, struct description_stack *stack, json_t *list)
{
    const int count = list_length(reading, list, "steps", 1, DESCRIPTION_STEPS);
    if (count < 0)
        return false;
    stack->steps = memory_take(reading->memory, (size_t)count, sizeof *stack->steps, reading->problem);
    if (stack->steps == NULL)
        return false;
    for (; stack->step_count < count; stack->step_count++) {
        struct step *step = &stack->steps[stack->step_count];
        *step = empty_step;
        step->number = stack->step_count;
        step->encoder = stack == &reading->description->encoder;
        if (!step_read(reading, step, json_array_get(list, (size_t)step->number)))
            return false;
    }
    return true;
}

static bool stack_read_context(const struct reading *reading, struct description_stack *stack, json_t *value)
{
    return integer_read(reading, &stack->context, value, "context", 1, DESCRIPTION_CONTEXT);
}

static bool stack_read_vocab(const struct reading *reading, struct description_stack *stack, json_t *value)
{
    return integer_read(reading, &stack->vocab, value, "vocab", 1, DESCRIPTION_WIDTH);
}

static bool steps_read(const struct reading *reading, json_t *list)
{
    return stack_read_steps(reading, &reading->description->stack, list);
}

static bool encoder_read(const struct reading *reading, json_t *object)
{
    struct description_stack *encoder = &reading->description->encoder;
    if (!json_is_object(object) || json_object_size(object) != 3)
        return problem_set(reading->problem, "%s: encoder is no object of context, vocab and steps",
                           reading->description->file);
    return stack_read_context(reading, encoder, json_object_get(object, "context"))
        && stack_read_vocab(reading, encoder, json_object_get(object, "vocab"))
        && stack_read_steps(reading, encoder, json_object_get(object, "steps"));
}

static bool attentions_read(const struct reading *reading, json_t *object)
{
    struct description *description = reading->description;
    const size_t count = json_object_size(object);
    json_t *line;
    if (!json_is_object(object) || count > DESCRIPTION_ATTENTIONS)
        return problem_set(reading->problem, "%s: attentions is not an object of at most %d lines",
                           description->file, DESCRIPTION_ATTENTIONS);
    description->attentions = memory_take(reading->memory, count, sizeof *description->attentions, reading->problem);
    if (description->attentions == NULL)
        return false;
    const char *name;
    json_object_foreach(object, name, line) {
        struct description_attention *attention = &description->attentions[description->attention_count++];
        attention->name = memory_text(reading->memory, name, reading->problem);
        if (attention->name == NULL || !text_read(reading, &attention->line, line, name))
            return false;
    }
    return true;
}

static bool tokens_read(const struct reading *reading, json_t *list, const char *name, int32_t *tokens,
                        int *count)
{
    const int length = list_length(reading, list, name, 0, DESCRIPTION_TOKENS);
    for (*count = 0; *count < length; ++*count) {
        int64_t token;
        if (!integer_read(reading, &token, json_array_get(list, (size_t)*count), name, 0, DESCRIPTION_WIDTH))
            return false;
        tokens[*count] = (int32_t)token;
    }
    return length >= 0;
}

static bool bos_read(const struct reading *reading, json_t *list)
{
    return tokens_read(reading, list, "bos", reading->description->bos, &reading->description->bos_count);
}

static bool eos_read(const struct reading *reading, json_t *list)
{
    return tokens_read(reading, list, "eos", reading->description->eos, &reading->description->eos_count);
}

static bool prefixes_read(const struct reading *reading, json_t *list)
{
    struct description *description = reading->description;
    const int count = list_length(reading, list, "prefixes", 1, DESCRIPTION_PREFIXES);
    for (int i = 0; i < count; i++)
        if (!text_read(reading, &description->prefixes[i], json_array_get(list, (size_t)i), "prefixes"))
            return false;
    description->prefix_count = count;
    return count > 0;
}

/* The name becomes part of a symbol. */
static bool name_read(const struct reading *reading, json_t *value)
{
    struct description *description = reading->description;
    if (!text_read(reading, &description->name, value, "name"))
        return false;
    const char *c = description->name;
    while (isalnum((unsigned char)*c) || *c == '_')
        c++;
    if (*c != '\0' || c == description->name || c - description->name > 128)
        return problem_set(reading->problem, "%s: name \"%.128s\" is not a C identifier", description->file,
                           description->name);
    return true;
}

static bool context_read(const struct reading *reading, json_t *value)
{
    return stack_read_context(reading, &reading->description->stack, value);
}

static bool vocab_read(const struct reading *reading, json_t *value)
{
    return stack_read_vocab(reading, &reading->description->stack, value);
}

static bool causal_read(const struct reading *reading, json_t *value)
{
    reading->description->causal = json_is_true(value);
    return json_is_boolean(value)
        || problem_set(reading->problem, "%s: causal is not true or false", reading->description->file);
}

static bool output_read(const struct reading *reading, json_t *value)
{
    return activation_read(reading, &reading->description->output, value, "output");
}

static const struct entry {
    const char *name;
    bool (*read)(const struct reading *reading, json_t *value);
    bool optional;
} entries[] = {
    { "name",       name_read, false },
    { "context",    context_read, false },
    { "vocab",      vocab_read, false },
    { "causal",     causal_read, false },
    { "prefixes",   prefixes_read, false },
    { "bos",        bos_read, true },
    { "eos",        eos_read, true },
    { "attentions", attentions_read, false },
    { "encoder",    encoder_read, true },
    { "steps",      steps_read, false },
    { "output",     output_read, false },
};

enum { ENTRIES = sizeof entries / sizeof entries[0] };

static bool entry_known(const char *name)
{
    for (int i = 0; i < ENTRIES; i++)
        if (strcmp(entries[i].name, name) == 0)
            return true;
    return false;
}

static bool root_read(const struct reading *reading, json_t *root)
{
    const char *file = reading->description->file, *name;
    json_t *value;
    json_object_foreach(root, name, value)
        if (!entry_known(name))
            return problem_set(reading->problem, "%s: unknown entry \"%.80s\"", file, name);
    for (int i = 0; i < ENTRIES; i++) {
        value = json_object_get(root, entries[i].name);
        if (value == NULL && !entries[i].optional)
            return problem_set(reading->problem, "%s: no \"%s\"", file, entries[i].name);
        if (value != NULL && !entries[i].read(reading, value))
            return false;
    }
    return true;
}

bool description_read(struct description *description, const char *file, struct memory *memory,
                      struct problem *problem)
{
    struct mapping mapping;
    const struct reading reading = { description, memory, problem };
    description->file = memory_text(memory, file, problem);
    if (description->file == NULL || !mapping_open(&mapping, file, problem))
        return false;
    json_error_t error;
    json_t *root = json_loadb((const char *)mapping.bytes, mapping.size, JSON_REJECT_DUPLICATES, &error);
    mapping_close(&mapping);
    if (root == NULL)
        return problem_set(problem, "%s:%d: not JSON: %s", file, error.line, error.text);
    const bool read = root_read(&reading, root);
    json_decref(root);
    return read;
}
