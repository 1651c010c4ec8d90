#include "run_input.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "../model/gguf.h"

static bool refuse(const struct options *options, const char *path, const char *what, const char *why)
{
    report_error(options->report, (struct where){ path, 0 }, "%s%s", what, why);
    return false;
}

/* The files that options name to be read. */
static bool inputs_are_there(const struct options *options)
{
    static const enum option inputs[] = { OPTION_TOKENS, OPTION_ENCODER_TOKENS };
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        const char *path = options->text[inputs[i]];
        if (path != NULL && access(path, R_OK) != 0)
            return refuse(options, path, "cannot be read: ", strerror(errno));
    }
    return true;
}

/* The files that options name to be written are there, or their folders. */
static bool outputs_can_be_made(const struct options *options)
{
    static const enum option outputs[] = { OPTION_LOGITS, OPTION_CACHE_FILE };
    for (size_t i = 0; i < sizeof outputs / sizeof *outputs; i++) {
        const char *path = options->text[outputs[i]];
        if (path == NULL || access(path, W_OK) == 0)
            continue;
        const char *slash = strrchr(path, '/');
        const char *folder = slash == NULL ? "." : slash == path ? "/" : arena_copy(options->arena, path, (size_t)(slash - path));
        if (errno != ENOENT || access(folder, W_OK) != 0)
            return refuse(options, path, "cannot be written: ", strerror(errno));
    }
    return true;
}

/* A prompt is cut into tokens by the folder's tokenizer, which is made of a GGUF file as the folder is. */
static bool tokenizer_is_there(const struct options *options, const struct family *family)
{
    static const char *const files[] = { "tokenizer.json", "vocab.txt" };
    if (family->converted)
        return gguf_folder(family->origin, GGUF_TOKENIZER, options->arena, options->report) != NULL;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (access(arena_format(options->arena, "%s/%s", family->folder, files[i]), R_OK) == 0)
            return true;
    return refuse(options, family->folder, "has neither tokenizer.json nor vocab.txt, which --prompt needs; expected one of them, "
                  "or --tokens FILE", "");
}

/* Encoder tokens are for models that have an encoder, and steps and chunks for those that do not see later tokens. */
static bool options_fit_model(const struct options *options, const struct source *source)
{
    const struct value *rules = source->family.rules, *bidirectional = value_field(rules, "bidirectional");
    const bool encodes = value_field(rules, "encoder") != NULL, whole = bidirectional != NULL && bidirectional->boolean;
    const bool given = options->text[OPTION_ENCODER_TOKENS] != NULL, steps = options->text[OPTION_STEPS] != NULL;
    const bool prompt = options->text[OPTION_PROMPT] != NULL;
    const char *wrong = encodes && !given && !prompt ? " has an encoder; --encoder-tokens or --prompt is needed"
                      : !encodes && given ? " has no encoder; --encoder-tokens is not for it"
                      : whole && options->text[OPTION_CHUNK] != NULL ? " reads whole sequences; --chunk is not for it"
                      : whole && steps && strcmp(options->text[OPTION_STEPS], "0") != 0 ? " does not predict tokens; --steps is 0 for it" : NULL;
    return wrong == NULL || refuse(options, NULL, source->model.name, wrong);
}

bool run_input_check(const struct options *options, const struct source *source)
{
    return inputs_are_there(options) && options_fit_model(options, source) && outputs_can_be_made(options)
        && (options->text[OPTION_PROMPT] == NULL || tokenizer_is_there(options, &source->family));
}
