#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../base/file.h"
#include "../base/process.h"
#include "../base/text.h"
#include "../compile/compile.h"
#include "../version.h"
#include "gguf.h"

static const char ending[] = ".gguf";
static const char *const script_files[] = { "runtime/gguf_folder.py", "runtime/gguf_families.py", "runtime/gguf_tokenizer.py" };

/* The option that asks for a part, and the last of its files. */
static const struct { const char *option, *file; } parts[GGUF_PARTS] = {
    [GGUF_CONFIG]    = { NULL,          "config.json" },
    [GGUF_TOKENIZER] = { "--tokenizer", "tokenizer.json" },
    [GGUF_WEIGHTS]   = { "--weights",   "model.safetensors" }
};

enum { SCRIPTS = sizeof script_files / sizeof script_files[0] };

bool gguf_takes(const char *input)
{
    const size_t length = strlen(input), end = strlen(ending);
    return length > end && strcmp(input + length - end, ending) == 0;
}

const char *gguf_in_folder(const char *folder, struct arena *arena, struct report *report)
{
    const char *const *names = file_list(folder, arena, report), *found = NULL;
    int count = 0;
    for (; names != NULL && *names != NULL; names++)
        if (gguf_takes(*names)) {
            found = *names;
            count++;
        }
    return count == 1 ? arena_format(arena, "%s/%s", folder, found) : NULL;
}

/* What a file is known by: its whole path, its size, and when it was written. */
static bool put_file(struct text *text, const char *path)
{
    struct stat status;
    char *whole = realpath(path, NULL);
    const bool found = whole != NULL && stat(whole, &status) == 0 && S_ISREG(status.st_mode);
    if (found)
        text_format(text, "%s %" PRIdMAX " %" PRIdMAX " %ld\n", whole, (intmax_t)status.st_size,
                    (intmax_t)status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
    free(whole);
    return found;
}

/* build/gguf/<digest>: of the file and of what converts it; NULL when there is no such file. */
static const char *folder_name(const char *root, const char *file, struct arena *arena)
{
    struct text known = text_start(arena);
    text_format(&known, "%s\n", ATTNGEN_VERSION);
    for (int i = 0; i < SCRIPTS; i++)
        put_file(&known, arena_format(arena, "%s/%s", root, script_files[i]));
    return put_file(&known, file) ? arena_format(arena, "%s/build/gguf/%s", root, text_digest(&known)) : NULL;
}

static void take_line(void *context, const char *line)
{
    struct text *said = context;
    text_format(said, "%s%s", said->length == 0 ? "" : " ", line);
}

/* Runs the script; what it says is the sentence when it fails. */
static bool convert(const char *root, const char *file, const char *folder, enum gguf_part part, struct arena *arena,
                    struct report *report)
{
    const char *python = getenv("ATTNGEN_PYTHON");
    struct text said = text_start(arena);
    const char *const command[] = {
        python != NULL ? python : arena_format(arena, "%s/build/venv/bin/python", root),
        arena_format(arena, "%s/%s", root, script_files[0]), file, folder, parts[part].option, NULL
    };
    struct process process = { .command = command, .output = PROCESS_OUTPUT, .take = take_line, .context = &said };
    if (!process_run(&process, 1, 1, report))
        return false;
    if (process.status == 0 && process.signal == 0)
        return true;
    report_error(report, (struct where){ file, 0 }, "%s", said.length > 0 ? said.data : arena_format(arena,
                 "cannot be converted: %s needs the package gguf (./bootstrap installs it; ATTNGEN_PYTHON names another "
                 "Python)", command[0]));
    return false;
}

const char *gguf_folder(const char *file, enum gguf_part part, struct arena *arena, struct report *report)
{
    const char *root = compile_root(arena, report);
    const char *folder = root == NULL ? NULL : folder_name(root, file, arena);
    if (root != NULL && folder == NULL)
        report_error(report, (struct where){ file, 0 }, "cannot be read: there is no such file");
    if (folder == NULL || !file_make_directory(folder, report))
        return NULL;
    const char *made = arena_format(arena, "%s/%s", folder, parts[part].file);
    return access(made, R_OK) == 0 || convert(root, file, folder, part, arena, report) ? folder : NULL;
}
