#include "code_size.h"

#include <stdio.h>
#include <string.h>

#include "../base/process.h"

enum { SYMBOLS_MOST = 256 * 1024 };

struct reading {
    struct code_symbols *symbols;
    struct arena *arena;
    int room;
};

static void symbol_add(struct reading *reading, const char *name, long bytes)
{
    struct code_symbols *symbols = reading->symbols;
    if (symbols->count == reading->room && reading->room < SYMBOLS_MOST) {
        const int room = reading->room == 0 ? 256 : 2 * reading->room;
        struct code_symbol *list = arena_alloc(reading->arena, (size_t)room, sizeof *list);
        memcpy(list, symbols->list, (size_t)symbols->count * sizeof *list);
        symbols->list = list;
        reading->room = room;
    }
    if (symbols->count < reading->room)
        symbols->list[symbols->count++] = (struct code_symbol){ name, bytes };
}

/* "0000000000001130 00000000000002a5 t prefill_run_attention_avx2": a function, its place and its bytes. */
static void line_take(void *context, const char *line)
{
    struct reading *reading = context;
    unsigned long long bytes;
    char kind, name[256];
    if (sscanf(line, "%*x %llx %c %255s", &bytes, &kind, name) == 3 && (kind == 't' || kind == 'T')) {
        const size_t length = strcspn(name, ".");      /* GCC's name.constprop.0 is a part of name */
        symbol_add(reading, arena_copy(reading->arena, name, length), (long)bytes);
    }
}

bool code_symbols_read(struct code_symbols *symbols, const char *path, struct arena *arena, struct report *report)
{
    const char *const command[] = { "nm", "-S", "--defined-only", path, NULL };
    struct reading reading = { symbols, arena, 0 };
    struct process process = { .command = command, .take = line_take, .context = &reading };
    static struct code_symbol none[1];
    *symbols = (struct code_symbols){ none, 0 };
    if (!process_run(&process, 1, 1, report))
        return false;
    if (process.status == 0 && process.signal == 0 && symbols->count > 0)
        return true;
    report_error(report, (struct where){ path, 0 }, "nm finds no functions in it; their bytes are not known");
    return false;
}

static bool ends_in(const char *name, const char *ending)
{
    const size_t length = strlen(name), tail = strlen(ending);
    return length > tail && strcmp(name + length - tail, ending) == 0;
}

/* The definition that the function belongs to: of those whose names fit, the longest. -1: none. */
static int owner_of(const char *name, const char *ending, const struct model *model, struct arena *arena)
{
    int owner = -1;
    for (int i = 0; i < model->definition_count; i++) {
        const char *candidate = model->definitions[i].name;
        const bool longer = owner < 0 || strlen(candidate) > strlen(model->definitions[owner].name);
        if (longer && ends_in(name, arena_format(arena, "_%s%s", candidate, ending)))
            owner = i;
    }
    return owner;
}

static void size_add(struct code_size *size, const struct code_symbol *symbol)
{
    long *part = strncmp(symbol->name, "prefill_", 8) == 0 ? &size->prefill
               : strncmp(symbol->name, "decode_", 7) == 0 ? &size->decode
               : strncmp(symbol->name, "write_", 6) == 0 ? &size->write : &size->shared;
    *part += symbol->bytes;
}

struct code_size code_size_of(const struct code_symbols *symbols, const struct model *model, int definition,
                              const char *target, struct arena *arena)
{
    const char *ending = arena_format(arena, "_%s", target);
    struct code_size size = { 0, 0, 0, 0 };
    for (int i = 0; i < symbols->count; i++)
        if (owner_of(symbols->list[i].name, ending, model, arena) == definition
            || owner_of(symbols->list[i].name, "", model, arena) == definition)
            size_add(&size, &symbols->list[i]);
    return size;
}
