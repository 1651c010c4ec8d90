/*
** See embedding.h.
*/
#include "embedding.h"

#include <math.h>
#include <string.h>

#include "session.h"

/* step->weight becomes the (rows, width) table. */
static bool table_bind(const struct binding *binding, struct step *step)
{
    const int64_t shape[] = { step->rows, step->width };
    step->weight = binding_weight(binding, step, step->weight_name, 2, shape);
    return step->weight != NULL;
}

bool embed_bind(struct binding *binding, struct step *step)
{
    const struct binding_shape shape = { step->width, false };
    if (step->rows < binding->stack->vocab)
        return binding_fail(binding, step, "%d rows do not hold a vocab of %d", (int)step->rows,
                            (int)binding->stack->vocab);
    return table_bind(binding, step) && binding_out(binding, step, shape);
}

void embed_run(struct attn_session *session, const struct step *step)
{
    struct activation *out = &session->activations[step->out];
    out->rows = session->rows;
    out->width = step->width;
    for (int64_t row = 0; row < out->rows; row++)
        memcpy(out->values + row * out->width, step->weight + session->tokens[row] * out->width,
               (size_t)out->width * sizeof *out->values);
}

/* A row is added to each of in, which is as wide. */
static bool sum_bind(struct binding *binding, struct step *step, int64_t width, bool last_rows)
{
    struct binding_shape shape;
    if (!binding_in(binding, step, step->in, &shape))
        return false;
    if (shape.width != width || (shape.last && !last_rows))
        return binding_fail(binding, step, "in has width %d%s; expected %d%s", (int)shape.width,
                            shape.last ? ", last rows only" : "", (int)width, last_rows ? "" : " for each token");
    return binding_out(binding, step, shape);
}

/* out = a row of in and one that is added to it. */
static struct activation *sum_shape(struct attn_session *session, const struct step *step)
{
    const struct activation *in = &session->activations[step->in];
    struct activation *out = &session->activations[step->out];
    out->rows = in->rows;
    out->width = in->width;
    return out;
}

static void sum(const float *a, const float *b, float *out, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        out[i] = a[i] + b[i];
}

bool embed_positions_bind(struct binding *binding, struct step *step)
{
    const int64_t context = binding->stack->context;
    if (step->rows - step->offset < context)
        return binding_fail(binding, step, "%d rows from row %d do not hold a context of %d", (int)step->rows,
                            (int)step->offset, (int)context);
    return table_bind(binding, step) && sum_bind(binding, step, step->width, false);
}

void embed_positions_run(struct attn_session *session, const struct step *step)
{
    const float *in = session->activations[step->in].values;
    const struct activation *out = sum_shape(session, step);
    for (int64_t row = 0; row < out->rows; row++)
        sum(in + row * out->width, step->weight + (session->positions[row] + step->offset) * out->width,
            out->values + row * out->width, out->width);
}

bool embed_row_bind(struct binding *binding, struct step *step)
{
    if (step->row >= step->rows)
        return binding_fail(binding, step, "row %d of %d", (int)step->row, (int)step->rows);
    return table_bind(binding, step) && sum_bind(binding, step, step->width, true);
}

void embed_row_run(struct attn_session *session, const struct step *step)
{
    const float *in = session->activations[step->in].values;
    const struct activation *out = sum_shape(session, step);
    for (int64_t row = 0; row < out->rows; row++)
        sum(in + row * out->width, step->weight + step->row * out->width, out->values + row * out->width, out->width);
}

bool embed_sinusoids_bind(struct binding *binding, struct step *step)
{
    struct binding_shape shape;
    if (!(step->base > 0))
        return binding_fail(binding, step, "base is %g; expected a number above 0", step->base);
    return binding_in(binding, step, step->in, &shape) && sum_bind(binding, step, shape.width, false);
}

/* An odd width has one sine more. */
void embed_sinusoids_run(struct attn_session *session, const struct step *step)
{
    const float *in = session->activations[step->in].values;
    const struct activation *out = sum_shape(session, step);
    const int64_t width = out->width, sines = (width + 1) / 2;
    for (int64_t i = 0; i < width; i++) {
        const double frequency = pow(step->base, -2.0 * (double)(i < sines ? i : i - sines) / (double)width);
        for (int64_t row = 0; row < out->rows; row++) {
            const double angle = session->positions[row] * frequency;
            out->values[row * width + i] = in[row * width + i] + (float)(i < sines ? sin(angle) : cos(angle));
        }
    }
}
