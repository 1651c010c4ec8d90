/*
** Reads the header of a safetensors file; see safetensors.h.
*/
#include "safetensors.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tensor_type.h"

enum {
    LENGTH_BYTES = 8,                 /* of the header's length */
    HEADER_LIMIT = 100 * 1000 * 1000  /* bytes of a header, by the format */
};

/* What the functions below share. */
struct reading {
    const char *path;
    const unsigned char *data;        /* behind the header */
    size_t data_size;
    struct memory *memory;
    struct problem *problem;
};

/* The header's text is the length bytes behind the first eight. */
static bool header_find(const struct mapping *mapping, const char *path, size_t *length, struct problem *problem)
{
    if (mapping->size < LENGTH_BYTES)
        return problem_set(problem, "%s: %zu bytes are too few for a safetensors file", path, mapping->size);
    uint64_t claimed;
    memcpy(&claimed, mapping->bytes, sizeof claimed);
    if (claimed > HEADER_LIMIT || claimed > mapping->size - LENGTH_BYTES)
        return problem_set(problem, "%s: a header of %" PRIu64 " bytes does not fit into a file of %zu; "
                           "it is cut short or not a safetensors file", path, claimed, mapping->size);
    *length = (size_t)claimed;
    return true;
}

static bool shape_read(const struct reading *reading, struct tensor *tensor, const json_t *shape)
{
    if (!json_is_array(shape) || json_array_size(shape) > TENSOR_RANK)
        return problem_set(reading->problem, "%s: shape of %s is not a list of at most %d numbers",
                           reading->path, tensor->name, TENSOR_RANK);
    tensor->rank = (int)json_array_size(shape);
    tensor->count = 1;
    for (int i = 0; i < tensor->rank; i++) {
        const json_t *size = json_array_get(shape, (size_t)i);
        if (!json_is_integer(size) || json_integer_value(size) < 0)
            return problem_set(reading->problem, "%s: shape of %s has a size that is not a whole number from 0",
                               reading->path, tensor->name);
        tensor->shape[i] = json_integer_value(size);
        if (__builtin_mul_overflow(tensor->count, (size_t)tensor->shape[i], &tensor->count))
            return problem_set(reading->problem, "%s: %s has more elements than a file can hold",
                               reading->path, tensor->name);
    }
    return true;
}

static bool type_read(const struct reading *reading, struct tensor *tensor, const json_t *type)
{
    if (!json_is_string(type))
        return problem_set(reading->problem, "%s: %s has no dtype", reading->path, tensor->name);
    tensor->type = tensor_type_find(json_string_value(type));
    if (tensor->type == NULL)
        return problem_set(reading->problem, "%s: %s has dtype \"%.40s\"; expected F32, F16 or BF16",
                           reading->path, tensor->name, json_string_value(type));
    return true;
}

/* data_offsets: [first byte, byte behind the last], counted from the end of the header. */
static bool place_read(const struct reading *reading, struct tensor *tensor, const json_t *offsets)
{
    const json_t *first = json_array_get(offsets, 0), *last = json_array_get(offsets, 1);
    if (json_array_size(offsets) != 2 || !json_is_integer(first) || !json_is_integer(last))
        return problem_set(reading->problem, "%s: data_offsets of %s are not two whole numbers",
                           reading->path, tensor->name);
    const int64_t begin = json_integer_value(first), end = json_integer_value(last);
    if (begin < 0 || end < begin || (uint64_t)end > reading->data_size)
        return problem_set(reading->problem, "%s: %s is at bytes %" PRId64 " to %" PRId64 " of %zu; "
                           "the file is cut short or corrupt", reading->path, tensor->name, begin, end,
                           reading->data_size);
    size_t needed;
    if (__builtin_mul_overflow(tensor->count, tensor->type->size, &needed) || needed != (size_t)(end - begin))
        return problem_set(reading->problem, "%s: %s has %" PRId64 " bytes; %zu elements of %s do not",
                           reading->path, tensor->name, end - begin, tensor->count, tensor->type->name);
    tensor->bytes = reading->data + begin;
    return true;
}

static bool tensor_read(const struct reading *reading, struct tensor *tensor, const char *name, const json_t *entry)
{
    tensor->path = reading->path;
    tensor->name = memory_text(reading->memory, name, reading->problem);
    return tensor->name != NULL
        && type_read(reading, tensor, json_object_get(entry, "dtype"))
        && shape_read(reading, tensor, json_object_get(entry, "shape"))
        && place_read(reading, tensor, json_object_get(entry, "data_offsets"));
}

static bool tensors_read(const struct reading *reading, struct safetensors *file, json_t *header)
{
    if (!json_is_object(header))
        return problem_set(reading->problem, "%s: the header is not a JSON object", reading->path);
    file->tensors = memory_take(reading->memory, json_object_size(header), sizeof *file->tensors, reading->problem);
    if (file->tensors == NULL)
        return false;
    const char *name;
    json_t *entry;
    json_object_foreach(header, name, entry) {
        if (strcmp(name, "__metadata__") == 0)
            continue;
        if (!tensor_read(reading, &file->tensors[file->count], name, entry))
            return false;
        file->count++;
    }
    return true;
}

static size_t tensor_bytes(const struct tensor *tensor)
{
    return tensor->count * tensor->type->size;
}

static int compare_places(const void *a, const void *b)
{
    const struct tensor *left = a, *right = b;
    const uintptr_t from = (uintptr_t)left->bytes, to = (uintptr_t)right->bytes;
    if (from != to)
        return from < to ? -1 : 1;
    return (tensor_bytes(left) > tensor_bytes(right)) - (tensor_bytes(left) < tensor_bytes(right));
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const struct tensor *)a)->name, ((const struct tensor *)b)->name);
}

/* Each tensor begins where the one before ends, and the last ends with the file. */
static bool places_check(const struct reading *reading, struct safetensors *file)
{
    qsort(file->tensors, (size_t)file->count, sizeof *file->tensors, compare_places);
    const unsigned char *end = reading->data;
    for (int i = 0; i < file->count; i++) {
        const struct tensor *tensor = &file->tensors[i];
        if (tensor->bytes < end)
            return problem_set(reading->problem, "%s: %s overlaps %s", reading->path, tensor->name,
                               file->tensors[i - 1].name);
        if (tensor->bytes > end)
            return problem_set(reading->problem, "%s: %td bytes before %s belong to no tensor", reading->path,
                               tensor->bytes - end, tensor->name);
        end += tensor_bytes(tensor);
    }
    if (end != reading->data + reading->data_size)
        return problem_set(reading->problem, "%s: %td bytes at the end belong to no tensor", reading->path,
                           reading->data + reading->data_size - end);
    return true;
}

/* The parsed header; NULL and a sentence when it is no JSON. */
static json_t *header_parse(const struct mapping *mapping, size_t length, const char *path, struct problem *problem)
{
    json_error_t error;
    json_t *header = json_loadb((const char *)mapping->bytes + LENGTH_BYTES, length, JSON_REJECT_DUPLICATES, &error);
    if (header == NULL)
        problem_set(problem, "%s: the header is not JSON: %s", path, error.text);
    return header;
}

bool safetensors_open(struct safetensors *file, const char *path, struct memory *memory, struct problem *problem)
{
    size_t length = 0;
    file->path = path;
    if (!mapping_open(&file->mapping, path, problem) || !header_find(&file->mapping, path, &length, problem))
        return false;
    json_t *header = header_parse(&file->mapping, length, path, problem);
    if (header == NULL)
        return false;
    const struct reading reading = {
        .path = path,
        .data = file->mapping.bytes + LENGTH_BYTES + length,
        .data_size = file->mapping.size - LENGTH_BYTES - length,
        .memory = memory,
        .problem = problem,
    };
    const bool read = tensors_read(&reading, file, header) && places_check(&reading, file);
    json_decref(header);
    if (read)
        qsort(file->tensors, (size_t)file->count, sizeof *file->tensors, compare_names);
    return read;
}

void safetensors_close(struct safetensors *file)
{
    mapping_close(&file->mapping);
}

struct tensor *safetensors_find(const struct safetensors *file, const char *name)
{
    const struct tensor key = { .name = name };
    if (file->count == 0)
        return NULL;
    return bsearch(&key, file->tensors, (size_t)file->count, sizeof key, compare_names);
}

const float *tensor_floats(struct tensor *tensor, struct memory *memory, struct problem *problem)
{
    if (tensor->floats != NULL)
        return tensor->floats;
    if (tensor->type->to_floats == NULL) {
        problem_set(problem, "%s: %s is %s; a weight is F32, F16 or BF16", tensor->path, tensor->name,
                    tensor->type->name);
        return NULL;
    }
    if (strcmp(tensor->type->name, "F32") == 0 && (uintptr_t)tensor->bytes % _Alignof(float) == 0)
        return tensor->floats = (const float *)(const void *)tensor->bytes;
    float *floats = memory_take_large(memory, tensor->count, sizeof *floats, problem);
    if (floats != NULL)
        tensor->type->to_floats(tensor->bytes, floats, tensor->count);
    return tensor->floats = floats;
}

void tensor_shape_print(const int64_t *shape, int rank, char *text, size_t size)
{
    size_t length = 0;
    for (int i = 0; i < rank && length < size; i++)
        length += (size_t)snprintf(text + length, size - length, "%s%" PRId64, i == 0 ? "(" : ", ", shape[i]);
    if (length < size)
        snprintf(text + length, size - length, rank == 0 ? "()" : ")");
}
