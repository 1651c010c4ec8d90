/*
** Tests in C: a test is a function, main runs each with RUN and returns test_end().
** Each test prints one line, which tests/run counts:
**     pass NAME
**     fail NAME            (its failed checks stand above it, one a line with file:line)
**     skip NAME: why
*/
#ifndef TEST_H
#define TEST_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int test_checks_failed;      /* in the running test */
static int test_failures;           /* tests failed so far */
static const char *test_skipped;    /* why the running test could not run */

static inline bool test_check(bool holds, const char *file, int line, const char *what)
{
    if (!holds) {
        printf("%s:%d: %s\n", file, line, what);
        test_checks_failed++;
    }
    return holds;
}

static inline bool test_check_text(const char *found, const char *expected, const char *file, int line)
{
    if (found != NULL && strcmp(found, expected) == 0)
        return true;
    printf("%s:%d: found    \"%s\"\n%s:%d: expected \"%s\"\n",
           file, line, found == NULL ? "(null)" : found, file, line, expected);
    test_checks_failed++;
    return false;
}

static inline void test_run(const char *name, void (*test)(void))
{
    test_checks_failed = 0;
    test_skipped = NULL;
    test();
    if (test_checks_failed > 0) {
        printf("fail %s\n", name);
        test_failures++;
    } else if (test_skipped != NULL)
        printf("skip %s: %s\n", name, test_skipped);
    else
        printf("pass %s\n", name);
    fflush(stdout);
}

static inline int test_end(void)
{
    return test_failures == 0 ? 0 : 1;
}

#define CHECK(condition) test_check((condition), __FILE__, __LINE__, #condition)
#define CHECK_TEXT(found, expected) test_check_text((found), (expected), __FILE__, __LINE__)
#define SKIP(why) do { test_skipped = (why); return; } while (0)
#define RUN(test) test_run(#test, test)

#endif
