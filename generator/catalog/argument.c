#include "argument.h"

#include "../model/tree.h"

static void print_numbers(struct text *text, struct numbers numbers)
{
    for (int i = 0; i < numbers.count; i++) {
        text_put(text, i > 0 ? "," : "");
        text_number(text, numbers.list[i]);
    }
}

void argument_print(struct text *text, const struct parameter *parameter, const struct argument *argument)
{
    switch (parameter->type) {
    case PARAMETER_INTEGER:
    case PARAMETER_NUMBER:  text_number(text, argument->number); break;
    case PARAMETER_CHOICE:  text_put(text, argument->choice); break;
    case PARAMETER_BOOLEAN: text_put(text, argument->number != 0 ? "true" : "false"); break;
    case PARAMETER_NUMBERS: print_numbers(text, argument->numbers); break;
    case PARAMETER_WORD:    text_put(text, argument->word->name); break;
    }
}

void argument_set(struct template_values *values, const char *name, const struct parameter *parameter,
                  const struct argument *argument)
{
    switch (parameter->type) {
    case PARAMETER_INTEGER: template_set_integer(values, name, (int64_t)argument->number); break;
    case PARAMETER_NUMBER:  template_set_number(values, name, argument->number); break;
    case PARAMETER_CHOICE:  template_set_text(values, name, argument->choice); break;
    case PARAMETER_BOOLEAN: template_set_boolean(values, name, argument->number != 0); break;
    case PARAMETER_NUMBERS: template_set_numbers(values, name, argument->numbers); break;
    case PARAMETER_WORD:    template_set_text(values, name, argument->word->name); break;
    }
}

static struct value *numbers_value(struct numbers numbers, struct arena *arena)
{
    struct value *list = tree_table(arena);
    for (int i = 0; i < numbers.count; i++)
        tree_append(list, tree_number(numbers.list[i], arena), arena);
    return list;
}

struct value *argument_value(const struct parameter *parameter, const struct argument *argument, struct arena *arena)
{
    switch (parameter->type) {
    case PARAMETER_INTEGER:
    case PARAMETER_NUMBER:  break;
    case PARAMETER_CHOICE:  return tree_text(argument->choice, arena);
    case PARAMETER_BOOLEAN: return tree_boolean(argument->number != 0, arena);
    case PARAMETER_NUMBERS: return numbers_value(argument->numbers, arena);
    case PARAMETER_WORD:    return tree_text(argument->word->name, arena);
    }
    return tree_number(argument->number, arena);
}
