/*
** The process, its pipes, and one JSON object a line each way; see tokenizer.py.
*/
#include "tokenizer.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATH_SIZE = 4096 };

struct tokenizer {
    pid_t process;
    FILE *requests, *answers;
    char python[PATH_SIZE], script[PATH_SIZE];
};

/* Where the program lies: build/attn_run beside build/venv, runtime/ one up. */
static bool paths_find(struct tokenizer *tokenizer, struct problem *problem)
{
    char program[PATH_SIZE];
    const ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length < 0)
        return problem_set(problem, "/proc/self/exe cannot be read, which says where tokenizer.py is");
    program[length] = '\0';
    *strrchr(program, '/') = '\0';
    const char *python = getenv("ATTNGEN_PYTHON");
    const int python_length = python != NULL
        ? snprintf(tokenizer->python, PATH_SIZE, "%s", python)
        : snprintf(tokenizer->python, PATH_SIZE, "%s/venv/bin/python", program);
    const int script_length = snprintf(tokenizer->script, PATH_SIZE, "%s/../runtime/tokenizer.py", program);
    if (python_length >= PATH_SIZE || script_length >= PATH_SIZE)
        return problem_set(problem, "%.200s...: the path is too long", program);
    return true;
}

/* In the child: never returns. */
static void process_become(const struct tokenizer *tokenizer, const char *folder, int in, int out)
{
    dup2(in, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    execlp(tokenizer->python, tokenizer->python, tokenizer->script, folder, (char *)NULL);
    _exit(127);
}

static bool process_start(struct tokenizer *tokenizer, const char *folder, struct problem *problem)
{
    int request[2] = { -1, -1 }, answer[2] = { -1, -1 };
    if (pipe2(request, O_CLOEXEC) != 0 || pipe2(answer, O_CLOEXEC) != 0 || (tokenizer->process = fork()) < 0) {
        close(request[0]);
        close(request[1]);
        close(answer[0]);
        close(answer[1]);
        return problem_set(problem, "no process for the tokenizer");
    }
    if (tokenizer->process == 0)
        process_become(tokenizer, folder, request[0], answer[1]);
    close(request[0]);
    close(answer[1]);
    tokenizer->requests = fdopen(request[1], "w");
    tokenizer->answers = fdopen(answer[0], "r");
    return (tokenizer->requests != NULL && tokenizer->answers != NULL)
        || problem_set(problem, "out of memory: no streams to the tokenizer");
}

static json_t *line_read(FILE *stream)
{
    char *line = NULL;
    size_t room = 0;
    const ssize_t length = getline(&line, &room, stream);
    json_t *object = length > 0 ? json_loadb(line, (size_t)length, 0, NULL) : NULL;
    free(line);
    return object;
}

/* The answer as a JSON object; NULL after a sentence. */
static json_t *answer_read(struct tokenizer *tokenizer, struct problem *problem)
{
    json_t *answer = line_read(tokenizer->answers);
    if (answer == NULL) {
        problem_set(problem, "%s %s gives no answer; it needs Python with the packages tokenizers and jinja2 "
                    "(./bootstrap installs them; ATTNGEN_PYTHON names another one)",
                    tokenizer->python, tokenizer->script);
        return NULL;
    }
    const char *error = json_string_value(json_object_get(answer, "error"));
    if (error == NULL)
        return answer;
    problem_set(problem, "%s", error);
    json_decref(answer);
    return NULL;
}

/* Sends the request, which it frees. */
static json_t *request_send(struct tokenizer *tokenizer, json_t *request, struct problem *problem)
{
    const bool sent = request != NULL && json_dumpf(request, tokenizer->requests, JSON_COMPACT) == 0
        && fputc('\n', tokenizer->requests) != EOF && fflush(tokenizer->requests) == 0;
    json_decref(request);
    if (sent)
        return answer_read(tokenizer, problem);
    problem_set(problem, "the tokenizer has ended");
    return NULL;
}

struct tokenizer *tokenizer_start(const char *folder, struct memory *memory, struct problem *problem)
{
    struct tokenizer *tokenizer = memory_take(memory, 1, sizeof *tokenizer, problem);
    if (tokenizer == NULL || !paths_find(tokenizer, problem) || !process_start(tokenizer, folder, problem))
        return NULL;
    json_t *ready = answer_read(tokenizer, problem);
    if (ready == NULL) {
        tokenizer_stop(tokenizer);
        return NULL;
    }
    json_decref(ready);
    return tokenizer;
}

void tokenizer_stop(struct tokenizer *tokenizer)
{
    if (tokenizer == NULL)
        return;
    fclose(tokenizer->requests);      /* the process ends with its input */
    fclose(tokenizer->answers);
    waitpid(tokenizer->process, NULL, 0);
}

int64_t tokenizer_encode(struct tokenizer *tokenizer, const char *text, bool chat, int32_t **tokens,
                         struct memory *memory, struct problem *problem)
{
    json_t *request = json_pack("{s:s, s:b}", "encode", text, "chat", chat);
    if (request == NULL)
        return problem_set(problem, "the prompt is not UTF-8"), -1;
    json_t *answer = request_send(tokenizer, request, problem);
    if (answer == NULL)
        return -1;
    const json_t *list = json_object_get(answer, "tokens");
    const size_t count = json_array_size(list);
    *tokens = memory_take(memory, count, sizeof **tokens, problem);
    for (size_t i = 0; i < count && *tokens != NULL; i++)
        (*tokens)[i] = (int32_t)json_integer_value(json_array_get(list, i));
    json_decref(answer);
    return *tokens == NULL ? -1 : (int64_t)count;
}

static bool text_print(struct tokenizer *tokenizer, json_t *request, struct problem *problem)
{
    json_t *answer = request_send(tokenizer, request, problem);
    if (answer == NULL)
        return false;
    const json_t *text = json_object_get(answer, "text");
    if (json_is_string(text))
        fwrite(json_string_value(text), 1, json_string_length(text), stdout);
    json_decref(answer);
    return fflush(stdout) == 0 || problem_set(problem, "the text cannot be written");
}

bool tokenizer_print(struct tokenizer *tokenizer, int32_t token, struct problem *problem)
{
    return text_print(tokenizer, json_pack("{s:i}", "push", (int)token), problem);
}

bool tokenizer_finish(struct tokenizer *tokenizer, struct problem *problem)
{
    return text_print(tokenizer, json_pack("{s:b}", "finish", 1), problem);
}
