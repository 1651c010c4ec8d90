/*
** embed OUT.c DEPENDENCIES DIRECTORY...: writes every file under the directories
** into one C table (embedded.h), and a list of what it depends on for ninja: the
** directories too, so that a new file is seen.
*/
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../base/file.h"
#include "../base/text.h"

enum { EMBED_BYTES = 1 << 20, EMBED_FILES = 1000 };

struct embed {
    struct arena *arena;
    struct report *report;
    const char *names[EMBED_FILES];
    int count;
    struct text dependencies;
};

/* Editors and people leave other files beside these. */
static bool name_wanted(const char *name)
{
    static const char *const endings[] = { ".lua", ".t", ".h" };
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++) {
        size_t ending = strlen(endings[i]);
        if (length > ending && strcmp(name + length - ending, endings[i]) == 0)
            return true;
    }
    return false;
}

static bool embed_collect(struct embed *embed, const char *directory)
{
    const char *const *entries = file_list(directory, embed->arena, embed->report);
    if (entries == NULL)
        return false;
    text_format(&embed->dependencies, " \\\n %s", directory);
    for (; *entries != NULL; entries++) {
        const char *name = arena_format(embed->arena, "%s/%s", directory, *entries);
        struct stat status;
        if (stat(name, &status) != 0)
            continue;
        if (S_ISDIR(status.st_mode)) {
            if (!embed_collect(embed, name))
                return false;
        } else if (name_wanted(name) && embed->count < EMBED_FILES) {
            text_format(&embed->dependencies, " \\\n %s", name);
            embed->names[embed->count++] = name;
        }
    }
    return true;
}

/* The text as C literals, one a line. */
static void embed_literal(struct text *out, const char *data, size_t length)
{
    text_put(out, "    \"");
    for (size_t i = 0; i < length; i++) {
        unsigned char byte = (unsigned char)data[i];
        if (byte == '\n')
            text_put(out, i + 1 < length ? "\\n\"\n    \"" : "\\n");
        else if (byte == '"' || byte == '\\' || byte == '?')      /* ??/ is a trigraph */
            text_format(out, "\\%c", byte);
        else if (byte >= 0x20 && byte < 0x7f)
            text_format(out, "%c", byte);
        else
            text_format(out, "\\%03o", byte);
    }
    text_put(out, "\"");
}

static bool embed_file(struct embed *embed, struct text *out, const char *name)
{
    size_t length;
    const char *data = file_read(name, EMBED_BYTES, &length, embed->arena, embed->report);
    if (data == NULL)
        return false;
    text_format(out, "{ \"%s\",\n", name);
    embed_literal(out, data, length);
    text_format(out, ", %zu },\n", length);
    return true;
}

static int name_compare(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool embed_write(struct embed *embed, const char *path, const char *dependencies)
{
    struct text out = text_start(embed->arena);
    text_put(&out, "/* Made by embed; do not edit. */\n#include \"embedded.h\"\n\n");
    text_put(&out, "const struct embedded_file embedded_files[] = {\n");
    qsort(embed->names, (size_t)embed->count, sizeof embed->names[0], name_compare);
    for (int i = 0; i < embed->count; i++)
        if (!embed_file(embed, &out, embed->names[i]))
            return false;
    text_format(&out, "};\nconst int embedded_file_count = %d;\n", embed->count);
    const char *list = arena_format(embed->arena, "%s:%s\n", path, embed->dependencies.data);
    return file_write(path, out.data, out.length, embed->report, NULL)
        && file_write(dependencies, list, strlen(list), embed->report, NULL);
}

int main(int argc, char **argv)
{
    struct report report = { .out = stderr };
    struct arena *arena = arena_create();
    struct embed *embed = arena_alloc(arena, 1, sizeof *embed);
    *embed = (struct embed){ .arena = arena, .report = &report, .dependencies = text_start(arena) };
    bool done = argc > 3;
    for (int i = 3; done && i < argc; i++)
        done = embed_collect(embed, argv[i]);
    done = done && embed_write(embed, argv[1], argv[2]);
    arena_destroy(arena);
    return done ? 0 : 2;
}
