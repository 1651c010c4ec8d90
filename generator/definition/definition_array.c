#include <string.h>

#include "../catalog/argument.h"
#include "../script/formula.h"
#include "definition_parts.h"

/* An array on its way from its word: array { integer { min = 0, max = 31 }, sequence, key }. */
struct array_reader {
    const struct value *word;
    const char *path;                     /* "attention.mask.doc" */
    const struct template_values *sizes;  /* what a descriptor's sizes are computed from, or NULL */
    struct expression_array *array;
    const struct definition_reader *reader;
};

/* The index of the word among names, the first count of them; -1 when it is none. */
static int word_find(const struct value *word, const char *(*name)(int), int count)
{
    for (int i = 0; i < count && word->kind == VALUE_WORD; i++)
        if (strcmp(word->word, name(i)) == 0)
            return i;
    return -1;
}

static const char *type_name(int type)
{
    return expression_type_name((enum expression_type)type);
}

static const char *axis_name(int axis)
{
    return expression_axis_name((enum expression_axis)axis);
}

static bool array_refuse(const struct array_reader *r, const struct value *value, const char *expected)
{
    report_error(r->reader->report, value->where, "%s: found %s; expected %s", r->path,
                 value_describe(value, r->reader->arena), expected);
    return false;
}

/* integer { min = 0, max = 31 } */
static bool range_read(const struct array_reader *r, const struct value *type)
{
    static const char *const known[] = { "min", "max", NULL }, *const none[] = { NULL };
    static const struct field_limits limits = { -INT32_MAX, INT32_MAX };
    const struct fields fields = { type, arena_format(r->reader->arena, "%s.", r->path), r->reader->arena, r->reader->report };
    struct expression_array *array = r->array;
    if (array->type != EXPRESSION_INTEGER)
        return fields_known(&fields, none);
    array->low = -EXPRESSION_WHOLE;
    array->high = EXPRESSION_WHOLE;
    if (!fields_known(&fields, known) || !fields_integer(&fields, "min", false, limits, &array->low)
        || !fields_integer(&fields, "max", false, limits, &array->high))
        return false;
    return array->low <= array->high || array_refuse(r, type, "a min of at most max");
}

/* A size: a whole number, or in a descriptor what a text computes from its parameters. */
static bool size_read(const struct array_reader *r, const struct value *value, int *size)
{
    double number = value->number;
    if (value->kind == VALUE_TEXT && r->sizes != NULL) {
        const struct formula formula = { arena_format(r->reader->arena, "return %s", value->text), value->where };
        if (!formula_numbers(&formula, r->sizes, &number, 1, r->reader->arena, r->reader->report))
            return false;
    } else if (value->kind != VALUE_INTEGER)
        return array_refuse(r, value, "sequence, head, query, key or a size");
    if (!(number >= 1.0 && number <= EXPRESSION_KEYS))
        return array_refuse(r, value, "a size from 1 to 16777216");
    *size = (int)number;
    return true;
}

static bool axis_read(const struct array_reader *r, const struct value *value)
{
    struct expression_array *array = r->array;
    const int word = word_find(value, axis_name, EXPRESSION_AXIS_SIZE);
    array->axis[array->axes] = word < 0 ? EXPRESSION_AXIS_SIZE : (enum expression_axis)word;
    return (word >= 0 || size_read(r, value, &array->size[array->axes])) && ++array->axes > 0;
}

static bool parts_read(const struct array_reader *r)
{
    const struct value *word = r->word;
    const int type = word->item_count > 0 ? word_find(word->items[0], type_name, EXPRESSION_NUMBER + 1) : -1;
    if (type < 0 || word->field_count > 0)
        return array_refuse(r, word->item_count > 0 ? word->items[0] : word, "boolean, integer or number, then axes");
    if (word->item_count < 2 || word->item_count > 1 + EXPRESSION_AXES) {
        report_error(r->reader->report, word->where, "%s: found %d axes; expected one to four of sequence, head, query, key or a size",
                     r->path, word->item_count - 1);
        return false;
    }
    r->array->type = (enum expression_type)type;
    if (!range_read(r, word->items[0]))
        return false;
    for (int i = 1; i < word->item_count; i++)
        if (!axis_read(r, word->items[i]))
            return false;
    return true;
}

/* One name is one array in the whole definition. */
static bool array_declare(const struct array_reader *r)
{
    struct expression_arrays *declared = r->reader->arrays;
    const int found = expression_array_find(declared, r->array->name);
    if (expression_array_add(declared, r->array) >= 0)
        return true;
    if (found >= 0)
        report_error(r->reader->report, r->word->where, "%s is declared twice, and not as the same array", r->path);
    else
        report_error(r->reader->report, r->word->where, "%s is one array too many; expected at most %d", r->path, EXPRESSION_ARRAYS);
    return false;
}

bool definition_read_array(struct expression_name *name, const struct field *field, const char *path,
                           const struct template_values *sizes, const struct definition_reader *reader)
{
    struct expression_array *array = arena_alloc(reader->arena, 1, sizeof *array);
    const struct array_reader r = { field->value, arena_format(reader->arena, "%s%s", path, field->name), sizes, array, reader };
    if (field->value->kind != VALUE_WORD || strcmp(field->value->word, "array") != 0)
        return array_refuse(&r, field->value, "array { integer, key }, or the like");
    if (strlen(field->name) >= EXPRESSION_NAME) {
        report_error(reader->report, field->value->where, "%s: the name of an array has at most %d letters", r.path,
                     EXPRESSION_NAME - 1);
        return false;
    }
    memcpy(array->name, field->name, strlen(field->name) + 1);
    *name = (struct expression_name){ .name = field->name, .kind = EXPRESSION_NAME_ARRAY, .array = array };
    return parts_read(&r) && array_declare(&r);
}

bool definition_read_arrays(struct expression_name *names, const struct descriptor *descriptor, const struct argument *arguments,
                            const struct definition_reader *reader)
{
    struct template_values sizes = { 0 };
    for (int i = 0; i < descriptor->parameter_count; i++)
        argument_set(&sizes, descriptor->parameters[i].name, &descriptor->parameters[i], &arguments[i]);
    const char *path = arena_format(reader->arena, "%s%s.", reader->path, descriptor->name);
    for (int i = 0; i < descriptor->array_count; i++)
        if (!definition_read_array(&names[i], &descriptor->arrays[i], path, &sizes, reader))
            return false;
    return true;
}

/* The arrays that an expression uses, behind those that are there. */
static void arrays_collect(struct expression_arrays *arrays, const struct expression *expression)
{
    for (int i = 0; i < expression->arrays.count; i++)
        expression_array_add(arrays, &expression->arrays.list[i]);
}

/* All of them have been declared together, so there is room. */
void definition_order_arrays(struct definition *definition)
{
    definition->arrays = (struct expression_arrays){ 0 };
    arrays_collect(&definition->arrays, &definition->mask);
    arrays_collect(&definition->arrays, &definition->score);
    expression_order_arrays(&definition->mask, &definition->arrays);
    expression_order_arrays(&definition->score, &definition->arrays);
}
