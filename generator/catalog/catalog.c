#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../base/file.h"
#include "catalog.h"
#include "catalog_read.h"
#include "embedded.h"

enum { CATALOG_FILE_BYTES = 1 << 20 };

static const struct { const char *directory, *name; } kinds[CATALOG_KINDS] = {
    [CATALOG_ISA]        = { "isa",        "targets" },
    [CATALOG_MASK]       = { "mask",       "masks" },
    [CATALOG_SCORE]      = { "score",      "scores" },
    [CATALOG_NORM]       = { "norm",       "norms" },
    [CATALOG_POSITION]   = { "position",   "positions" },
    [CATALOG_SCALING]    = { "scaling",    "scalings" },
    [CATALOG_CACHE]      = { "cache",      "caches" },
    [CATALOG_COMPUTE]    = { "compute",    "computes" },
    [CATALOG_LAYOUT]     = { "layout",     "layouts" },
    [CATALOG_ACTIVATION] = { "activation", "activations" },
};

const char *catalog_kind_name(enum catalog_kind kind)
{
    return kinds[kind].name;
}

const struct descriptor *catalog_find(const struct catalog *catalog, enum catalog_kind kind, const char *name)
{
    for (int i = 0; i < catalog->count[kind]; i++)
        if (strcmp(catalog->entries[kind][i].name, name) == 0)
            return &catalog->entries[kind][i];
    return NULL;
}

const char *catalog_file(const struct catalog *catalog, const char *name, size_t *length, struct arena *arena)
{
    if (catalog->templates != NULL) {
        struct report report = { .out = stderr };
        const char *path = arena_format(arena, "%s/%s", catalog->templates, name);
        return file_read(path, CATALOG_FILE_BYTES, length, arena, &report);
    }
    const struct embedded_file *file = embedded_find(arena_format(arena, "templates/%s", name));
    if (file == NULL)
        return NULL;
    *length = file->length;
    return file->text;
}

/* Files of a kind, from the directory given or the program itself; NULL-ended names such as "mask/window.lua". */
static const char *const *catalog_embedded_names(const char *directory, struct arena *arena)
{
    int count;
    const struct embedded_file *files = embedded_under(arena_format(arena, "templates/%s/", directory), &count);
    const char **names = arena_alloc(arena, (size_t)count + 1, sizeof *names);
    for (int i = 0; i < count; i++)
        names[i] = files[i].name + strlen("templates/");
    return names;
}

static const char *const *catalog_directory_names(const char *templates, const char *directory,
                                                  struct arena *arena, struct report *report)
{
    static const char *const none[] = { NULL };
    const char *path = arena_format(arena, "%s/%s", templates, directory);
    struct stat status;
    if (stat(path, &status) != 0)         /* a kind may have no files yet */
        return none;
    const char *const *entries = file_list(path, arena, report);
    if (entries == NULL)
        return NULL;
    size_t count = 0;
    while (entries[count] != NULL)
        count++;
    const char **names = arena_alloc(arena, count + 1, sizeof *names);
    for (size_t i = 0; i < count; i++)
        names[i] = arena_format(arena, "%s/%s", directory, entries[i]);
    return names;
}

/* "window" for "mask/window.lua"; NULL for other files. */
static const char *descriptor_name(const char *file, struct arena *arena)
{
    const char *base = strrchr(file, '/') + 1;
    size_t length = strlen(base), ending = strlen(".lua");
    if (length <= ending || strcmp(base + length - ending, ".lua") != 0)
        return NULL;
    return arena_copy(arena, base, length - ending);
}

static const struct descriptor *catalog_load_file(const struct catalog *catalog, enum catalog_kind kind,
                                                  const char *file, const char *name,
                                                  struct arena *arena, struct report *report)
{
    const char *templates = catalog->templates == NULL ? "templates" : catalog->templates;
    const char *path = arena_format(arena, "%s/%s", templates, file);
    size_t length;
    const char *text = catalog_file(catalog, file, &length, arena);
    if (text == NULL) {
        report_error(report, (struct where){ path, 0 }, "cannot be read");
        return NULL;
    }
    return catalog_read(kind, name, path, text, length, arena, report);
}

/* A target that is like another has what it says itself, and the rest from there. */
static bool target_inherit(struct descriptor *target, const struct descriptor *targets, int count, struct arena *arena,
                           struct report *report)
{
    const struct descriptor *base = NULL;
    for (int i = 0; i < count && base == NULL; i++)
        if (strcmp(targets[i].name, target->like) == 0 && targets[i].like[0] == '\0')
            base = &targets[i];
    if (base == NULL) {
        report_error(report, target->where, "like is \"%s\"; expected a target that stands by itself", target->like);
        return false;
    }
    struct descriptor *copy = arena_alloc(arena, 1, sizeof *copy);     /* entries are sorted later */
    *copy = *base;
    target->base = copy;
    target->lanes = base->lanes;
    target->registers = base->registers;
    target->halves = base->halves;
    target->header = base->header;
    target->requires_machine = base->requires_machine;
    return true;
}

static bool targets_inherit(struct descriptor *targets, int count, struct arena *arena, struct report *report)
{
    bool good = true;
    for (int i = 0; i < count; i++)
        if (targets[i].like[0] != '\0')
            good = target_inherit(&targets[i], targets, count, arena, report) && good;
    return good;
}

/* Targets in the order of what they need; names otherwise. */
static int descriptor_compare(const void *a, const void *b)
{
    const struct descriptor *left = a, *right = b;
    return left->lanes != right->lanes ? left->lanes - right->lanes : strcmp(left->name, right->name);
}

static bool catalog_load_kind(struct catalog *catalog, enum catalog_kind kind,
                              struct arena *arena, struct report *report)
{
    const char *directory = kinds[kind].directory;
    const char *const *files = catalog->templates == NULL ? catalog_embedded_names(directory, arena)
                             : catalog_directory_names(catalog->templates, directory, arena, report);
    if (files == NULL)
        return false;
    size_t count = 0;
    while (files[count] != NULL)
        count++;
    struct descriptor *entries = arena_alloc(arena, count, sizeof *entries);
    catalog->entries[kind] = entries;
    bool good = true;
    for (; *files != NULL; files++) {
        const char *name = descriptor_name(*files, arena);
        if (name == NULL)
            continue;
        const struct descriptor *read = catalog_load_file(catalog, kind, *files, name, arena, report);
        if (read != NULL)
            entries[catalog->count[kind]++] = *read;
        good = good && read != NULL;
    }
    good = good && (kind != CATALOG_ISA || targets_inherit(entries, catalog->count[kind], arena, report));
    qsort(entries, (size_t)catalog->count[kind], sizeof *entries, descriptor_compare);
    return good;
}

bool catalog_load(struct catalog *catalog, const char *templates, struct arena *arena, struct report *report)
{
    *catalog = (struct catalog){ .templates = templates };
    struct stat status;
    if (templates != NULL && (stat(templates, &status) != 0 || !S_ISDIR(status.st_mode))) {
        report_error(report, (struct where){ templates, 0 }, "is no directory; --templates takes a copy of templates/");
        return false;
    }
    bool good = true;
    for (enum catalog_kind kind = 0; kind < CATALOG_KINDS; kind++)
        good = catalog_load_kind(catalog, kind, arena, report) && good;
    return good;
}
