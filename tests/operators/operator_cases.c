/*
** operator_cases FOLDER...: conformance cases of operators, computed by emitted kernels or by the runtime's
** functions, and compared with the outputs that they come with. A line a case:
**     pass NAME | fail NAME: the error | skip NAME: why it is not expressed
*/
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "call_run.h"
#include "kernels_made.h"
#include "nearness.h"
#include "operators.h"

/* A case and what became of it. */
struct trial {
    const struct operator_case *given;     /* NULL: it cannot be read */
    const char *folder;
    struct call *call;                     /* what kernels are asked for, or NULL */
    const char *failure, *skip;            /* both NULL: passed, so far */
    const char *note;                      /* what a pass does not say, or "" */
};

struct session {
    struct arena *arena;
    struct report report;
    struct trial *trials;                  /* (count) */
    int count;
    struct call **calls;                   /* (call_count), at most two a case */
    int call_count;
};

/* Expressing --------------------------------------------------------------------------------- */

/* "; Mean, InvStdDev not compared": outputs of the case besides the one. */
static const char *others_note(const struct operator_case *given, const struct case_tensor *compared, struct arena *arena)
{
    const char *names = "";
    for (int i = 0; i < given->tensor_count; i++)
        if (given->tensors[i].is_output && &given->tensors[i] != compared)
            names = arena_format(arena, "%s%s%s", names, *names == '\0' ? "; " : ", ", given->tensors[i].role);
    return *names == '\0' ? "" : arena_format(arena, "%s not compared", names);
}

static void compute(struct trial *trial, const struct operator *operator, struct arena *arena)
{
    const struct operator_case *given = trial->given;
    const struct case_tensor *x = case_input(given, operator->inputs[0]), *y = case_output(given, operator->output);
    trial->skip = "the output is not as large as the first input";
    if (x == NULL || y == NULL || x->count != y->count)
        return;
    const float *found = operator->compute(given, arena, &trial->skip);
    if (found == NULL)
        return;
    trial->skip = NULL;
    trial->note = others_note(given, y, arena);
    const struct case_tolerance *tolerance = nearness_tolerance(given, y);
    for (int64_t i = 0; i < y->count && trial->failure == NULL; i++)
        if (!nearness_holds((double)found[i], y->values[i], tolerance))
            trial->failure = arena_format(arena, "%s[%lld] is %g, expected %g", y->role, (long long)i, (double)found[i],
                                          y->values[i]);
}

/* Every output of a call is compared, or the case is not expressed. */
static bool outputs_are_expected(struct call *call)
{
    const struct operator_case *given = call->given;
    if (call->output_count == 0)
        return call_refuse(call, "it has no output");
    for (int i = 0; i < given->tensor_count; i++) {
        bool expected = !given->tensors[i].is_output;
        for (const struct call *at = call; at != NULL; at = at->other)
            for (int j = 0; j < at->output_count; j++)
                expected = expected || at->outputs[j].tensor == &given->tensors[i];
        if (!expected)
            return call_refuse(call, "the output %s is not expressed", given->tensors[i].role);
    }
    return true;
}

static void express(struct session *session, struct trial *trial, const struct operator *operator)
{
    struct call *call = arena_alloc(session->arena, 1, sizeof *call);
    call->given = trial->given;
    call->arena = session->arena;
    if (operator->express(call) && outputs_are_expected(call)) {
        trial->call = call;
        for (; call != NULL; call = call->other)
            session->calls[session->call_count++] = call;
    } else
        trial->skip = call->refusal;
}

static void prepare(struct session *session, struct trial *trial)
{
    trial->note = "";
    trial->given = case_read(trial->folder, session->arena, &session->report);
    if (trial->given == NULL)
        return;
    const struct operator *operator = operator_find(trial->given);
    const char *unread = operator != NULL && operator->why == NULL ? operator_unread(operator, trial->given) : NULL;
    if (operator == NULL)
        trial->skip = arena_format(session->arena, "the operator %s is not computed here", trial->given->operator_name);
    else if (operator->why != NULL)
        trial->skip = operator->why;
    else if (unread != NULL)
        trial->skip = arena_format(session->arena, "%s is not expressed", unread);
    else if (operator->compute != NULL)
        compute(trial, operator, session->arena);
    else
        express(session, trial, operator);
}

/* Running ------------------------------------------------------------------------------------ */

/* With every plan, on every target that this CPU has. */
static void run_call(struct trial *trial, const struct call *call, const struct kernels_made *made, struct arena *arena)
{
    if (call->refusal != NULL)
        trial->skip = call->refusal;
    for (int plan = 0; plan < kernels_plans() && trial->skip == NULL; plan++)
        for (int target = 0; target < kernels_targets(made, plan) && trial->failure == NULL; target++) {
            const struct attn_attention *attention = kernels_for(made, call, plan, target);
            const char *failure = attention == NULL ? NULL : call_run(call, attention, arena);
            if (failure != NULL)
                trial->failure = arena_format(arena, "%s, %s", failure, kernels_plan_name(plan));
        }
}

static void run(struct trial *trial, const struct kernels_made *made, struct arena *arena)
{
    for (const struct call *call = trial->call; call != NULL; call = call->other)
        run_call(trial, call, made, arena);
}

static bool run_all(struct session *session)
{
    if (session->call_count == 0)
        return true;
    struct kernels_made *made = kernels_make(session->calls, session->call_count, session->arena, &session->report);
    if (made == NULL)
        return false;
    for (int i = 0; i < session->count; i++)
        if (session->trials[i].call != NULL)
            run(&session->trials[i], made, session->arena);
    kernels_forget(made);
    return true;
}

/* Telling ------------------------------------------------------------------------------------ */

static bool tell(const struct trial *trial)
{
    if (trial->given == NULL)
        printf("fail %s: the case cannot be read\n", trial->folder);
    else if (trial->failure != NULL)
        printf("fail %s: %s\n", trial->given->name, trial->failure);
    else if (trial->skip != NULL)
        printf("skip %s: %s\n", trial->given->name, trial->skip);
    else
        printf("pass %s%s\n", trial->given->name, trial->note);
    return trial->given != NULL && trial->failure == NULL;
}

int main(int count, char **arguments)
{
    if (count < 2) {
        fputs("usage: operator_cases FOLDER...   each with a case.txt\n", stderr);
        return 2;
    }
    struct session session = { .arena = arena_create(), .report = { .out = stderr }, .count = count - 1 };
    session.trials = arena_alloc(session.arena, (size_t)session.count, sizeof *session.trials);
    session.calls = arena_alloc(session.arena, 2 * (size_t)session.count, sizeof *session.calls);
    for (int i = 0; i < session.count; i++) {
        session.trials[i].folder = arguments[i + 1];
        prepare(&session, &session.trials[i]);
    }
    const bool ran = run_all(&session);
    bool passed = ran;
    for (int i = 0; i < session.count && ran; i++)
        passed = tell(&session.trials[i]) && passed;
    arena_destroy(session.arena);
    return ran ? !passed : 2;
}
