#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/fields.h"
#include "../base/text.h"
#include "../catalog/embedded.h"
#include "../script/script.h"
#include "family.h"
#include "gguf.h"
#include "json.h"
#include "tree.h"

enum {
    NAME_BYTES = 63,                 /* of a model's name: a C identifier */
    PRELUDES = 3                     /* files that run before a family's */
};

static const char families_prefix[] = "configs/families/";
static const char *const prelude_files[PRELUDES] = { "_fields.lua", "_rope.lua", "_steps.lua" };
static const char config_base[] = "config.json", config_ending[] = ".json";

/* What a family assigns. attention and layers are left to definition.c. */
static const struct rule {
    const char *name;
    enum value_kind kind;
    bool required;
    const char *expected;
} rules[] = {
    { "attention",     VALUE_TABLE,   true,  "a table" },
    { "layers",        VALUE_INTEGER, false, NULL },
    { "context",       VALUE_INTEGER, true,  "a whole number" },
    { "vocab",         VALUE_INTEGER, true,  "a whole number" },
    { "bos",           VALUE_TABLE,   true,  "a list of token ids" },
    { "eos",           VALUE_TABLE,   true,  "a list of token ids" },
    { "prefixes",      VALUE_TABLE,   true,  "a list of texts" },
    { "bidirectional", VALUE_BOOLEAN, false, "true or false" },
    { "encoder",       VALUE_TABLE,   false, "a table of context, vocab and steps" },
    { "steps",         VALUE_TABLE,   true,  "a list of steps" },
    { "output",        VALUE_TEXT,    true,  "the name of an activation" },
    { "harmless",      VALUE_TABLE,   true,  "a list of names" },
    { "missing",       VALUE_TEXT,    false, "a text" },
};

enum { RULES = sizeof rules / sizeof rules[0] };

/* What the functions below share. */
struct family_reader {
    struct family *family;
    const struct catalog *catalog;
    struct arena *arena;
    struct report *report;
};

static bool path_is_directory(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

bool family_takes(const char *input)
{
    size_t length = strlen(input), ending = strlen(config_ending);
    return path_is_directory(input) || gguf_takes(input)
        || (length > ending && strcmp(input + length - ending, config_ending) == 0);
}

static const char *path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static const char *config_in(const struct family_reader *reader, const char *folder)
{
    return arena_format(reader->arena, "%s/%s", folder, config_base);
}

/* A folder's config.json; without one, its GGUF file takes its place. */
static void locate_in_folder(const struct family_reader *reader, const char *input)
{
    struct family *family = reader->family;
    size_t length = strlen(input);
    while (length > 1 && input[length - 1] == '/')
        length--;
    family->folder = family->origin = arena_copy(reader->arena, input, length);
    family->config = config_in(reader, family->folder);
    const char *file = access(family->config, F_OK) == 0 ? NULL : gguf_in_folder(family->folder, reader->arena, reader->report);
    if (file != NULL)
        family->origin = file;
}

/* A config.json's folder; a file of another name has none. */
static void locate_file(const struct family_reader *reader, const char *input)
{
    struct family *family = reader->family;
    const char *base = path_base(input);
    const size_t length = (size_t)(base - input);
    family->config = family->origin = input;
    if (strcmp(base, config_base) == 0)
        family->folder = family->origin = length == 0 ? "." : arena_copy(reader->arena, input, length > 1 ? length - 1 : 1);
}

/* Finds the config.json and its folder, which a GGUF file is converted to. */
static bool family_locate(const struct family_reader *reader, const char *input)
{
    struct family *family = reader->family;
    if (path_is_directory(input))
        locate_in_folder(reader, input);
    else
        locate_file(reader, input);
    family->converted = gguf_takes(family->origin) && !path_is_directory(family->origin);
    if (!family->converted)
        return true;
    family->folder = gguf_folder(family->origin, GGUF_CONFIG, reader->arena, reader->report);
    if (family->folder == NULL)
        return false;
    family->config = config_in(reader, family->folder);
    return true;
}

bool family_convert(struct family *family, struct arena *arena, struct report *report)
{
    return !family->converted || gguf_folder(family->origin, GGUF_WEIGHTS, arena, report) != NULL;
}

/* The families' names, NULL-ended. */
static const char **family_names(struct arena *arena)
{
    int files, count = 0;
    const struct embedded_file *file = embedded_under(families_prefix, &files);
    const char **names = arena_alloc(arena, (size_t)files + 1, sizeof *names);
    for (int i = 0; i < files; i++) {
        const char *name = file[i].name + strlen(families_prefix);
        if (name[0] != '_')
            names[count++] = arena_copy(arena, name, strcspn(name, "."));
    }
    return names;
}

static bool family_unknown(const struct family_reader *reader, const char *type)
{
    const char *nearest = report_nearest(type, family_names(reader->arena));
    const char *meant = nearest == NULL ? "" : arena_format(reader->arena, " (did you mean '%s'?)", nearest);
    report_error(reader->report, (struct where){ reader->family->config, 0 },
                 "model_type is \"%.60s\"%s; expected one of `attngen list families`", type, meant);
    return false;
}

/* The file of rules for the config's model_type, or NULL after a report. */
static const struct embedded_file *family_find(const struct family_reader *reader)
{
    struct family *family = reader->family;
    struct fields fields = { family->json, "", reader->arena, reader->report };
    const char *type = NULL;
    if (!fields_text(&fields, "model_type", true, &type))
        return NULL;
    family->file = arena_format(reader->arena, "%s%s.lua", families_prefix, type);
    family->name = type;
    const struct embedded_file *file = type[0] == '_' ? NULL : embedded_find(family->file);
    if (file == NULL)
        family_unknown(reader, type);
    return file;
}

static const char *const *rule_names(struct arena *arena)
{
    const char **names = arena_alloc(arena, RULES + 1, sizeof *names);
    for (int i = 0; i < RULES; i++)
        names[i] = rules[i].name;
    return names;
}

/* Mistakes in the family's own file. */
static bool rules_check(const struct family_reader *reader)
{
    struct fields fields = { reader->family->rules, "", reader->arena, reader->report };
    bool good = true;
    for (int i = 0; i < RULES; i++) {
        const struct value *value = value_field(fields.table, rules[i].name);
        bool wrong = value == NULL ? rules[i].required : rules[i].expected != NULL && value->kind != rules[i].kind;
        good = !(wrong && !fields_refuse(&fields, rules[i].name, "%s", rules[i].expected)) && good;
    }
    return good;
}

static bool field_is_harmless(const struct family *family, const char *field)
{
    const struct value *harmless = value_field(family->rules, "harmless");
    for (int i = 0; i < harmless->item_count; i++)
        if (harmless->items[i]->kind == VALUE_TEXT && strcmp(harmless->items[i]->text, field) == 0)
            return true;
    return false;
}

/* No field of the config.json went unnoticed that could change the result. */
static bool unread_check(const struct family_reader *reader)
{
    const struct family *family = reader->family;
    bool good = true;
    for (const char *const *field = family->unread; *field != NULL; field++)
        if (!field_is_harmless(family, *field)) {
            report_error(reader->report, (struct where){ family->config, 0 },
                         "field \"%.80s\" is not understood by the %s family, and could change the result; "
                         "%s would have to read it", *field, family->name, family->file);
            good = false;
        }
    return good;
}

static bool rules_run(const struct family_reader *reader, const struct embedded_file *file)
{
    struct family *family = reader->family;
    struct script script = {
        .source = { file->name, file->text, file->length },
        .words = definition_words(reader->catalog, reader->arena), .fields = rule_names(reader->arena),
        .given_name = "json", .given = family->json
    };
    for (int i = 0; i < PRELUDES; i++) {
        const struct embedded_file *prelude =
            embedded_find(arena_format(reader->arena, "%s%s", families_prefix, prelude_files[i]));
        script.preludes[i] = (struct script_source){ prelude->name, prelude->text, prelude->length };
    }
    family->rules = script_run(&script, reader->arena, reader->report);
    family->unread = script.unread;
    return family->rules != NULL && rules_check(reader) && unread_check(reader);
}

bool family_read(struct family *family, const char *input, const struct catalog *catalog,
                 struct arena *arena, struct report *report)
{
    struct family read = { .name = NULL };
    struct family_reader reader = { &read, catalog, arena, report };
    if (!family_locate(&reader, input))
        return false;
    read.json = json_read(read.config, arena, report);
    if (read.json == NULL)
        return false;
    const struct embedded_file *file = family_find(&reader);
    if (file == NULL || !rules_run(&reader, file))
        return false;
    *family = read;
    return true;
}

/* "llama_3_8b" for the folder "models/Llama-3-8B" or the file "llama-3-8b.json" or .gguf: an identifier by force. */
static const char *family_model_name(const struct family *family, struct arena *arena)
{
    char *whole = realpath(family->origin, NULL);                                      /* "." has a name too */
    const char *base = path_base(whole == NULL ? family->origin : whole);
    const char *dot = path_is_directory(family->origin) ? NULL : strrchr(base, '.');   /* before json or gguf */
    size_t length = dot == NULL ? strlen(base) : (size_t)(dot - base);
    struct text name = text_start(arena);
    if (!isalpha((unsigned char)base[0]))
        text_put(&name, "m");
    for (size_t i = 0; i < length && name.length < NAME_BYTES; i++)
        text_format(&name, "%c", isalnum((unsigned char)base[i]) ? tolower((unsigned char)base[i]) : '_');
    free(whole);
    return name_is_identifier(name.data) ? name.data : arena_format(arena, "%s_model", name.data);
}

/* What is wrong with these numbers is wrong in the config.json, not in the family that read them. */
static void value_move(struct value *value, struct where where)
{
    value->where = where;
    for (int i = 0; i < value->field_count; i++)
        value_move(value->fields[i].value, where);
    for (int i = 0; i < value->item_count; i++)
        value_move(value->items[i], where);
}

bool family_model(struct model *model, const struct family *family, const struct catalog *catalog,
                  struct arena *arena, struct report *report)
{
    struct value *config = tree_table(arena), *layers = value_field(family->rules, "layers");
    tree_set(config, "name", tree_text(family_model_name(family, arena), arena), arena);
    tree_set(config, "attention", value_field(family->rules, "attention"), arena);
    if (layers != NULL)
        tree_set(config, "layers", layers, arena);
    value_move(config, (struct where){ family->config, 0 });
    return definition_read(model, config, catalog, arena, report);
}
