#include "kernels_made.h"

#include <stdlib.h>
#include <string.h>

#include "../../generator/base/file.h"
#include "../../generator/base/text.h"
#include "../../generator/compile/compile.h"
#include "../../generator/definition/definition.h"
#include "../../generator/emit/emit.h"

enum { FILE_DEFINITIONS = 12 };            /* in one C file, so that several compile at a time */

/*
** Cases are smaller than a default tile. The smallest ones are those of a target's lanes, a small one holds two of
** the largest; segments are as small, so that partial results merge.
*/
static const struct { const char *name, *targets, *plan; } plans[] = {
    { "default",         NULL,     NULL },
    { "tiles of 1",      "scalar", "tile=1,segment=1,queries=1" },
    { "tiles of 8",      "avx2",   "tile=8,segment=8,queries=8" },
    { "tiles of 16",     "avx512", "tile=16,segment=16,queries=16" },
    { "tiles of 32",     NULL,     "tile=32,segment=64,queries=32" },
};

enum { PLANS = sizeof plans / sizeof plans[0] };

struct kernels_made {
    struct arena *arena;
    struct catalog catalog;
    const char *directory;
    struct definition *definitions;        /* (definition_count), distinct */
    int definition_count;
    struct kernels *kernels;               /* (PLANS, file_count), of FILE_DEFINITIONS each, the last of fewer */
    int file_count;                        /* for one plan */
};

/* Definitions -------------------------------------------------------------------------------- */

/* What the reader says of a call's definition becomes its refusal. */
static bool definition_parse(struct model *model, struct call *call, const struct kernels_made *made, struct report *report)
{
    char said[512] = "";
    const char *file = arena_format(made->arena, "%s/definition.lua", made->directory);
    const char *text = arena_format(made->arena, "name = \"operators\"\nattention = %s\n", call_definition(call));
    struct report own = { .out = fmemopen(said, sizeof said - 1, "w") };
    const bool good = file_write(file, text, strlen(text), report, NULL)
                   && definition_read_file(model, file, &made->catalog, made->arena, &own);
    fclose(own.out);
    said[strcspn(said, "\n")] = '\0';
    return good || call_refuse(call, "attngen refuses the definition:%s", said + strcspn(said, " "));
}

static int definition_find(const struct kernels_made *made, const char *line)
{
    int i = 0;
    while (i < made->definition_count && strcmp(made->definitions[i].line, line) != 0)
        i++;
    return i;
}

static void definition_add(struct kernels_made *made, struct call *call, struct report *report)
{
    struct model model;
    if (!definition_parse(&model, call, made, report))
        return;
    call->definition = definition_find(made, model.definitions[0].line);
    if (call->definition < made->definition_count)
        return;
    made->definitions[call->definition] = model.definitions[0];
    made->definitions[call->definition].name = arena_format(made->arena, "d%d", call->definition);
    made->definition_count++;
}

/* Files -------------------------------------------------------------------------------------- */

static const char *file_name(const struct kernels_made *made, int plan, int file)
{
    return arena_format(made->arena, "operators_%d_%d", plan, file);
}

static bool file_emit(const struct kernels_made *made, int plan, int file, struct compile_product *product,
                      struct report *report)
{
    const int first = file * FILE_DEFINITIONS, left = made->definition_count - first;
    const struct model model = {
        .name = file_name(made, plan, file), .file = "the operators' cases", .definitions = made->definitions + first,
        .definition_count = left < FILE_DEFINITIONS ? left : FILE_DEFINITIONS
    };
    const char **sources = arena_alloc(made->arena, 2, sizeof *sources);
    sources[0] = arena_format(made->arena, "%s.c", model.name);
    *product = (struct compile_product){
        .name = arena_format(made->arena, "%s.so", model.name), .sources = sources, .kind = COMPILE_SHARED
    };
    const struct emit_options options = { .targets = plans[plan].targets, .plan = plans[plan].plan };
    struct emitted emitted;
    return emit_model(&emitted, &model, &made->catalog, &options, made->arena, report)
        && emit_write(&emitted, &model, made->directory, made->arena, report);
}

static bool file_load(struct kernels_made *made, int plan, int file, struct report *report)
{
    char said[512];
    struct problem problem = { said, sizeof said };
    const char *name = file_name(made, plan, file), *path = arena_format(made->arena, "%s/%s.so", made->directory, name);
    if (kernels_load(&made->kernels[plan * made->file_count + file], path, name, &problem))
        return true;
    report_error(report, (struct where){ path, 0 }, "%s", said);
    return false;
}

static bool files_make(struct kernels_made *made, struct report *report)
{
    made->file_count = (made->definition_count + FILE_DEFINITIONS - 1) / FILE_DEFINITIONS;
    const int count = PLANS * made->file_count;
    struct compile_product *products = arena_alloc(made->arena, (size_t)count, sizeof *products);
    made->kernels = arena_alloc(made->arena, (size_t)count, sizeof *made->kernels);
    for (int i = 0; i < count; i++)
        if (!file_emit(made, i / made->file_count, i % made->file_count, &products[i], report))
            return false;
    /* The cases are tiny and the kernels many: -O0 halves the time of the compiler. */
    const struct compile_job job = {
        "operators", made->directory, "-std=c11 -O0 -fPIC -Wall -Wextra -Wconversion -Wshadow -Werror", "", products, count
    };
    if (!compile_run(&job, made->arena, report))
        return false;
    for (int i = 0; i < count; i++)
        if (!file_load(made, i / made->file_count, i % made->file_count, report))
            return false;
    return true;
}

/* A folder for these calls alone: others may run at the same time. */
static bool directory_make(struct kernels_made *made, struct call *const *calls, int count, struct report *report)
{
    struct text all = text_start(made->arena);
    for (int i = 0; i < count; i++)
        text_format(&all, "%s\n", call_definition(calls[i]));
    const char *root = compile_root(made->arena, report);
    const char *name = arena_format(made->arena, "operators_%s", text_digest(&all));
    made->directory = root == NULL ? NULL : compile_directory(root, name, made->arena, report);
    return made->directory != NULL;
}

struct kernels_made *kernels_make(struct call *const *calls, int count, struct arena *arena, struct report *report)
{
    struct kernels_made *made = arena_alloc(arena, 1, sizeof *made);
    made->arena = arena;
    made->definitions = arena_alloc(arena, (size_t)count, sizeof *made->definitions);
    if (!catalog_load(&made->catalog, NULL, arena, report) || !directory_make(made, calls, count, report))
        return NULL;
    for (int i = 0; i < count; i++)
        definition_add(made, calls[i], report);
    if (files_make(made, report))
        return made;
    kernels_forget(made);
    return NULL;
}

/* What there is ------------------------------------------------------------------------------ */

int kernels_plans(void)
{
    return PLANS;
}

const char *kernels_plan_name(int plan)
{
    return plans[plan].name;
}

int kernels_targets(const struct kernels_made *made, int plan)
{
    return made->file_count > 0 ? made->kernels[plan * made->file_count].table->targets : 0;
}

const struct attn_attention *kernels_for(const struct kernels_made *made, const struct call *call, int plan, int target)
{
    const int file = plan * made->file_count + call->definition / FILE_DEFINITIONS;
    const struct attn_model_kernels *table = made->kernels[file].table;
    const struct attn_attention *attention = table->all[call->definition % FILE_DEFINITIONS * table->targets + target];
    return attention != NULL && table->supported[target]() ? attention : NULL;
}

void kernels_forget(struct kernels_made *made)
{
    for (int i = 0; made != NULL && made->kernels != NULL && i < PLANS * made->file_count; i++)
        kernels_unload(&made->kernels[i]);
}
