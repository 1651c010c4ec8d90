#include <math.h>
#include <string.h>

#include "../base/fields.h"
#include "../expression/expression.h"
#include "../script/script.h"
#include "catalog_read.h"

enum {
    ISA      = 1 << CATALOG_ISA,
    MASK     = 1 << CATALOG_MASK,
    SCORE    = 1 << CATALOG_SCORE,
    NORM     = 1 << CATALOG_NORM,
    POSITION = 1 << CATALOG_POSITION,
    SCALING  = 1 << CATALOG_SCALING,
    CACHE    = 1 << CATALOG_CACHE,
    COMPUTE  = 1 << CATALOG_COMPUTE,
    LAYOUT   = 1 << CATALOG_LAYOUT,
    ACTIVATION = 1 << CATALOG_ACTIVATION,
    LIKE     = 1 << CATALOG_KINDS,                                     /* a target that is like another */
    CALLED   = MASK | SCORE | NORM | POSITION | SCALING | CACHE | COMPUTE | LAYOUT,     /* what a config can name with parameters */
    WORDS    = CALLED | ACTIVATION,                                    /* or without */
    TYPES    = CACHE | ACTIVATION,                                     /* how numbers are stored */
    CODED    = ISA | NORM | POSITION | LAYOUT | TYPES | COMPUTE,       /* what has a text that is emitted */
    PARAMETERS_MOST = 8
};

/* The fields of a descriptor: which kinds have them, and where they go. */
static const struct descriptor_field {
    const char *name;
    enum { FIELD_TEXT, FIELD_INTEGER, FIELD_FORMULA, FIELD_PARAMETERS, FIELD_ARRAYS } type;
    int kinds;
    bool required;
    size_t offset;                      /* in struct descriptor */
    struct field_limits limits;         /* of an integer */
} descriptor_fields[] = {
    { "name",             FIELD_TEXT,       ISA | LIKE | WORDS, true,  offsetof(struct descriptor, name),             { 0, 0 } },
    { "help",             FIELD_TEXT,       ISA | LIKE | WORDS, true,  offsetof(struct descriptor, help),             { 0, 0 } },
    { "parameters",       FIELD_PARAMETERS, CALLED,         false, offsetof(struct descriptor, parameters),       { 0, 0 } },
    { "sees",             FIELD_TEXT,       MASK,           true,  offsetof(struct descriptor, sees),             { 0, 0 } },
    { "changes",          FIELD_TEXT,       SCORE,          true,  offsetof(struct descriptor, changes),          { 0, 0 } },
    { "table",            FIELD_TEXT,       SCORE,          false, offsetof(struct descriptor, table),            { 0, 0 } },
    { "entry",            FIELD_FORMULA,    SCORE,          false, offsetof(struct descriptor, entry),            { 0, 0 } },
    { "entries",          FIELD_FORMULA,    SCORE,          false, offsetof(struct descriptor, entries),          { 0, 0 } },
    { "arrays",           FIELD_ARRAYS,     MASK | SCORE,   false, offsetof(struct descriptor, arrays),           { 0, 0 } },
    { "normed",           FIELD_TEXT,       NORM,           false, offsetof(struct descriptor, normed),           { 0, 0 } },
    { "code",             FIELD_TEXT,       CODED,          true,  offsetof(struct descriptor, code),             { 0, 0 } },
    { "stored",           FIELD_TEXT,       TYPES | COMPUTE,        true,  offsetof(struct descriptor, stored),           { 0, 0 } },
    { "bits",             FIELD_INTEGER,    TYPES,          true,  offsetof(struct descriptor, bits),             { 4, 32 } },
    { "scales",           FIELD_INTEGER,    CACHE,          false, offsetof(struct descriptor, scales),           { 0, 2 } },
    { "vector",           FIELD_TEXT,       TYPES,          true,  offsetof(struct descriptor, vector),           { 0, 0 } },
    { "keys",             FIELD_TEXT,       COMPUTE,        false, offsetof(struct descriptor, keys),             { 0, 0 } },
    { "values",           FIELD_TEXT,       COMPUTE,        false, offsetof(struct descriptor, values),           { 0, 0 } },
    { "pack",             FIELD_INTEGER,    COMPUTE,        true,  offsetof(struct descriptor, pack),             { 1, 4 } },
    { "product",          FIELD_TEXT,       COMPUTE,        true,  offsetof(struct descriptor, product),          { 0, 0 } },
    { "frequency",        FIELD_FORMULA,    SCALING,        true,  offsetof(struct descriptor, frequency),        { 0, 0 } },
    { "magnitude",        FIELD_FORMULA,    SCALING,        true,  offsetof(struct descriptor, magnitude),        { 0, 0 } },
    { "refuses",          FIELD_FORMULA,    SCALING,        false, offsetof(struct descriptor, refuses),          { 0, 0 } },
    { "lanes",            FIELD_INTEGER,    ISA,            true,  offsetof(struct descriptor, lanes),            { 1, 64 } },
    { "registers",        FIELD_INTEGER,    ISA,            true,  offsetof(struct descriptor, registers),        { 8, 64 } },
    { "halves",           FIELD_INTEGER,    ISA,            false, offsetof(struct descriptor, halves),           { 0, 1 } },
    { "header",           FIELD_TEXT,       ISA,            false, offsetof(struct descriptor, header),           { 0, 0 } },
    { "attribute",        FIELD_TEXT,       ISA | LIKE,     false, offsetof(struct descriptor, attribute),        { 0, 0 } },
    { "supported",        FIELD_TEXT,       ISA | LIKE,     true,  offsetof(struct descriptor, supported),        { 0, 0 } },
    { "preferred",        FIELD_TEXT,       ISA | LIKE,     false, offsetof(struct descriptor, preferred),        { 0, 0 } },
    { "requires_machine", FIELD_TEXT,       ISA,            false, offsetof(struct descriptor, requires_machine), { 0, 0 } },
    { "products",         FIELD_TEXT,       ISA | LIKE,     true,  offsetof(struct descriptor, products),         { 0, 0 } },
    { "computes",         FIELD_TEXT,       ISA | LIKE,     false, offsetof(struct descriptor, computes),         { 0, 0 } },
    { "like",             FIELD_TEXT,       ISA | LIKE,     false, offsetof(struct descriptor, like),             { 0, 0 } },
};

enum { DESCRIPTOR_FIELDS = sizeof descriptor_fields / sizeof descriptor_fields[0] };

/* Words inside a descriptor: parameter types at their index, then those of arrays. */
static const char *const words[] = {
    "integer", "number", "choice", "boolean", "numbers", "word", "array", "sequence", "head", "query", "key", NULL
};

enum { TYPE_WORDS = PARAMETER_WORD + 1 };

static const char *const parameter_fields[] = {
    "name", "help", "type", "min", "max", "multiple", "default", "choices", "of", NULL
};

/* Limits of parameters that give none: lengths stay below 2^24. */
static const struct field_limits integer_limits = { 0, EXPRESSION_KEYS };
static const struct field_limits number_limits = { -1e30, 1e30 };
static const struct field_limits any_number = { -INFINITY, INFINITY };

static bool parameter_read_type(struct parameter *parameter, const struct fields *fields)
{
    const struct value *type = value_field(fields->table, "type");
    for (unsigned i = 0; type != NULL && type->kind == VALUE_WORD && i < TYPE_WORDS; i++)
        if (strcmp(words[i], type->word) == 0) {
            parameter->type = i;
            return true;
        }
    return fields_refuse(fields, "type", "integer, number, choice, boolean, numbers or word");
}

static bool parameter_read_choices(struct parameter *parameter, const struct fields *fields)
{
    const struct value *choices = value_field(fields->table, "choices");
    if (choices == NULL || choices->kind != VALUE_TABLE || choices->item_count == 0)
        return fields_refuse(fields, "choices", "a list of names");
    const char **names = arena_alloc(fields->arena, (size_t)choices->item_count + 1, sizeof *names);
    for (int i = 0; i < choices->item_count; i++) {
        if (choices->items[i]->kind != VALUE_TEXT || !name_is_word(choices->items[i]->text))
            return fields_refuse(fields, "choices", "a list of names");
        names[i] = choices->items[i]->text;
    }
    parameter->choices = names;
    return fields_text(fields, "default", false, &parameter->default_choice);
}

static bool parameter_read_limits(struct parameter *parameter, const struct fields *fields)
{
    bool whole = parameter->type == PARAMETER_INTEGER;
    struct field_limits limits = whole ? integer_limits : number_limits;
    parameter->min = limits.min;
    parameter->max = limits.max;
    parameter->multiple = 1;
    return fields_number(fields, "min", false, any_number, &parameter->min)
        && fields_number(fields, "max", false, any_number, &parameter->max)
        && fields_integer(fields, "multiple", false, integer_limits, &parameter->multiple);
}

/* `of` names the words that may stand here, as `attngen list` does; the default is one of them. */
static bool parameter_read_word(struct parameter *parameter, const struct fields *fields)
{
    const char *of;
    if (!fields_text(fields, "of", true, &of) || !fields_text(fields, "default", false, &parameter->default_choice))
        return false;
    for (enum catalog_kind kind = CATALOG_MASK; kind < CATALOG_KINDS; kind++)
        if (strcmp(catalog_kind_name(kind), of) == 0) {
            parameter->kind = kind;
            return true;
        }
    return fields_refuse(fields, "of", "a kind of word, as `attngen list` calls it");
}

static bool parameter_read_boolean(struct parameter *parameter, const struct fields *fields)
{
    const struct value *value = value_field(fields->table, "default");
    if (value != NULL && value->kind != VALUE_BOOLEAN)
        return fields_refuse(fields, "default", "true or false");
    parameter->default_number = value != NULL && value->boolean;
    return true;
}

/* A number, or a text that names a field of the definition. */
static bool parameter_read_number(struct parameter *parameter, const struct fields *fields)
{
    const struct value *value = value_field(fields->table, "default");
    if (!parameter_read_limits(parameter, fields))
        return false;
    if (value != NULL && value->kind == VALUE_TEXT)
        return fields_text(fields, "default", true, &parameter->default_field);
    return fields_number(fields, "default", false, any_number, &parameter->default_number);
}

static bool parameter_read_numbers(struct parameter *parameter, const struct fields *fields)
{
    if (!parameter->required)
        return fields_refuse(fields, "default", "nothing: a list of numbers is always given");
    return parameter_read_limits(parameter, fields);
}

static bool parameter_read_default(struct parameter *parameter, const struct fields *fields)
{
    static bool (*const readers[])(struct parameter *, const struct fields *) = {
        [PARAMETER_INTEGER] = parameter_read_number,  [PARAMETER_NUMBER]  = parameter_read_number,
        [PARAMETER_CHOICE]  = parameter_read_choices, [PARAMETER_BOOLEAN] = parameter_read_boolean,
        [PARAMETER_NUMBERS] = parameter_read_numbers, [PARAMETER_WORD]    = parameter_read_word,
    };
    parameter->required = value_field(fields->table, "default") == NULL;
    return readers[parameter->type](parameter, fields);
}

static bool parameter_read(struct parameter *parameter, const struct value *table,
                           struct arena *arena, struct report *report)
{
    struct fields fields = { table, "parameters.", arena, report };
    if (table->kind != VALUE_TABLE) {
        report_error(report, table->where, "a parameter is %s; expected a table", value_describe(table, arena));
        return false;
    }
    return fields_known(&fields, parameter_fields)
        && fields_text(&fields, "name", true, &parameter->name)
        && fields_text(&fields, "help", true, &parameter->help)
        && parameter_read_type(parameter, &fields)
        && parameter_read_default(parameter, &fields);
}

static bool descriptor_read_parameters(struct descriptor *descriptor, const struct fields *fields)
{
    const struct value *list = value_field(fields->table, "parameters");
    if (list == NULL)
        return true;
    if (list->kind != VALUE_TABLE || list->field_count > 0 || list->item_count > PARAMETERS_MOST)
        return fields_refuse(fields, "parameters", "a list of at most %d tables", PARAMETERS_MOST);
    struct parameter *parameters = arena_alloc(fields->arena, (size_t)list->item_count, sizeof *parameters);
    for (int i = 0; i < list->item_count; i++)
        if (!parameter_read(&parameters[i], list->items[i], fields->arena, fields->report))
            return false;
    descriptor->parameters = parameters;
    descriptor->parameter_count = list->item_count;
    return true;
}

/* What they are like is read with a definition, which gives the parameters. */
static bool descriptor_read_arrays(struct descriptor *descriptor, const struct fields *fields)
{
    const struct value *table = value_field(fields->table, "arrays");
    if (table == NULL)
        return true;
    if (table->kind != VALUE_TABLE || table->item_count > 0 || table->field_count > EXPRESSION_ARRAYS)
        return fields_refuse(fields, "arrays", "a table of at most %d arrays: { doc = array { integer, key } }", EXPRESSION_ARRAYS);
    descriptor->arrays = table->fields;
    descriptor->array_count = table->field_count;
    return true;
}

/* A text of several lines stands in [[ ]] and starts below its name. */
static bool formula_read(struct formula *formula, const char *name, bool required, const struct fields *fields)
{
    const struct value *value = value_field(fields->table, name);
    formula->text = "";
    if (value != NULL && value->kind == VALUE_TEXT)
        formula->where = (struct where){ value->where.file, value->where.line + (strchr(value->text, '\n') != NULL) };
    return fields_text(fields, name, required, &formula->text);
}

static bool descriptor_read_field(struct descriptor *descriptor, const struct descriptor_field *field,
                                  const struct fields *fields)
{
    void *member = (char *)descriptor + field->offset;
    int64_t whole = 0;
    switch (field->type) {
    case FIELD_TEXT:
        *(const char **)member = "";
        return fields_text(fields, field->name, field->required, member);
    case FIELD_INTEGER:
        if (!fields_integer(fields, field->name, field->required, field->limits, &whole))
            return false;
        *(int *)member = (int)whole;
        return true;
    case FIELD_FORMULA:
        return formula_read(member, field->name, field->required, fields);
    case FIELD_PARAMETERS:
        return descriptor_read_parameters(descriptor, fields);
    case FIELD_ARRAYS:
        return descriptor_read_arrays(descriptor, fields);
    }
    return false;
}

static const char *const *descriptor_field_names(int kinds, struct arena *arena)
{
    const char **names = arena_alloc(arena, DESCRIPTOR_FIELDS + 1, sizeof *names);
    int count = 0;
    for (int i = 0; i < DESCRIPTOR_FIELDS; i++)
        if (descriptor_fields[i].kinds & kinds)
            names[count++] = descriptor_fields[i].name;
    return names;
}

/* A target that is like another says less than one that stands by itself. */
static bool descriptor_read(struct descriptor *descriptor, const struct fields *fields)
{
    const bool like = descriptor->kind == CATALOG_ISA && value_field(fields->table, "like") != NULL;
    const int kinds = like ? LIKE : 1 << descriptor->kind;
    bool good = !like || fields_known(fields, descriptor_field_names(kinds, fields->arena));
    for (int i = 0; i < DESCRIPTOR_FIELDS; i++)
        if (descriptor_fields[i].kinds & kinds)
            good = descriptor_read_field(descriptor, &descriptor_fields[i], fields) && good;
    descriptor->base = descriptor;
    return good;
}

/* `code = [[` stands alone on its line; the text starts on the next one. */
static int descriptor_text_line(const struct value *table, const char *name)
{
    const struct value *code = value_field(table, name);
    return code == NULL ? 0 : code->where.line + 1;
}

const struct descriptor *catalog_read(enum catalog_kind kind, const char *name, const char *path,
                                      const char *text, size_t length, struct arena *arena, struct report *report)
{
    struct script script = {
        .source = { path, text, length }, .words = words, .fields = descriptor_field_names(1 << kind, arena)
    };
    const struct value *table = script_run(&script, arena, report);
    if (table == NULL)
        return NULL;
    struct fields fields = { table, "", arena, report };
    struct descriptor *descriptor = arena_alloc(arena, 1, sizeof *descriptor);
    descriptor->kind = kind;
    descriptor->where = (struct where){ path, 0 };
    if (!descriptor_read(descriptor, &fields))
        return NULL;
    if (strcmp(descriptor->name, name) != 0) {
        fields_refuse(&fields, "name", "\"%s\", as the file is called", name);
        return NULL;
    }
    descriptor->where.line = value_field(table, "name")->where.line;
    descriptor->code_line = descriptor_text_line(table, "code");
    descriptor->vector_line = descriptor_text_line(table, "vector");
    descriptor->products_line = descriptor_text_line(table, "products");
    return descriptor;
}
