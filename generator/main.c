#include <string.h>

#include "emit/emit.h"
#include "verb/bench.h"
#include "verb/check.h"
#include "verb/explain.h"
#include "verb/import.h"
#include "verb/list.h"
#include "verb/options.h"
#include "verb/run.h"
#include "verb/tune.h"
#include "version.h"

static const struct verb verbs[] = {
    { "emit", "CONFIG", true, "write the .h and .c pair of a config", verb_emit },
    { "explain", "CONFIG", true, "every definition of a model, every choice made explicit", verb_explain },
    { "list", "KIND", false, "what configs can name, of all kinds or of one", verb_list },
    { "import", "DIR|FILE", true, "a model folder, its config.json or a GGUF file as a Lua config", verb_import },
    { "check", "CONFIG", false, "emitted kernels of a config, or of random ones, against the reference", verb_check },
    { "bench", "CONFIG", true, "time the kernels of a config beside the machine's limits", verb_bench },
    { "tune", "CONFIG", true, "find the fastest plans for this CPU, for emit, check, bench and run to use", verb_tune },
    { "run", "DIR|FILE|CONFIG", true, "text or embeddings of a model, through its kernels", verb_run },
    { NULL, NULL, false, NULL, NULL }
};

static void verb_print(FILE *out, const struct verb *verb)
{
    char call[40];
    snprintf(call, sizeof call, verb->input_required ? "%s %s" : "%s [%s]", verb->name, verb->input);
    fprintf(out, "  %-24s %s\n", call, verb->help);
    options_print(out, verb);
}

static int help_print(const struct verb *verb)
{
    puts("attngen: attention kernels in C, made for one model\n");
    for (const struct verb *each = verbs; each->name != NULL; each++)
        if (verb == NULL || verb == each)
            verb_print(stdout, each);
    puts("  every verb");
    options_print(stdout, NULL);
    return 0;
}

static int command_run(struct options *options, int argc, char **argv)
{
    if (!options_read(options, argc, argv, verbs))
        return 2;
    if (options->text[OPTION_HELP] != NULL)
        return help_print(options->verb);
    if (options->text[OPTION_VERSION] != NULL)
        return puts("attngen " ATTNGEN_VERSION) < 0 ? 2 : 0;
    if (!catalog_load(&options->catalog, options->text[OPTION_TEMPLATES], options->arena, options->report))
        return 2;
    return options->verb->run(options);
}

int main(int argc, char **argv)
{
    struct report report = { .out = stderr };
    struct options options = { .arena = arena_create(), .report = &report };
    int status = command_run(&options, argc, argv);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        report_error(&report, (struct where){ NULL, 0 }, "the output cannot be written");
        status = 2;
    }
    arena_destroy(options.arena);
    return status;
}
