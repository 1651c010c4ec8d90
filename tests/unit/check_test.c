/*
** The check harness must pass right kernels and catch each planted fault. Every run is
** a process of its own: a fault may end it at a guard page, which also is caught.
*/
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../runtime/check.h"
#include "../test.h"
#include "check_fake.h"

enum { OUTPUT_BYTES = 8192 };

static int always(void)
{
    return 1;
}

static int never(void)
{
    return 0;
}

static const struct attn_attention *unused_resolver(void)
{
    return NULL;
}

static int harness_run(enum fake_fault fault, int (*supported)(void))
{
    static char name[] = "check", trace[] = "--trace";
    char *argv[] = { name, trace, NULL };
    const struct attn_attention attention = fake_attention(fault), *all = &attention;
    const struct attn_attention *(*const resolver)(void) = unused_resolver;
    const struct attn_model_kernels kernels = { ATTN_CONTRACT, "fake", 1, &resolver, 1, &all, &supported, 0, NULL };
    return check_main(&kernels, 2, argv);
}

/* Runs the harness in a child; its output goes to text. The child's wait status. */
static int harness_status(enum fake_fault fault, int (*supported)(void), char text[OUTPUT_BYTES])
{
    FILE *output = tmpfile();
    int status = -1;
    if (output == NULL)
        return -1;
    fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
        dup2(fileno(output), STDOUT_FILENO);
        exit(harness_run(fault, supported));
    }
    waitpid(child, &status, 0);
    rewind(output);
    text[fread(text, 1, OUTPUT_BYTES - 1, output)] = '\0';
    fclose(output);
    return status;
}

static void right_kernels_pass(void)
{
    char text[OUTPUT_BYTES];
    const int status = harness_status(FAKE_RIGHT, always, text);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK(strstr(text, "pass softmax heads=4") != NULL);
    CHECK(strstr(text, "1 passed, 0 failed, 0 skipped") != NULL);
}

static void planted_faults_are_caught(void)
{
    /* What the harness says; NULL: it dies at a guard page, or says that a place was overwritten. */
    static const struct { enum fake_fault fault; const char *says; } faults[] = {
        { FAKE_SCALE,     "prefill at once: " },
        { FAKE_WINDOW,    "prefill at once: " },
        { FAKE_LSE,       "prefill at once: lse of row" },
        { FAKE_ORDER,     "decode of all queries at once: " },
        { FAKE_STALE,     "prefill at once: " },
        { FAKE_HIDDEN,    "prefill at once: " },
        { FAKE_NEIGHBOUR, NULL },
        { FAKE_LATER,     "expected the bits of" },
        { FAKE_ROTATION,  "prefill at once: " },
        { FAKE_EXPORT,    "read, then store: " },
        { FAKE_IMPORT,    "read, then store: " },
        { FAKE_CACHE,     NULL },
        { FAKE_MERGE,     "keys in two parts, merged: " },
        { FAKE_WEIGHT,    "outputs behind prefill: " },
        { FAKE_HEAD,      "outputs behind prefill: " },
        { FAKE_COLUMNS,   "outputs behind prefill: " },
        { FAKE_SUM,       "outputs behind prefill: " },
        { FAKE_ROW,       NULL },
        { FAKE_NOTHING,   "no new keys, the caches of another call: wrote into the caches" }
    };
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        char text[OUTPUT_BYTES];
        const int status = harness_status(faults[i].fault, always, text);
        const bool died = WIFSIGNALED(status), failed = WIFEXITED(status) && WEXITSTATUS(status) == 1;
        const bool caught = faults[i].says == NULL ? died || (failed && strstr(text, "wrote ") != NULL)
                                                   : failed && strstr(text, faults[i].says) != NULL;
        if (!CHECK(caught))
            printf("fault %d, status %d:\n%s", faults[i].fault, status, text);
    }
}

static void missing_targets_are_skipped(void)
{
    char text[OUTPUT_BYTES];
    const int status = harness_status(FAKE_SCALE, never, text);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK(strstr(text, "skip softmax heads=4") != NULL);
    CHECK(strstr(text, "0 passed, 0 failed, 1 skipped") != NULL);
}

int main(void)
{
    RUN(right_kernels_pass);
    RUN(planted_faults_are_caught);
    RUN(missing_targets_are_skipped);
    return test_end();
}
