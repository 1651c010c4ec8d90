/*
** The operations. To add one: a function that binds, one that runs, and a line of the table at
** the end; fields that no step has had yet also need a line in description.c.
*/
#include "operation.h"

#include <math.h>
#include <string.h>

#include "activation.h"
#include "columns.h"
#include "embedding.h"
#include "matmul.h"
#include "norm.h"
#include "runs.h"
#include "session.h"

static struct activation *activation_at(struct attn_session *session, int index)
{
    return &session->activations[index];
}

/* out gets the rows of in, and this width. */
static struct activation *activation_shape(struct attn_session *session, const struct step *step, int64_t width)
{
    struct activation *out = activation_at(session, step->out);
    out->rows = activation_at(session, step->in)->rows;
    out->width = width;
    return out;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* norm: each group of each row by itself, with the same weights */

static bool norm_bind(struct binding *binding, struct step *step)
{
    struct binding_shape shape;
    step->norm = norm_find(step->kind);
    if (step->norm == NULL)
        return binding_fail(binding, step, "unknown kind \"%.40s\"", step->kind);
    if (!binding_in(binding, step, step->in, &shape))
        return false;
    if (step->groups == 0 || shape.width % step->groups != 0)
        return binding_fail(binding, step, "a width of %d cannot be cut into %d groups", (int)shape.width,
                            (int)step->groups);
    const int64_t width = shape.width / step->groups;
    step->weight = binding_weight(binding, step, step->weight_name, 1, &width);
    if (step->bias_name != NULL)
        step->bias = binding_weight(binding, step, step->bias_name, 1, &width);
    return step->weight != NULL && (step->bias_name == NULL || step->bias != NULL)
        && binding_out(binding, step, shape);
}

static void norm_run(struct attn_session *session, const struct step *step)
{
    const struct activation *in = activation_at(session, step->in);
    struct activation *out = activation_shape(session, step, in->width);
    const struct norm norm = {
        .weight = step->weight, .bias = step->bias, .weight_offset = (float)step->weight_offset,
        .eps = (float)step->eps, .width = in->width / step->groups,
    };
    for (int64_t group = 0; group < in->rows * step->groups; group++)
        step->norm->apply(&norm, in->values + group * norm.width, out->values + group * norm.width);
}

/* linear: out = in * weight^T + bias, each group of columns by itself with the same weight; linear_transposed: out = in * weight + bias */

/* What is left of so many, all unless the step says so. */
static struct step_runs runs_or_all(const struct step_runs *runs, const int64_t *all)
{
    return runs->count > 0 ? *runs : (struct step_runs){ 1, all };
}

/* The weight and bias, without the rows and columns that the step leaves out; in_width and width become what is left of them. */
static bool linear_weights_bind(const struct binding *binding, struct step *step)
{
    const struct step_runs rows = runs_or_all(&step->left_rows, &step->width), columns = runs_or_all(&step->left_columns, &step->in_width);
    const struct step_runs one = { 1, &(int64_t){ 1 } };
    const int64_t width = runs_total(&rows), in_width = runs_total(&columns);
    const int64_t shape[] = { step->transposed ? in_width : width, step->transposed ? width : in_width };
    const bool other = step->other_weight_name != NULL && !binding_has_weight(binding, step->weight_name);
    step->weight = binding_weight(binding, step, other ? step->other_weight_name : step->weight_name, 2, shape);
    if (step->weight != NULL && step->bias_name != NULL)
        step->bias = binding_weight(binding, step, step->bias_name, 1, &width);
    if (step->weight == NULL || (step->bias_name != NULL && step->bias == NULL))
        return false;
    step->weight = step->transposed ? runs_matrix(binding, step->weight, &columns, &rows)
                                    : runs_matrix(binding, step->weight, &rows, &columns);
    if (step->bias != NULL)
        step->bias = runs_matrix(binding, step->bias, &one, &rows);
    step->width = runs_left(&rows);
    return step->weight != NULL && (step->bias_name == NULL || step->bias != NULL);
}

/* What goes in, whose columns and those of out are cut into groups; step->width stays that of all groups. */
static bool groups_bind(struct binding *binding, struct step *step, struct binding_shape *shape)
{
    if (!binding_in(binding, step, step->in, shape))
        return false;
    if (step->in == step->out)
        return binding_fail(binding, step, "out is also the input");
    if (step->groups == 0 || shape->width % step->groups != 0 || step->width % step->groups != 0)
        return binding_fail(binding, step, "widths of %d and %d cannot be cut into %d groups", (int)shape->width, (int)step->width,
                            (int)step->groups);
    return true;
}

static bool linear_bind(struct binding *binding, struct step *step)
{
    struct binding_shape shape;
    if (!groups_bind(binding, step, &shape))
        return false;
    if (step->groups > 1 && step->left_rows.count + step->left_columns.count > 0)
        return binding_fail(binding, step, "left_rows and left_columns are of one group only");
    if (step->left_rows.count > 0 && runs_total(&step->left_rows) != step->width)
        return binding_fail(binding, step, "left_rows are of %d rows; width is %d", (int)runs_total(&step->left_rows), (int)step->width);
    if (step->left_columns.count > 0 && runs_left(&step->left_columns) != shape.width)
        return binding_fail(binding, step, "left_columns leaves %d columns; the width of in is %d",
                            (int)runs_left(&step->left_columns), (int)shape.width);
    step->in_width = shape.width / step->groups;
    step->width /= step->groups;
    if (!linear_weights_bind(binding, step))
        return false;
    shape.width = step->width * step->groups;
    return binding_out(binding, step, shape);
}

static bool linear_transposed_bind(struct binding *binding, struct step *step)
{
    step->transposed = true;
    return linear_bind(binding, step);
}

static void linear_run(struct attn_session *session, const struct step *step)
{
    const struct activation *out = activation_shape(session, step, step->width * step->groups);
    const struct matmul product = {
        .in = activation_at(session, step->in)->values, .weight = step->weight, .transposed = step->transposed,
        .bias = step->bias, .out = out->values, .rows = out->rows * step->groups, .in_width = step->in_width, .width = step->width,
        .in_stride = step->in_width, .out_stride = step->width, .groups = 1,
    };
    matmul_run(&product, session->model->pool);
}

/*
** linear_each: each group of columns by rows of the weight of its own, from row `offset` of each of as many groups of `rows` on;
** linear_each_transposed: by the same rows transposed.
*/

static bool linear_each_bind(struct binding *binding, struct step *step)
{
    struct binding_shape shape;
    if (!groups_bind(binding, step, &shape))
        return false;
    step->in_width = shape.width / step->groups;
    step->width /= step->groups;
    const int64_t used = step->transposed ? step->in_width : step->width, inner = step->transposed ? step->width : step->in_width;
    if (step->offset + used > step->rows)
        return binding_fail(binding, step, "%d rows from row %d of each group of the weight; a group has %d", (int)used,
                            (int)step->offset, (int)step->rows);
    const int64_t weight_shape[] = { step->groups * step->rows, inner };
    step->weight = binding_weight(binding, step, step->weight_name, 2, weight_shape);
    shape.width = step->width * step->groups;
    return step->weight != NULL && binding_out(binding, step, shape);
}

static bool linear_each_transposed_bind(struct binding *binding, struct step *step)
{
    step->transposed = true;
    return linear_each_bind(binding, step);
}

static void linear_each_run(struct attn_session *session, const struct step *step)
{
    const struct activation *out = activation_shape(session, step, step->width * step->groups);
    const int64_t inner = step->transposed ? step->width : step->in_width;
    const struct matmul product = {
        .in = activation_at(session, step->in)->values, .weight = step->weight + step->offset * inner, .transposed = step->transposed,
        .out = out->values, .rows = out->rows, .in_width = step->in_width, .width = step->width,
        .in_stride = step->in_width * step->groups, .out_stride = out->width, .groups = step->groups,
        .in_group = step->in_width, .weight_group = step->rows * inner, .out_group = step->width,
    };
    matmul_run(&product, session->model->pool);
}

/* add, multiply: element by element */

static bool pair_bind(struct binding *binding, struct step *step)
{
    struct binding_shape in, with;
    if (!binding_in(binding, step, step->in, &in) || !binding_in(binding, step, step->with, &with))
        return false;
    if (in.width != with.width || in.last != with.last)
        return binding_fail(binding, step, "in and with differ: width %d%s and %d%s",
                            (int)in.width, in.last ? ", last rows only" : "",
                            (int)with.width, with.last ? ", last rows only" : "");
    return binding_out(binding, step, in);
}

static void add_run(struct attn_session *session, const struct step *step)
{
    const struct activation *in = activation_at(session, step->in);
    const struct activation *out = activation_shape(session, step, in->width);
    const float *with = activation_at(session, step->with)->values;
    for (int64_t i = 0; i < in->rows * in->width; i++)
        out->values[i] = in->values[i] + with[i];
}

static void multiply_run(struct attn_session *session, const struct step *step)
{
    const struct activation *in = activation_at(session, step->in);
    const float *with = activation_at(session, step->with)->values;
    const struct activation *out = activation_shape(session, step, in->width);
    for (int64_t i = 0; i < in->rows * in->width; i++)
        out->values[i] = in->values[i] * with[i];
}

/* scale: out = in * factor; softcap: out = factor * tanh(in / factor); activate: out = function(in) */

static bool scale_bind(struct binding *binding, struct step *step)
{
    struct binding_shape shape;
    return binding_in(binding, step, step->in, &shape) && binding_out(binding, step, shape);
}

static void scale_run(struct attn_session *session, const struct step *step)
{
    const struct activation *in = activation_at(session, step->in);
    const struct activation *out = activation_shape(session, step, in->width);
    const float factor = (float)step->factor;
    for (int64_t i = 0; i < in->rows * in->width; i++)
        out->values[i] = in->values[i] * factor;
}

static bool softcap_bind(struct binding *binding, struct step *step)
{
    if (!(step->factor > 0))
        return binding_fail(binding, step, "factor is %g; expected a number above 0", step->factor);
    return scale_bind(binding, step);
}

static void softcap_run(struct attn_session *session, const struct step *step)
{
    const struct activation *in = activation_at(session, step->in);
    const struct activation *out = activation_shape(session, step, in->width);
    const float factor = (float)step->factor;
    for (int64_t i = 0; i < in->rows * in->width; i++)
        out->values[i] = factor * tanhf(in->values[i] / factor);
}

static bool activate_bind(struct binding *binding, struct step *step)
{
    struct binding_shape shape;
    step->activation = activation_find(step->kind);
    if (step->activation == NULL)
        return binding_fail(binding, step, "unknown kind \"%.40s\"", step->kind);
    return binding_in(binding, step, step->in, &shape) && binding_out(binding, step, shape);
}

static void activate_run(struct attn_session *session, const struct step *step)
{
    const struct activation *in = activation_at(session, step->in);
    const struct activation *out = activation_shape(session, step, in->width);
    const int64_t count = in->rows * in->width;
    if (out != in)
        memcpy(out->values, in->values, (size_t)count * sizeof *out->values);
    step->activation->apply(out->values, count);
}

/* last: each sequence's last row, unless all rows are asked for */

static bool last_bind(struct binding *binding, struct step *step)
{
    struct binding_shape shape;
    if (!binding_in(binding, step, step->in, &shape))
        return false;
    if (shape.last)
        return binding_fail(binding, step, "in has last rows only already");
    shape.last = true;
    return binding_out(binding, step, shape);
}

static void last_run(struct attn_session *session, const struct step *step)
{
    const struct activation *in = activation_at(session, step->in);
    struct activation *out = activation_at(session, step->out);
    const int64_t width = in->width;
    int64_t row = 0, kept = 0;
    for (int i = 0; i < session->options.sequences; i++) {
        const int64_t length = session->sequences[i].q_len;
        const int64_t keep = session->all_rows ? length : smaller(length, 1);
        row += length;
        memmove(out->values + kept * width, in->values + (row - keep) * width,
                (size_t)(keep * width) * sizeof *out->values);
        kept += keep;
    }
    out->rows = kept;
    out->width = width;
}

static const struct operation operations[] = {
    { "embed",           "out weight rows width",              embed_bind,           embed_run },
    { "embed_positions", "in out weight rows width ?offset",   embed_positions_bind, embed_positions_run },
    { "embed_row",       "in out weight rows row width",       embed_row_bind,       embed_row_run },
    { "embed_sinusoids", "in out base",                        embed_sinusoids_bind, embed_sinusoids_run },
    { "norm", "kind in out weight eps ?bias ?weight_offset ?groups", norm_bind,      norm_run },
    { "linear",          "in out weight width ?bias ?other_weight ?left_rows ?left_columns ?groups", linear_bind, linear_run },
    { "linear_transposed", "in out weight width ?bias ?left_rows ?left_columns", linear_transposed_bind, linear_run },
    { "linear_each",     "in out weight width groups rows ?offset", linear_each_bind,     linear_each_run },
    { "linear_each_transposed", "in out weight width groups rows ?offset", linear_each_transposed_bind, linear_each_run },
    { "attention", "q k v out attention layer ?q_norm ?q_norm_bias ?k_norm ?k_norm_bias ?sink ?table ?array", attention_bind, attention_run },
    { "attention_write", "k v attention layer ?k_norm ?k_norm_bias", attention_write_bind, attention_write_run },
    { "attention_read",  "q out attention layer ?q_norm ?q_norm_bias ?sink ?table ?array", attention_read_bind, attention_read_run },
    { "slice",           "in out width ?offset ?groups",       slice_bind,           slice_run },
    { "join",            "in with out ?groups",                join_bind,            join_run },
    { "select",          "in out columns",                     select_bind,          select_run },
    { "spread",          "in out columns",                     spread_bind,          spread_run },
    { "repeat",          "in out times",                       repeat_bind,          repeat_run },
    { "add",             "in with out",                        pair_bind,            add_run },
    { "multiply",        "in with out",                        pair_bind,            multiply_run },
    { "scale",           "in out factor",                      scale_bind,           scale_run },
    { "softcap",         "in out factor",                      softcap_bind,         softcap_run },
    { "activate",        "kind in out",                        activate_bind,        activate_run },
    { "last",            "in out",                             last_bind,            last_run },
};

const struct operation *operation_find(const char *name)
{
    for (size_t i = 0; i < sizeof operations / sizeof operations[0]; i++)
        if (strcmp(operations[i].name, name) == 0)
            return &operations[i];
    return NULL;
}
