/*
** One safetensors file: eight bytes with the length of a JSON header, the header (name, dtype,
** shape and place of each tensor), then the tensors' bytes without gap or overlap.
** Whatever the file says is checked before it is used.
*/
#ifndef SAFETENSORS_H
#define SAFETENSORS_H

#include "mapping.h"
#include "memory.h"

enum { TENSOR_RANK = 8 };             /* most dimensions */

/* A dtype of the format. to_floats is NULL where a weight cannot have it. */
struct tensor_type {
    const char *name;
    size_t size;                      /* bytes of an element */
    void (*to_floats)(const unsigned char *from, float *to, size_t count);
};

struct tensor {
    const char *name;
    const char *path;                 /* of its file */
    const struct tensor_type *type;
    int rank;
    int64_t shape[TENSOR_RANK];
    size_t count;                     /* elements */
    const unsigned char *bytes;       /* in the mapped file, any alignment */
    const float *floats;              /* once they were asked for */
};

struct safetensors {
    const char *path;
    struct mapping mapping;
    struct tensor *tensors;           /* (count), by name */
    int count;
};

/* *file is all zero before and keeps path; close it whether or not it opened. */
bool safetensors_open(struct safetensors *file, const char *path, struct memory *memory, struct problem *problem);
void safetensors_close(struct safetensors *file);

struct tensor *safetensors_find(const struct safetensors *file, const char *name);     /* or NULL */

/* The elements as floats: the file's own where they are aligned floats, else converted, once. */
const float *tensor_floats(struct tensor *tensor, struct memory *memory, struct problem *problem);

/* "(1536, 576)" */
void tensor_shape_print(const int64_t *shape, int rank, char *text, size_t size);

#endif
