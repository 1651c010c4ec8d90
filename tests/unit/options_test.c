/*
** The command line: what is taken and what is refused.
*/
#include "../../generator/verb/options.h"
#include "../test.h"
#include "capture.h"

enum { MOST_ARGUMENTS = 12 };

static int do_nothing(const struct options *options)
{
    (void)options;
    return 0;
}

static const struct verb verbs[] = {
    { "list", "KIND", false, "", do_nothing },
    { "emit", "CONFIG", true, "", do_nothing },
    { "run", "DIR", true, "", do_nothing },
    { NULL, NULL, false, NULL, NULL }
};

/* Reads a line of arguments separated by single blanks. */
static bool line_read(struct options *options, struct capture *capture, const char *line)
{
    char *words = arena_copy(capture->arena, line, strlen(line)), *argv[MOST_ARGUMENTS] = { words };
    int argc = 1;
    strtok(words, " ");
    while (argc < MOST_ARGUMENTS && (argv[argc] = strtok(NULL, " ")) != NULL)
        argc++;
    *options = (struct options){ .arena = capture->arena, .report = &capture->report };
    return options_read(options, argc, argv, verbs);
}

static void check_refused(const char *line, const char *expected)
{
    struct capture capture;
    struct options options;
    capture_open(&capture);
    CHECK(!line_read(&options, &capture, line));
    CHECK_TEXT(capture_text(&capture), expected);
    capture_close(&capture);
}

static void options_are_taken(void)
{
    struct capture capture;
    struct options options;
    capture_open(&capture);
    CHECK(line_read(&options, &capture, "attngen emit -o out configs/x.lua --target=avx2,scalar"));
    CHECK_TEXT(options.verb->name, "emit");
    CHECK_TEXT(options.input, "configs/x.lua");
    CHECK_TEXT(options.text[OPTION_OUTPUT], "out");
    CHECK_TEXT(options.text[OPTION_TARGET], "avx2,scalar");
    CHECK(options.text[OPTION_TEMPLATES] == NULL);
    CHECK(line_read(&options, &capture, "attngen run x --steps 64 --temperature 0.5 --raw"));
    CHECK(options.number[OPTION_STEPS] == 64 && options.number[OPTION_TEMPERATURE] == 0.5);
    CHECK_TEXT(options.text[OPTION_RAW], "");
    CHECK(line_read(&options, &capture, "attngen emit x.lua --tuned none"));
    CHECK(line_read(&options, &capture, "attngen emit -- -x.lua"));
    CHECK_TEXT(options.input, "-x.lua");
    CHECK(line_read(&options, &capture, "attngen list"));
    CHECK(options.input == NULL);
    CHECK(line_read(&options, &capture, "attngen --version"));
    CHECK(options.verb == NULL);
    CHECK(line_read(&options, &capture, "attngen emit --help"));
    CHECK_TEXT(capture_text(&capture), "");
    capture_close(&capture);
}

static void bad_usage_is_refused(void)
{
    check_refused("attngen emit x.lua --tuned zen4.lua --plan tile=32",
                  "attngen: --tuned has no effect with --plan, which says what the plans are\n");
    check_refused("attngen", "attngen: no verb is given; `attngen --help` lists them\n");
    check_refused("attngen emti x", "attngen: unknown verb 'emti' (did you mean 'emit'?)\n");
    check_refused("attngen frobnicate", "attngen: unknown verb 'frobnicate'; `attngen --help` lists them\n");
    check_refused("attngen emit", "attngen: emit needs an input: attngen emit CONFIG\n");
    check_refused("attngen emit a b", "attngen: 'b' is one argument too many for emit\n");
    check_refused("attngen emit x --taget avx2", "attngen: unknown option '--taget' (did you mean '--target'?)\n");
    check_refused("attngen emit x --frobnicate", "attngen: unknown option '--frobnicate'; `attngen --help` lists them\n");
    check_refused("attngen emit x --json", "attngen: --json does nothing for emit; it belongs to explain bench\n");
    check_refused("attngen emit x --target", "attngen: --target needs a value: --target T,T...\n");
    check_refused("attngen emit x --target a --target b", "attngen: --target is given twice\n");
    check_refused("attngen run x --raw=3", "attngen: --raw takes no value\n");
    check_refused("attngen run x --steps 1.5", "attngen: --steps is '1.5'; expected a whole number from 0 to 16777216\n");
    check_refused("attngen run x --steps -1", "attngen: --steps is '-1'; expected a whole number from 0 to 16777216\n");
    check_refused("attngen run x --steps 1x", "attngen: --steps is '1x'; expected a whole number from 0 to 16777216\n");
    check_refused("attngen run x --top-p nan", "attngen: --top-p is 'nan'; expected a number from 0 to 1\n");
    check_refused("attngen run x --threads 257", "attngen: --threads is '257'; expected at most 64 whole numbers from 1 to 256, such as 4 or 64,256 or 1..16 or 64..4096*2\n");
}

int main(void)
{
    RUN(options_are_taken);
    RUN(bad_usage_is_refused);
    return test_end();
}
