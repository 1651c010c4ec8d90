/*
** See stops.h.
*/
#include "stops.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "mapping.h"

enum { STOPS = 256 };                 /* most from the file */

/* eos_token_id: a number, a list of numbers, null or absent. */
static bool tokens_read(const json_t *value, const char *path, int32_t *stops, int *count, struct problem *problem)
{
    const size_t length = json_is_array(value) ? json_array_size(value) : value != NULL && !json_is_null(value);
    for (size_t i = 0; i < length; i++) {
        const json_t *token = json_is_array(value) ? json_array_get(value, i) : value;
        const json_int_t id = json_integer_value(token);
        if (!json_is_integer(token) || id < 0 || id > INT32_MAX || i == STOPS)
            return problem_set(problem, "%s: eos_token_id is not a token id, or a list of at most %d", path, STOPS);
        stops[(*count)++] = (int32_t)id;
    }
    return true;
}

static bool file_read(const char *path, int32_t *stops, int *count, struct problem *problem)
{
    struct mapping mapping;
    json_error_t error;
    if (!mapping_open(&mapping, path, problem))
        return false;
    json_t *root = json_loadb((const char *)mapping.bytes, mapping.size, 0, &error);
    mapping_close(&mapping);
    if (root == NULL)
        return problem_set(problem, "%s:%d: not JSON: %s", path, error.line, error.text);
    const bool read = tokens_read(json_object_get(root, "eos_token_id"), path, stops, count, problem);
    json_decref(root);
    return read;
}

int stops_read(const struct attn_model_info *info, const char *folder, const int32_t **stops,
               struct memory *memory, struct problem *problem)
{
    char path[4096];
    int count = info->eos_count;
    int32_t *tokens = memory_take(memory, (size_t)info->eos_count + STOPS, sizeof *tokens, problem);
    if (tokens == NULL)
        return -1;
    memcpy(tokens, info->eos, (size_t)count * sizeof *tokens);
    snprintf(path, sizeof path, "%s/generation_config.json", folder);
    if (access(path, F_OK) == 0 && !file_read(path, tokens, &count, problem))
        return -1;
    *stops = tokens;
    return count;
}
