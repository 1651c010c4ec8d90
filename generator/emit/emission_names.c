/*
** Names in an emitted file: what its functions are called follows from what the model and its
** definitions are called, and no two of them may be the same.
*/
#include <string.h>

#include "box_c.h"
#include "emission.h"

static bool is_of_name(char c)
{
    return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/*
** Functions are named NAME_DEFINITION: of definitions x and key_x, read_key of the one and read of the other are both
** read_key_x. The first name that is made so, or NULL; `longer` is `shorter` behind more words.
*/
static const char *private_name_twice(const struct emission *e, const char *longer, const char *shorter)
{
    const size_t more = strlen(longer) - strlen(shorter);
    const char *tail = arena_format(e->arena, "_%.*s%s", (int)more, longer, longer);      /* _key_key_x */
    for (const char *at = strstr(e->source.data, tail); at != NULL; at = strstr(at + 1, tail)) {
        const char *start = at, *end = at + strlen(tail);
        while (start > e->source.data && is_of_name(start[-1]))
            start--;
        while (is_of_name(*end))
            end++;
        const char *name = arena_format(e->arena, "%.*s%.*s", (int)(at - start), start, (int)(end - at - (int)more), at + more);
        if (box_names(e->source.data, name))
            return name;
    }
    return NULL;
}

static bool private_names_agree(struct emission *e)
{
    const struct definition *definitions = e->model->definitions;
    for (int i = 0; i < e->model->definition_count; i++)
        for (int j = 0; j < e->model->definition_count; j++) {
            const char *longer = definitions[i].name, *shorter = definitions[j].name;
            const size_t length = strlen(longer), rest = strlen(shorter);
            if (length < rest + 2 || longer[length - rest - 1] != '_' || strcmp(longer + length - rest, shorter) != 0)
                continue;
            const char *name = private_name_twice(e, longer, shorter);
            if (name == NULL)
                continue;
            report_error(e->report, definitions[i].where, "the names %s and %s make the function %s, twice; choose another",
                         shorter, longer, name);
            return false;
        }
    return true;
}

/* Public names: what the model and its definitions are called must not name them twice, nor something inside of the file. */
static bool public_names_agree(struct emission *e)
{
    static const char *const suffixes[] = { "", "_write", "_prefill", "_decode", "_outputs" };
    const struct model *model = e->model;
    struct text names = text_start(e->arena);
    text_format(&names, " %s_kernels ", model->name);
    for (int i = 0; i < model->definition_count; i++)
        for (size_t s = 0; s < sizeof suffixes / sizeof *suffixes; s++) {
            const char *name = arena_format(e->arena, "%s_%s%s", model->name, model->definitions[i].name, suffixes[s]);
            if (box_names(names.data, name) || box_names(e->source.data, name)) {
                report_error(e->report, model->definitions[i].where,
                             "the names %s and %s make the function %s, which there is already; choose another",
                             model->name, model->definitions[i].name, name);
                return false;
            }
            text_format(&names, " %s ", name);
        }
    return true;
}

bool emission_names_agree(struct emission *e)
{
    return private_names_agree(e) && public_names_agree(e);
}
