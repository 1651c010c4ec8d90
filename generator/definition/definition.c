#include <string.h>

#include "../base/file.h"
#include "../base/text.h"
#include "../script/script.h"
#include "definition_parts.h"

/* The model under construction. */
struct model_reader {
    const struct value *config;
    const struct catalog *catalog;
    struct fields fields;                /* of the config */
    int count;                           /* definitions as written, before equal ones become one */
    struct definition *written;          /* (count) */
    int *distinct;                       /* (count): index among the distinct ones */
    struct model *model;
};

static const char *const model_fields[] = { "name", "attention", "layers", "weights", NULL };

const char *const *definition_fields(void)
{
    return model_fields;
}

/* One more name at the end of a NULL-ended list with room for it, unless it is there. */
static void words_add(const char **words, const char *word)
{
    while (*words != NULL && strcmp(*words, word) != 0)
        words++;
    *words = word;
}

static size_t choices_count(const char *const *choices)
{
    size_t count = 0;
    while (choices != NULL && choices[count] != NULL)
        count++;
    return count;
}

static void words_add_choices(const char **words, const struct descriptor *descriptor)
{
    for (int i = 0; i < descriptor->parameter_count; i++)
        for (size_t c = 0; c < choices_count(descriptor->parameters[i].choices); c++)
            words_add(words, descriptor->parameters[i].choices[c]);
}

/* Words that no descriptor brings. */
static const char *const language[] = {
    "where", "expr", "zero", "per_head", "array", "boolean", "integer", "number", "sequence", "head", "query", "key",
    "softmax", "sigmoid", "zeros", "nan", "mean", "product", "scored", "masked", "normalized",
    "given", "tail_of_k", "naive", "absorbed"
};

static size_t words_room(const struct catalog *catalog)
{
    size_t room = sizeof language / sizeof *language + 1;
    for (enum catalog_kind kind = CATALOG_MASK; kind < CATALOG_KINDS; kind++)
        for (int i = 0; i < catalog->count[kind]; i++) {
            const struct descriptor *descriptor = &catalog->entries[kind][i];
            room++;
            for (int p = 0; p < descriptor->parameter_count; p++)
                room += choices_count(descriptor->parameters[p].choices);
        }
    return room;
}

const char *const *definition_words(const struct catalog *catalog, struct arena *arena)
{
    const char **words = arena_alloc(arena, words_room(catalog), sizeof *words);
    for (size_t i = 0; i < sizeof language / sizeof *language; i++)
        words_add(words, language[i]);
    for (enum catalog_kind kind = CATALOG_MASK; kind < CATALOG_KINDS; kind++)
        for (int i = 0; i < catalog->count[kind]; i++) {
            words_add(words, catalog->entries[kind][i].name);
            words_add_choices(words, &catalog->entries[kind][i]);
        }
    return words;
}

/* "tiny" for "configs/tiny.lua". */
static const char *file_base(const char *file, struct arena *arena)
{
    const char *slash = strrchr(file, '/');
    const char *base = slash == NULL ? file : slash + 1;
    return arena_copy(arena, base, strcspn(base, "."));
}

static bool read_name(struct model_reader *m)
{
    const struct fields *fields = &m->fields;
    const char *name = file_base(m->config->where.file, fields->arena);
    bool given = value_field(m->config, "name") != NULL;
    if (!fields_text(fields, "name", false, &name))
        return false;
    m->model->name = name;
    return name_is_identifier(name)
        || fields_refuse(fields, "name", given ? "a C identifier, such as \"tiny\""
                         : "a C identifier (the file's name is none, so it cannot stand in)");
}

static bool is_attention_field(const char *name)
{
    const char *const *field = definition_attention_fields();
    while (*field != NULL && strcmp(*field, name) != 0)
        field++;
    return *field != NULL;
}

/* Whether attention is a table of named definitions, rather than one definition. */
static bool is_named(const struct value *attention)
{
    for (int i = 0; i < attention->field_count; i++)
        if (attention->fields[i].value->kind != VALUE_TABLE || is_attention_field(attention->fields[i].name))
            return false;
    return attention->field_count > 0;
}

static bool read_attention(struct model_reader *m, const char *name, const struct value *table, const char *path)
{
    struct expression_arrays arrays = { 0 };
    struct definition_reader reader = { m->catalog, path, m->fields.arena, m->fields.report, &arrays };
    struct definition *definition = &m->written[m->count++];
    definition->name = name;
    return definition_read_attention(definition, table, &reader);
}

static bool read_named(struct model_reader *m, const struct value *attention)
{
    bool good = true;
    for (int i = 0; i < attention->field_count; i++) {
        const char *name = attention->fields[i].name;
        const struct value *table = attention->fields[i].value;
        if (!name_is_identifier(name)) {
            report_error(m->fields.report, table->where, "attention.%s: expected a C identifier as its name", name);
            good = false;
        } else
            good = read_attention(m, name, table, arena_format(m->fields.arena, "attention.%s.", name)) && good;
    }
    if (attention->item_count == 0)
        return good;
    report_error(m->fields.report, attention->items[0]->where, "attention[1] has no name; expected name = { ... }");
    return false;
}

static bool read_attentions(struct model_reader *m)
{
    const struct value *attention = value_field(m->config, "attention");
    if (attention == NULL || attention->kind != VALUE_TABLE)
        return fields_refuse(&m->fields, "attention", "a table: attention = { heads = ..., d_k = ... }");
    bool named = is_named(attention);
    int count = named ? attention->field_count : 1;
    if (count > DEFINITION_COUNT)
        return fields_refuse(&m->fields, "attention", "at most %d definitions", DEFINITION_COUNT);
    m->written = arena_alloc(m->fields.arena, (size_t)count, sizeof *m->written);
    return named ? read_named(m, attention) : read_attention(m, "attention", attention, "attention.");
}

/* The tighter of the bounds of two definitions that are the same. */
static void merge_bound(struct definition *definition, const struct definition *other)
{
    if (other->max_code == 0 || (definition->max_code > 0 && definition->max_code <= other->max_code))
        return;
    definition->max_code = other->max_code;
    definition->max_code_where = other->max_code_where;
}

/* Equal lines become one definition, the first. */
static void merge_definitions(struct model_reader *m)
{
    struct definition *definitions = arena_alloc(m->fields.arena, (size_t)m->count, sizeof *definitions);
    m->distinct = arena_alloc(m->fields.arena, (size_t)m->count, sizeof *m->distinct);
    int distinct = 0;
    for (int i = 0; i < m->count; i++) {
        int same = 0;
        while (same < distinct && strcmp(definitions[same].line, m->written[i].line) != 0)
            same++;
        if (same == distinct)
            definitions[distinct++] = m->written[i];
        merge_bound(&definitions[same], &m->written[i]);
        m->distinct[i] = same;
    }
    m->model->definitions = definitions;
    m->model->definition_count = distinct;
}

bool definition_read(struct model *model, const struct value *config, const struct catalog *catalog,
                     struct arena *arena, struct report *report)
{
    struct model read = { .file = config->where.file };
    struct model_reader m = {
        .config = config, .catalog = catalog, .fields = { config, "", arena, report }, .model = &read
    };
    bool good = fields_known(&m.fields, model_fields);
    good = read_name(&m) && good;
    good = fields_text(&m.fields, "weights", false, &read.weights) && good;
    if (!read_attentions(&m))
        return false;
    merge_definitions(&m);
    const struct definition_written written = { m.count, m.written, m.distinct };
    if (!definition_read_layers(&read, &m.fields, &written) || !good)
        return false;
    *model = read;
    return true;
}

void definition_use_pages(struct model *model, const struct catalog *catalog, struct arena *arena)
{
    struct definition *definitions = arena_alloc(arena, (size_t)model->definition_count, sizeof *definitions);
    for (int i = 0; i < model->definition_count; i++) {
        definitions[i] = model->definitions[i];
        if (strcmp(definitions[i].layout->name, "contiguous") != 0)
            continue;
        definitions[i].layout = catalog_find(catalog, CATALOG_LAYOUT, "paged");
        definitions[i].layout_argument[0] = (struct argument){ .number = definitions[i].layout->parameters[0].default_number };
        definitions[i].page_tokens = (int)definitions[i].layout_argument[0].number;
        definitions[i].line = definition_line(&definitions[i], arena);
    }
    model->definitions = definitions;
}

bool definition_read_file(struct model *model, const char *file, const struct catalog *catalog,
                          struct arena *arena, struct report *report)
{
    size_t length;
    const char *text = file_read(file, SCRIPT_SOURCE_BYTES, &length, arena, report);
    if (text == NULL)
        return false;
    struct script script = {
        .source = { file, text, length }, .words = definition_words(catalog, arena), .fields = model_fields
    };
    const struct value *config = script_run(&script, arena, report);
    return config != NULL && definition_read(model, config, catalog, arena, report);
}
