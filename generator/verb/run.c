#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/file.h"
#include "../compile/binary.h"
#include "../compile/compile.h"
#include "../model/description.h"
#include "../model/source.h"
#include "../plan/tuned.h"
#include "run.h"
#include "run_input.h"

/* Options that go on to build/attn_run. */
static const struct { enum option option; const char *name; bool has_value; } passed_on[] = {
    { OPTION_PROMPT,      "--prompt",      true },
    { OPTION_TOKENS,      "--tokens",      true },
    { OPTION_ENCODER_TOKENS, "--encoder-tokens", true },
    { OPTION_STEPS,       "--steps",       true },
    { OPTION_LOGITS,      "--logits",      true },
    { OPTION_CHUNK,       "--chunk",       true },
    { OPTION_CACHE_FILE,  "--cache-file",  true },
    { OPTION_CACHE_MEGABYTES, "--cache-megabytes", true },
    { OPTION_THREADS,     "--threads",     true },
    { OPTION_TEMPERATURE, "--temperature", true },
    { OPTION_TOP_K,       "--top-k",       true },
    { OPTION_TOP_P,       "--top-p",       true },
    { OPTION_SEED,        "--seed",        true },
    { OPTION_RAW,         "--raw",         false },
    { OPTION_COMPARE,     "--compare",     false },
    { OPTION_REFERENCE,   "--reference",   false },
};

enum {
    PASSED_ON = sizeof passed_on / sizeof passed_on[0],
    ARGUMENTS = 5 + 2 * PASSED_ON + 1      /* program, folder, description, --kernels FILE; NULL */
};

/* One run: what it works on, and where its files are. */
struct run {
    const struct options *options;
    struct source source;
    const char *root;                /* the folder that attngen was built in */
    const char *directory;           /* build/kernels/... */
    const char *kernels;             /* the shared object; NULL: the reference takes its place */
};

static double file_kib(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? (double)status.st_size / 1024 : 0;
}

/* Emits and compiles the kernels, and says how long that took. */
static bool run_make_kernels(struct run *run)
{
    struct emit_options emit;
    struct binary binary;
    const double start = binary_clock();
    if (!tuned_options(&emit, run->options) || !binary_make(&binary, &run->source.model, run->root, &emit, run->options))
        return false;
    run->directory = binary.directory;
    run->kernels = binary.path;
    fprintf(stderr, "%d kernels: %.0f KiB of C emitted in %.1f ms; %.0f KiB compiled in %.2f s\n", binary.emitted.kernels,
            (double)(binary.emitted.source_length + binary.emitted.header_length) / 1024, 1000 * binary.emit_seconds,
            file_kib(run->kernels), binary_clock() - start - binary.emit_seconds);
    return true;
}

/* The reference needs no kernels, only a place for the description. */
static bool run_prepare(struct run *run)
{
    const struct options *options = run->options;
    run->root = compile_root(options->arena, options->report);
    if (run->root == NULL)
        return false;
    if (options->text[OPTION_REFERENCE] == NULL)
        return run_make_kernels(run);
    const char *name = arena_format(options->arena, "%s_reference", run->source.model.name);
    run->directory = compile_directory(run->root, name, options->arena, options->report);
    return run->directory != NULL;
}

/* Becomes build/attn_run, told by the file description which steps to walk; returns only when that fails. */
static int run_start(const struct run *run, const char *description)
{
    const struct options *options = run->options;
    const char *program = arena_format(options->arena, "%s/build/attn_run", run->root);
    const char *arguments[ARGUMENTS] = { program, run->source.family.folder, description };
    int count = 3;
    if (run->kernels != NULL) {
        arguments[count++] = "--kernels";
        arguments[count++] = run->kernels;
    }
    for (int i = 0; i < PASSED_ON; i++) {
        if (options->text[passed_on[i].option] == NULL)
            continue;
        arguments[count++] = passed_on[i].name;
        if (passed_on[i].has_value)
            arguments[count++] = options_value(options, passed_on[i].option);
    }
    fflush(NULL);
    execv(program, (char *const *)(uintptr_t)arguments);
    report_error(options->report, (struct where){ program, 0 }, "cannot be run: %s; `ninja` in %s builds it",
                 strerror(errno), run->root);
    return 2;
}

/* Whether the family has a step for every part of the model. */
static bool run_complete(const struct run *run)
{
    const struct family *family = &run->source.family;
    const struct value *missing = value_field(family->rules, "missing");
    if (missing != NULL)
        report_error(run->options->report, (struct where){ family->config, 0 },
                     "cannot be run yet: there is no step for %s; import, explain, emit and check take it", missing->text);
    return missing == NULL;
}

/* bench takes a list of threads. */
static bool threads_fit(const struct options *options)
{
    struct lengths threads = { { 1 }, 1 };
    if (options->text[OPTION_THREADS] != NULL)
        options_list(options, OPTION_THREADS, &threads);
    if (threads.count > 1)
        report_error(options->report, (struct where){ NULL, 0 }, "--threads is '%s'; run takes one number",
                     options->text[OPTION_THREADS]);
    return threads.count == 1;
}

/* Options that exclude each other, or have no effect without another. */
static bool options_agree(const struct options *options)
{
    static const struct { enum option option; bool needs; enum option other; const char *sentence; } rules[] = {
        { OPTION_PROMPT,    false, OPTION_TOKENS,      "--prompt and --tokens exclude each other" },
        { OPTION_PROMPT,    false, OPTION_ENCODER_TOKENS, "--prompt and --encoder-tokens exclude each other" },
        { OPTION_REFERENCE, false, OPTION_COMPARE,     "--reference and --compare exclude each other: --compare runs both" },
        { OPTION_REFERENCE, false, OPTION_TARGET,      "--target has no effect with --reference" },
        { OPTION_TOP_K,     true,  OPTION_TEMPERATURE, "--top-k has no effect without --temperature" },
        { OPTION_TOP_P,     true,  OPTION_TEMPERATURE, "--top-p has no effect without --temperature" },
        { OPTION_SEED,      true,  OPTION_TEMPERATURE, "--seed has no effect without --temperature" },
        { OPTION_CACHE_TYPE, false, OPTION_REFERENCE, "--cache-type has no effect with --reference, which stores keys and values as doubles" },
        { OPTION_CACHE_FILE, false, OPTION_REFERENCE, "--cache-file has no effect with --reference, which has no pages" },
        { OPTION_CACHE_MEGABYTES, true, OPTION_CACHE_FILE, "--cache-megabytes has no effect without --cache-file" },
        { OPTION_RAW,       true,  OPTION_PROMPT,      "--raw has no effect without --prompt" },
    };
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (options->text[rules[i].option] != NULL && (options->text[rules[i].other] == NULL) == rules[i].needs) {
            report_error(options->report, (struct where){ NULL, 0 }, "%s", rules[i].sentence);
            return false;
        }
    return threads_fit(options);
}

/* Whether there are weights to run with, and something to run them on. */
static bool run_possible(const struct run *run)
{
    const struct options *options = run->options;
    const char *wrong = NULL;
    if (run->source.has_family && !run_complete(run))
        return false;
    if (options->text[OPTION_PROMPT] == NULL && options->text[OPTION_TOKENS] == NULL && options->text[OPTION_ENCODER_TOKENS] == NULL)
        wrong = "has nothing to run on; expected --prompt TEXT or --tokens FILE";
    else if (!run->source.has_family)
        wrong = "names no model folder to run; expected weights = \"DIR\" in it";
    else if (run->source.family.folder == NULL)
        wrong = "has no weights beside it; expected a model folder, or its config.json";
    if (wrong != NULL)
        report_error(options->report, (struct where){ options->input, 0 }, "%s", wrong);
    return wrong == NULL && run_input_check(options, &run->source);
}

/* The steps around attention compute in floats, which they hand over as they are. */
static bool run_in_floats(const struct model *model, const struct options *options)
{
    for (int i = 0; i < model->definition_count; i++) {
        const struct definition *definition = &model->definitions[i];
        if (strcmp(definition->activations->stored, "float") == 0)
            continue;
        report_error(options->report, definition->where, "attention %s: activations is %s; run computes in f32", definition->name,
                     definition->activations->name);
        return false;
    }
    return true;
}

/* Layers of the runtime write what they read. */
static bool run_own_caches(const struct model *model, const struct options *options)
{
    for (int i = 0; i < model->layer_count; i++)
        if (model->cache_of[i] != i) {
            report_error(options->report, (struct where){ model->file, 0 }, "layer %d has the cache_of layer %d; run gives each layer a cache of its own",
                         i, model->cache_of[i]);
            return false;
        }
    return true;
}

/* What options say of caches goes before what definitions say. */
static bool run_use_caches(struct model *model, const struct options *options)
{
    const char *type = options->text[OPTION_CACHE_TYPE];
    if (options->text[OPTION_CACHE_FILE] != NULL)
        definition_use_pages(model, &options->catalog, options->arena);
    return type == NULL || definition_use_cache(model, type, &options->catalog, options->arena, options->report);
}

int verb_run(const struct options *options)
{
    struct run run = { .options = options };
    struct text description = text_start(options->arena);
    const struct model *model = &run.source.model;
    if (!options_agree(options) || !source_read(&run.source, options->input, &options->catalog, options->arena, options->report)
        || !run_possible(&run))
        return 2;
    if (!run_in_floats(model, options) || !run_own_caches(model, options) || !run_use_caches(&run.source.model, options) || !description_print(&description, &run.source, options->report))
        return 2;
    fprintf(stderr, "%s: %d definition%s of attention, %d layers\n", model->name, model->definition_count,
            model->definition_count == 1 ? "" : "s", model->layer_count);
    if (!family_convert(&run.source.family, options->arena, options->report) || !run_prepare(&run))
        return 2;
    /* Models that share kernels may run at the same time. */
    const char *path = arena_format(options->arena, "%s/%s_%s.json", run.directory, model->name, text_digest(&description));
    return file_write(path, description.data, description.length, options->report, NULL) ? run_start(&run, path) : 2;
}
