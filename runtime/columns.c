/*
** See columns.h.
*/
#include "columns.h"

#include <string.h>

#include "runs.h"
#include "session.h"

/* Groups of columns that go from one activation to another, the same ones in each row. */
struct columns {
    const float *from;                /* the first that is taken */
    float *to;
    int64_t from_row, from_group;     /* floats from one row, and one group, to the next */
    int64_t to_row, to_group;
    int64_t rows, groups, width;      /* width of a group's columns that are taken */
};

static void columns_copy(const struct columns *columns)
{
    for (int64_t row = 0; row < columns->rows; row++)
        for (int64_t group = 0; group < columns->groups; group++)
            memcpy(columns->to + row * columns->to_row + group * columns->to_group,
                   columns->from + row * columns->from_row + group * columns->from_group,
                   (size_t)columns->width * sizeof *columns->to);
}

/* The step reads this activation, does not write it, and cuts it into its groups. */
static bool groups_bind(struct binding *binding, const struct step *step, int activation, struct binding_shape *shape)
{
    if (!binding_in(binding, step, activation, shape))
        return false;
    if (step->out == activation)
        return binding_fail(binding, step, "out is also an input");
    if (step->groups > 0 && shape->width % step->groups == 0)
        return true;
    return binding_fail(binding, step, "a width of %d cannot be cut into %d groups", (int)shape->width,
                        (int)step->groups);
}

static struct activation *out_shape(struct attn_session *session, const struct step *step, int64_t width)
{
    struct activation *out = &session->activations[step->out];
    out->rows = session->activations[step->in].rows;
    out->width = width;
    return out;
}

bool slice_bind(struct binding *binding, struct step *step)
{
    struct binding_shape shape;
    if (!groups_bind(binding, step, step->in, &shape))
        return false;
    const int64_t part = shape.width / step->groups;
    if (step->width % step->groups != 0 || step->offset + step->width / step->groups > part)
        return binding_fail(binding, step, "%d columns from column %d of each of %d groups; a group has %d",
                            (int)(step->width / step->groups), (int)step->offset, (int)step->groups, (int)part);
    shape.width = step->width;
    return binding_out(binding, step, shape);
}

void slice_run(struct attn_session *session, const struct step *step)
{
    const struct activation *in = &session->activations[step->in];
    const struct activation *out = out_shape(session, step, step->width);
    columns_copy(&(struct columns){
        .from = in->values + step->offset, .from_row = in->width, .from_group = in->width / step->groups,
        .to = out->values, .to_row = out->width, .to_group = out->width / step->groups,
        .rows = in->rows, .groups = step->groups, .width = out->width / step->groups,
    });
}

bool join_bind(struct binding *binding, struct step *step)
{
    struct binding_shape in, with;
    if (!groups_bind(binding, step, step->in, &in) || !groups_bind(binding, step, step->with, &with))
        return false;
    if (in.last != with.last)
        return binding_fail(binding, step, "one of in and with has last rows only");
    in.width += with.width;
    return binding_out(binding, step, in);
}

void join_run(struct attn_session *session, const struct step *step)
{
    const int parts[] = { step->in, step->with };
    const int64_t width = session->activations[step->in].width + session->activations[step->with].width;
    const struct activation *out = out_shape(session, step, width);
    int64_t place = 0;
    for (int i = 0; i < 2; i++) {
        const struct activation *in = &session->activations[parts[i]];
        const int64_t part = in->width / step->groups;
        columns_copy(&(struct columns){
            .from = in->values, .from_row = in->width, .from_group = part,
            .to = out->values + place, .to_row = out->width, .to_group = out->width / step->groups,
            .rows = in->rows, .groups = step->groups, .width = part,
        });
        place += part;
    }
}

bool repeat_bind(struct binding *binding, struct step *step)
{
    struct binding_shape shape;
    if (!groups_bind(binding, step, step->in, &shape))
        return false;
    if (shape.width * step->times > DESCRIPTION_WIDTH)
        return binding_fail(binding, step, "a width of %d, %d times, is more than %d", (int)shape.width,
                            (int)step->times, DESCRIPTION_WIDTH);
    shape.width *= step->times;
    return binding_out(binding, step, shape);
}

void repeat_run(struct attn_session *session, const struct step *step)
{
    const struct activation *in = &session->activations[step->in];
    const struct activation *out = out_shape(session, step, in->width * step->times);
    columns_copy(&(struct columns){
        .from = in->values, .from_row = in->width, .from_group = 0,
        .to = out->values, .to_row = out->width, .to_group = in->width,
        .rows = in->rows, .groups = step->times, .width = in->width,
    });
}

/* in has so many columns, and out gets as many as that. */
static bool runs_bind(struct binding *binding, struct step *step, int64_t in_width, int64_t out_width)
{
    struct binding_shape shape;
    step->groups = 1;
    if (!groups_bind(binding, step, step->in, &shape))
        return false;
    if (shape.width != in_width)
        return binding_fail(binding, step, "in has width %d; expected %d columns", (int)shape.width, (int)in_width);
    if (out_width > DESCRIPTION_WIDTH)
        return binding_fail(binding, step, "columns are of more than %d", DESCRIPTION_WIDTH);
    step->width = shape.width = out_width;
    return binding_out(binding, step, shape);
}

bool select_bind(struct binding *binding, struct step *step)
{
    return runs_bind(binding, step, runs_total(&step->columns), runs_left(&step->columns));
}

void select_run(struct attn_session *session, const struct step *step)
{
    const struct activation *in = &session->activations[step->in];
    const struct activation *out = out_shape(session, step, step->width);
    for (int64_t row = 0; row < in->rows; row++)
        runs_gather(&step->columns, in->values + row * in->width, out->values + row * out->width);
}

bool spread_bind(struct binding *binding, struct step *step)
{
    return runs_bind(binding, step, runs_left(&step->columns), runs_total(&step->columns));
}

void spread_run(struct attn_session *session, const struct step *step)
{
    const struct activation *in = &session->activations[step->in];
    const struct activation *out = out_shape(session, step, step->width);
    for (int64_t row = 0; row < in->rows; row++)
        runs_scatter(&step->columns, in->values + row * in->width, out->values + row * out->width);
}
