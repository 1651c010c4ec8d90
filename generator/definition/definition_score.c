#include <string.h>

#include "../catalog/argument.h"
#include "../script/formula.h"
#include "definition_parts.h"

/* What reading scores needs. */
struct score_reader {
    const struct definition_reader *reader;
    const struct definition *definition;
};

static bool score_parse(struct expression *score, const char *text, const struct expression_name *names, int count,
                        struct where where, const struct score_reader *r)
{
    struct expression_error error = { .column = 0 };
    if (!expression_parse_score(score, text, names, count, r->definition->heads, &error))
        report_error(r->reader->report, where, "%sscore: %s (column %d of \"%.80s%s\")", r->reader->path, error.text,
                     error.column, text, strlen(text) > 80 ? "..." : "");
    else if (!expression_uses_score(score))
        report_error(r->reader->report, where, "%sscore: \"%.80s\" does not use s, so q and k would not matter",
                     r->reader->path, text);
    else
        return true;
    return false;
}

/* expr "s - slope * abs(q - k)" { slope = 0.5 } */
static bool expr_read(struct expression *score, const struct value *word, const struct score_reader *r)
{
    struct expression_name names[DEFINITION_NAMES];
    const char *text = definition_read_text(word, "score", "expr \"s * 2\"", r->reader);
    return text != NULL && definition_read_names(names, word, "score", text, true, r->reader)
        && score_parse(score, text, names, word->field_count, word->where, r);
}

/* The descriptor's table: its entries by their formula, one a head unless another formula says how many. */
static bool table_read(struct expression_name *name, const struct descriptor *descriptor, const struct argument *arguments,
                       const struct score_reader *r)
{
    struct template_values values = { 0 };
    double count = r->definition->heads;
    template_set_integer(&values, "heads", r->definition->heads);
    for (int i = 0; i < descriptor->parameter_count; i++)
        argument_set(&values, descriptor->parameters[i].name, &descriptor->parameters[i], &arguments[i]);
    if (descriptor->entries.text[0] != '\0'
        && !formula_numbers(&descriptor->entries, &values, &count, 1, r->reader->arena, r->reader->report))
        return false;
    const int entry_count = count >= 1.0 && count <= EXPRESSION_VALUES ? (int)count : EXPRESSION_VALUES;
    double *entries = arena_alloc(r->reader->arena, (size_t)entry_count, sizeof *entries);
    *name = (struct expression_name){
        .name = descriptor->table, .kind = EXPRESSION_NAME_TABLE, .values = entries, .count = entry_count
    };
    return formula_numbers(&descriptor->entry, &values, entries, entry_count, r->reader->arena, r->reader->report);
}

/* A parameter of whole numbers stays one: // and % take it. */
static struct expression_name parameter_name(const struct parameter *parameter, const struct argument *argument)
{
    const bool whole = parameter->type == PARAMETER_INTEGER;
    return (struct expression_name){
        .name = parameter->name, .kind = whole ? EXPRESSION_NAME_INTEGER : EXPRESSION_NAME_NUMBER,
        .value = whole ? (int64_t)argument->number : 0, .number = argument->number
    };
}

/* A descriptor's expression, its parameters given. */
static bool described_read(struct expression *score, const struct descriptor *descriptor, const struct value *word,
                           const struct score_reader *r)
{
    struct argument arguments[DEFINITION_PARAMETERS];
    struct expression_name names[DEFINITION_PARAMETERS + 1 + EXPRESSION_ARRAYS];
    int count = 0;
    if (!definition_read_arguments(arguments, descriptor, "score", word, r->definition, r->reader))
        return false;
    for (; count < descriptor->parameter_count; count++)
        names[count] = parameter_name(&descriptor->parameters[count], &arguments[count]);
    if (descriptor->table[0] != '\0' && !table_read(&names[count++], descriptor, arguments, r))
        return false;
    return definition_read_arrays(names + count, descriptor, arguments, r->reader)
        && score_parse(score, descriptor->changes, names, count + descriptor->array_count, descriptor->where, r);
}

/* One step of the pipeline. */
static bool step_read(struct expression *score, const struct value *value, const struct score_reader *r)
{
    const bool word = value->kind == VALUE_WORD;
    const struct descriptor *descriptor = word ? catalog_find(r->reader->catalog, CATALOG_SCORE, value->word) : NULL;
    if (word && strcmp(value->word, "expr") == 0)
        return expr_read(score, value, r);
    if (descriptor != NULL)
        return described_read(score, descriptor, value, r);
    report_error(r->reader->report, value->where, "%sscore is %s; expected %s, or a list of them", r->reader->path,
                 value_describe(value, r->reader->arena), definition_choices(CATALOG_SCORE, "expr", r->reader->arena));
    return false;
}

/* The step after what is there so far. */
static bool step_add(struct expression *score, const struct value *value, const struct score_reader *r)
{
    struct expression *step = arena_alloc(r->reader->arena, 2, sizeof *step), *sum = &step[1];
    struct expression_error error = { .column = 0 };
    if (!step_read(step, value, r))
        return false;
    if (!expression_substitute(sum, step, score, r->definition->heads, &error)) {
        report_error(r->reader->report, value->where, "%sscore: %s", r->reader->path, error.text);
        return false;
    }
    *score = *sum;
    return true;
}

bool definition_read_score(struct definition *definition, const struct value *value, const struct definition_reader *reader)
{
    struct score_reader r = { reader, definition };
    const bool list = value != NULL && value->kind == VALUE_TABLE;
    if (!score_parse(&definition->score, "s", NULL, 0, definition->where, &r))
        return false;
    if (value == NULL)
        return true;
    if (!list)
        return step_add(&definition->score, value, &r);
    for (int i = 0; i < value->item_count; i++)
        if (!step_add(&definition->score, value->items[i], &r))
            return false;
    if (value->item_count > 0 && value->field_count == 0)
        return true;
    report_error(reader->report, value->where, "%sscore is a table without steps; expected { softcap(50), ... }", reader->path);
    return false;
}

bool definition_has_score(const struct definition *definition)
{
    return definition->score.count != 1 || definition->score.nodes[0].op != EXPRESSION_SCORE;
}
