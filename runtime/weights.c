/*
** One file or several; see weights.h.
*/
#include "weights.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    PATH_SIZE  = 4096,
    NAME_SIZE  = 512,
    FILE_LIMIT = 1000       /* most shards */
};

static bool path_join(char path[PATH_SIZE], const char *folder, const char *name, struct problem *problem)
{
    if (snprintf(path, PATH_SIZE, "%s/%s", folder, name) < PATH_SIZE)
        return true;
    return problem_set(problem, "%.200s...: the path is too long", folder);
}

/* Opens folder/name as the next file. */
static bool file_add(struct weights *weights, const char *name, struct memory *memory, struct problem *problem)
{
    char path[PATH_SIZE];
    if (!path_join(path, weights->folder, name, problem))
        return false;
    const char *kept = memory_text(memory, path, problem);
    return kept != NULL && safetensors_open(&weights->files[weights->file_count++], kept, memory, problem);
}

/* A shard lies in the folder itself. */
static bool shard_name_check(const char *index_path, const json_t *file, struct problem *problem)
{
    const char *name = json_string_value(file);
    if (name == NULL || name[0] == '.' || name[0] == '\0' || strchr(name, '/') != NULL)
        return problem_set(problem, "%s: weight_map names a file that is not in the folder", index_path);
    return true;
}

static const struct safetensors *shard_find(const struct weights *weights, const char *name)
{
    for (int i = 0; i < weights->file_count; i++)
        if (strcmp(strrchr(weights->files[i].path, '/') + 1, name) == 0)
            return &weights->files[i];
    return NULL;
}

/* Opens each file that the map names, and looks for each tensor in it. */
static bool shards_open(struct weights *weights, const char *index_path, json_t *map, struct memory *memory,
                        struct problem *problem)
{
    const char *tensor;
    json_t *file;
    json_object_foreach(map, tensor, file) {
        if (!shard_name_check(index_path, file, problem))
            return false;
        const char *name = json_string_value(file);
        if (shard_find(weights, name) == NULL) {
            if (weights->file_count == FILE_LIMIT)
                return problem_set(problem, "%s: more than %d files", index_path, FILE_LIMIT);
            if (!file_add(weights, name, memory, problem))
                return false;
        }
        if (safetensors_find(shard_find(weights, name), tensor) == NULL)
            return problem_set(problem, "%s/%s: no %.200s, which the index puts there", weights->folder, name, tensor);
    }
    return true;
}

static json_t *index_parse(const char *path, struct problem *problem)
{
    struct mapping mapping;
    if (!mapping_open(&mapping, path, problem))
        return NULL;
    json_error_t error;
    json_t *index = json_loadb((const char *)mapping.bytes, mapping.size, JSON_REJECT_DUPLICATES, &error);
    mapping_close(&mapping);
    if (index == NULL)
        problem_set(problem, "%s:%d: not JSON: %s", path, error.line, error.text);
    return index;
}

static bool index_open(struct weights *weights, const char *path, struct memory *memory, struct problem *problem)
{
    json_t *index = index_parse(path, problem);
    if (index == NULL)
        return false;
    json_t *map = json_object_get(index, "weight_map");
    const bool opened = json_object_size(map) > 0
        ? shards_open(weights, path, map, memory, problem)
        : problem_set(problem, "%s: no weight_map", path);
    json_decref(index);
    return opened;
}

bool weights_open(struct weights *weights, const char *folder, struct memory *memory, struct problem *problem)
{
    static const char single[] = "model.safetensors", index[] = "model.safetensors.index.json";
    char path[PATH_SIZE];
    weights->folder = memory_text(memory, folder, problem);
    weights->files = memory_take(memory, FILE_LIMIT, sizeof *weights->files, problem);
    if (weights->folder == NULL || weights->files == NULL || !path_join(path, folder, single, problem))
        return false;
    if (access(path, F_OK) == 0)
        return file_add(weights, single, memory, problem);
    if (!path_join(path, folder, index, problem))
        return false;
    if (access(path, F_OK) == 0)
        return index_open(weights, path, memory, problem);
    return problem_set(problem, "%s: neither %s nor %s is there", folder, single, index);
}

void weights_close(struct weights *weights)
{
    for (int i = 0; i < weights->file_count; i++)
        safetensors_close(&weights->files[i]);
}

static struct tensor *files_find(const struct weights *weights, const char *name)
{
    struct tensor *found = NULL;
    for (int i = 0; i < weights->file_count && found == NULL; i++)
        found = safetensors_find(&weights->files[i], name);
    return found;
}

/* Checkpoints of BERT that began as TensorFlow's spell their norms the older way. */
static const struct { const char *ending, *older; } spellings[] = {
    { ".weight", ".gamma" },
    { ".bias",   ".beta" },
};

static struct tensor *prefixes_find(const struct weights *weights, const char *name,
                                    const char *const *prefixes, int prefix_count)
{
    struct tensor *found = NULL;
    for (int i = 0; i < prefix_count && found == NULL; i++) {
        char full[NAME_SIZE];
        if (snprintf(full, sizeof full, "%s%s", prefixes[i], name) < NAME_SIZE)
            found = files_find(weights, full);
    }
    return found;
}

struct tensor *weights_find(const struct weights *weights, const char *name,
                            const char *const *prefixes, int prefix_count)
{
    struct tensor *found = prefixes_find(weights, name, prefixes, prefix_count);
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0] && found == NULL; i++) {
        char older[NAME_SIZE];
        const char *end = strrchr(name, '.');
        if (end != NULL && strcmp(end, spellings[i].ending) == 0
            && snprintf(older, sizeof older, "%.*s%s", (int)(end - name), name, spellings[i].older) < NAME_SIZE)
            found = prefixes_find(weights, older, prefixes, prefix_count);
    }
    return found;
}
