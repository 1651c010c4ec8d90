#include <string.h>

#include "../base/file.h"
#include "../model/config_text.h"
#include "../model/tree.h"
#include "../version.h"
#include "import.h"

enum { COMMENT_COLUMNS = 100 };

static bool field_was_read(const struct family *family, const char *name)
{
    const char *const *unread = family->unread;
    while (*unread != NULL && strcmp(*unread, name) != 0)
        unread++;
    return *unread == NULL;
}

/* The fields of the config.json that made the definitions and steps, with what they say, wrapped. */
static void print_read_fields(struct text *text, const struct family *family)
{
    static const char start[] = "--   read    ";
    size_t line = text->length;
    text_put(text, start);
    for (int i = 0; i < family->json->field_count; i++) {
        const struct field *field = &family->json->fields[i];
        if (!field_was_read(family, field->name))
            continue;
        struct text item = text_start(text->arena);
        text_format(&item, " %s ", field->name);
        config_text_value(&item, field->value);
        bool first = text->length - line == strlen(start);       /* which stays, however long it is */
        if (!first && text->length - line + item.length >= COMMENT_COLUMNS) {
            text_put(text, "\n");
            line = text->length;
            text_format(text, "--%*s", (int)strlen(start) - 2, "");
        }
        text_format(text, "%s,", item.data);
    }
    text_cut(text, text->length - 1);
    text_put(text, "\n");
}

static void print_head(struct text *text, const struct model *model, const struct family *family)
{
    text_format(text, "-- %s, imported by attngen %s.\n--\n--   from     ", model->name, ATTNGEN_VERSION);
    config_text_value(text, tree_text(family->converted ? family->origin : family->config, text->arena));
    text_format(text, "\n--   family   %s (%s)\n", family->name, family->file);
    print_read_fields(text, family);
}

void import_print(struct text *text, const struct model *model, const struct family *family, const char *path)
{
    const struct value *layers = value_field(family->rules, "layers");
    print_head(text, model, family);
    text_format(text, "\nname = \"%s\"\n", model->name);
    if (family->folder != NULL) {
        text_put(text, "weights = ");
        config_text_value(text, tree_text(file_from(path, family->origin, text->arena), text->arena));
        text_put(text, "\n");
    }
    text_put(text, "\n");
    config_text_attention(text, value_field(family->rules, "attention"));
    text_put(text, "\n");
    if (layers != NULL)
        config_text_layers(text, layers);
}

static bool import_write(const struct text *text, const char *path, struct report *report)
{
    if (path != NULL)
        return file_write(path, text->data, text->length, report, NULL);
    return fwrite(text->data, 1, text->length, stdout) == text->length;
}

int verb_import(const struct options *options)
{
    struct family family;
    struct model model;
    struct text text = text_start(options->arena);
    if (!family_takes(options->input)) {
        report_error(options->report, (struct where){ options->input, 0 },
                     "is neither a model folder nor a .json or .gguf file; expected one of them");
        return 2;
    }
    if (!family_read(&family, options->input, &options->catalog, options->arena, options->report)
        || !family_model(&model, &family, &options->catalog, options->arena, options->report))
        return 2;
    const char *path = options->text[OPTION_OUTPUT];
    import_print(&text, &model, &family, path != NULL ? path : "");
    return import_write(&text, path, options->report) ? 0 : 2;
}
