/*
** The sandbox: what comes out of a chunk, with its lines, and how hostile chunks
** end. Linked with --wrap=realloc, so that Lua's memory can be refused on demand.
*/
#include "../../generator/base/text.h"
#include "../../generator/script/script.h"
#include "../test.h"
#include "capture.h"

static int reallocs_left = -1;       /* the next one and all after it fail at 0; -1: none does */

void *__real_realloc(void *block, size_t size);
void *__wrap_realloc(void *block, size_t size);

void *__wrap_realloc(void *block, size_t size)
{
    if (reallocs_left == 0)
        return NULL;
    reallocs_left -= reallocs_left > 0;
    return __real_realloc(block, size);
}

static const char *const words[] = { "rope", "causal", "window", "where", "f32", "half", NULL };
static const char *const fields[] = { "name", "attention", "layers", NULL };

/* kind or number, @line, and in brackets what is inside */
static void dump(struct text *out, const struct value *value)
{
    if (value->kind == VALUE_WORD || value->kind == VALUE_TABLE)
        text_put(out, value->kind == VALUE_WORD ? value->word : "");
    else
        text_put(out, value->kind == VALUE_TEXT ? value->text : value_describe(value, out->arena));
    text_format(out, "@%d", value->where.line);
    if (value->field_count + value->item_count == 0)
        return;
    text_put(out, "{");
    for (int i = 0; i < value->field_count; i++) {
        text_format(out, " %s=", value->fields[i].name);
        dump(out, value->fields[i].value);
    }
    for (int i = 0; i < value->item_count; i++) {
        text_put(out, " ");
        dump(out, value->items[i]);
    }
    text_put(out, " }");
}

/* The tree of a chunk as text, or what was reported. */
static const char *result_of(struct capture *capture, struct script *script)
{
    const struct value *value = script_run(script, capture->arena, &capture->report);
    if (value == NULL)
        return capture_text(capture);
    struct text out = text_start(capture->arena);
    dump(&out, value);
    return out.data;
}

static bool check_chunk(const char *text, size_t length, const char *const *allowed, const char *expected)
{
    struct capture capture;
    capture_open(&capture);
    struct script script = { .source = { "x.lua", text, length }, .words = words, .fields = allowed };
    bool same = CHECK_TEXT(result_of(&capture, &script), expected);
    capture_close(&capture);
    return same;
}

/* Each row: a chunk, and its tree or its error. */
static void check_rows(const char *const (*rows)[2], size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_chunk(rows[i][0], strlen(rows[i][0]), NULL, rows[i][1]);
}

#define CHECK_ROWS(rows) check_rows(rows, sizeof rows / sizeof rows[0])

static void values_come_out_with_their_lines(void)
{
    static const char *const rows[][2] = {
        { "", "@0" },
        { "a = 1\nb = 0.5 c = 'x'\nd = true", "@0{ a=1@1 b=0.5@2 c=x@2 d=true@3 }" },
        { "a = {\n x = 1,\n y = { z = 2,\n 3, 4 } }", "@0{ a=@1{ x=1@2 y=@3{ z=2@3 3@4 4@4 } } }" },
        { "b = 1\na = 2", "@0{ b=1@1 a=2@2 }" },
        { "a = { y = 1, x = 2 }", "@0{ a=@1{ x=2@1 y=1@1 } }" },
        { "local n = 4\na = { x = n * 2,\n ['odd'] = n // 3 }", "@0{ a=@2{ x=8@2 odd=1@3 } }" },
        { "a = 1\nb = a + 1", "@0{ a=1@1 b=2@2 }" },
        { "local t = { x = 1 }\na = t", "@0{ a=@2{ x=1@2 } }" },
        { "-- a = { x = 1\na = { x = 1 } --[[ y\n = 2 ]] b = [[\n{]]\nc = {\n x = 3 }",
          "@0{ a=@2{ x=1@2 } b={@3 c=@5{ x=3@6 } }" },
        { "a = {}\nfor i = 1, 3 do a[i] = i end", "@0{ a=@1{ 1@1 2@1 3@1 } }" },
        { "a = {\n { x = 1 },\n { x = 2 } }", "@0{ a=@1{ @2{ x=1@2 } @3{ x=2@3 } } }" },
        { "local s = 0\nfor i, v in ipairs { 4, 5 } do s = s + i * v end\na = tostring(s)", "@0{ a=14@3 }" },
        { "a = { x = nil }", "@0{ a=@1 }" },
    };
    CHECK_ROWS(rows);
}

static void words_come_in_every_form(void)
{
    static const char *const rows[][2] = {
        { "a = f32\nb = causal()", "@0{ a=f32@1 b=causal@2 }" },
        { "a = rope {\n base = 2,\n pairing = half }", "@0{ a=rope@1{ base=2@2 pairing=half@3 } }" },
        { "a = where 'k <= q'", "@0{ a=where@1{ k <= q@1 } }" },
        { "a = where 'k <= W' {\n W = 4 }", "@0{ a=where@1{ W=4@2 k <= W@1 } }" },
        { "a = causal() &\n window { left = 4 } |\n window { left = 5 }",
          "@0{ a=|@1{ &@1{ causal@1 window@2{ left=4@2 } } window@3{ left=5@3 } } }" },
        { "a = ~causal", "@0{ a=~@1{ causal@1 } }" },
        { "local w = window\na = w { left = 1 }\nb = w { left = 2 }",
          "@0{ a=window@1{ left=1@2 } b=window@1{ left=2@3 } }" },
        { "a = rope(64)", "@0{ a=rope@1{ 64@1 } }" },
        { "a = rope {} {}", "x.lua:1: 'rope' is called once too often\n" },
        { "a = causal()()", "x.lua:1: 'causal' is called once too often\n" },
        { "a = where 'x' 'y'", "x.lua:1: 'where' is called once too often\n" },
        { "a = rope(1, 2)", "x.lua:1: 'rope' is given several values; expected one table, text or number\n" },
        { "a = rope(nil)", "x.lua:1: 'rope' is given nothing (nil); expected one table, text or number\n" },
        { "\na = rope.base", "x.lua:2: 'rope' is a word; it has no fields to read\n" },
        { "rope.base = 1", "x.lua:1: 'rope' is a word; it has no fields to read\n" },
        { "a = causal & 3", "x.lua:1: '&' combines words; found a number\n" },
        { "a = {} | causal", "x.lua:1: '|' combines words; found a table\n" },
        { "a = causal + 1", "x.lua:1: attempt to perform arithmetic on a word value (global 'causal')\n" },
    };
    CHECK_ROWS(rows);
}

static void mistakes_are_told_at_their_line(void)
{
    static const char *const rows[][2] = {
        { "\na = ropee()", "x.lua:2: unknown word 'ropee' (did you mean 'rope'?)\n" },
        { "a = os.time()", "x.lua:1: unknown word 'os'\n" },
        { "a = 1\n\na = 2", "x.lua:3: 'a' is assigned twice; the first time on line 1\n" },
        { "a = {\n}\na = {\n}", "x.lua:3: 'a' is assigned twice; the first time on line 1\n" },
        { "a = {\n  x = = 3 }", "x.lua:2: unexpected symbol near '='\n" },
        { "a = { f = function() end }", "x.lua:1: a field is a function; expected a number, a text, a table or a word\n" },
        { "a = ipairs", "x.lua:1: a field is a function; expected a number, a text, a table or a word\n" },
        { "a = { 1, nil, 3 }", "x.lua:1: a list has a gap before its item 3\n" },
        { "a = { [0.5] = 1 }", "x.lua:1: a table has a number as a key; expected names, or a list from 1\n" },
        { "a = { [0] = 1 }", "x.lua:1: a table has a number as a key; expected names, or a list from 1\n" },
        { "a = { [true] = 1 }", "x.lua:1: a table has a boolean as a key; expected names, or a list from 1\n" },
        { "a = { ['x\\0y'] = 1 }", "x.lua:1: the name of a field has a zero byte\n" },
        { "_ENV[1] = 2", "x.lua:1: a name must be a text; found a number\n" },
        { "a = tostring({})", "x.lua:1: tostring takes a number, text or boolean; found a table\n" },
        { "for i in ipairs() do end", "x.lua:1: ipairs walks a table; found nothing\n" },
        { "a = 1 // 0", "x.lua:1: attempt to divide by zero\n" },
        { "a = refuse", "x.lua:1: unknown word 'refuse'\n" },
    };
    CHECK_ROWS(rows);
    check_chunk("nme = 'x'", 9, fields, "x.lua:1: unknown field 'nme' (did you mean 'name'?)\n");
    check_chunk("name = 'x'", 10, fields, "@0{ name=x@1 }");
}

static void steps_can_be_fewer(void)
{
    struct capture capture;
    capture_open(&capture);
    struct script script = { .source = { "x.lua", "while true do end", 17 }, .steps = 1000 };
    CHECK(script_run(&script, capture.arena, &capture.report) == NULL);
    CHECK_TEXT(capture_text(&capture), "x.lua:1: still runs after 1000 steps; is this loop endless?\n");
    capture_close(&capture);
}

static void hostile_chunks_end_with_an_error(void)
{
    static const char *const rows[][2] = {
        { "\nwhile true do end", "x.lua:2: still runs after 20000000 steps; is this loop endless?\n" },
        { "goto a\n::a:: goto a", "x.lua:2: still runs after 20000000 steps; is this loop endless?\n" },
        { "local s = 'x' while true do s = s .. s end", "x.lua: needs more than the 64 MiB of memory that it may use\n" },
        { "local t = {} for i = 1, 1e9 do t[i] = i end", "x.lua: needs more than the 64 MiB of memory that it may use\n" },
        { "local function f() return 1 + f() end a = f()", "x.lua: needs more than the 64 MiB of memory that it may use\n" },
        { "a = ('x'):rep(1000000000)", "x.lua:1: attempt to index a string value (constant 'x')\n" },
        { "a = setmetatable({}, {})", "x.lua:1: unknown word 'setmetatable'\n" },
        { "a = load('x')", "x.lua:1: unknown word 'load'\n" },
        { "local t = {} t.t = t a = t", "x.lua:1: tables stand more than 32 deep in each other, or one contains itself\n" },
        { "local t = {} for i = 1, 300000 do t[i] = 1 end a = t", "x.lua:1: a table has more than 200000 fields\n" },
        { "local t = {} for i = 1, 1000 do t[i] = 1 end local u = {} for i = 1, 1000 do u[i] = t end a = u",
          "x.lua:1: there are more than 200000 values\n" },
        { "local s = 'x' for i = 1, 20 do s = s .. s end local t = {} for i = 1, 100 do t[i] = s end a = t",
          "x.lua:1: the texts are longer than 16777216 bytes together\n" },
        { "local a <close> = 3", "x.lua:1: variable 'a' got a non-closable value\n" },
        { "\033Lua", "x.lua: is compiled Lua; expected Lua text\n" },
        { "\177ELF\1\1", "x.lua:1: unexpected symbol near '<\\127>'\n" },
    };
    CHECK_ROWS(rows);
    check_chunk("a = 1\0b", 7, NULL, "x.lua:1: unexpected symbol\n");
}

/* A chunk of count times opening. */
static void deep_nesting_is_refused(void)
{
    static char text[200000];
    memset(text, '{', sizeof text);
    memcpy(text, "a =", 3);
    check_chunk(text, sizeof text, NULL, "x.lua: C stack overflow\n");
    memset(text + 3, '-', 1);
    memset(text + 4, '(', sizeof text - 4);
    check_chunk(text, sizeof text, NULL, "x.lua: C stack overflow\n");
}

static void long_texts_are_refused(void)
{
    struct capture capture;
    capture_open(&capture);
    struct script script = { .source = { "x.lua", arena_alloc(capture.arena, 1, 5000000), 5000000 }, .words = words };
    CHECK_TEXT(result_of(&capture, &script), "x.lua: has 5000000 bytes; at most 4194304 are read\n");
    capture_close(&capture);
}

/* { heads = 8, sizes = { 2, 3 }, rope = { base = 10 }, unused = true } at config.json */
static struct value *given_make(struct arena *arena)
{
    struct capture capture;
    capture_open(&capture);
    static const char text[] = "heads = 8 sizes = { 2, 3 } rope = { base = 10, kind = 'x' } unused = true";
    struct script script = { .source = { "config.json", text, sizeof text - 1 }, .words = words };
    struct value *given = script_run(&script, arena, &capture.report);
    capture_close(&capture);
    return given;
}

static bool check_given(const char *text, const char *expected, const char *unread)
{
    struct capture capture;
    capture_open(&capture);
    struct script script = { .source = { "x.lua", text, strlen(text) }, .words = words, .given_name = "json" };
    script.given = given_make(capture.arena);
    bool same = CHECK_TEXT(result_of(&capture, &script), expected);
    struct text names = text_start(capture.arena);
    for (int i = 0; script.unread != NULL && script.unread[i] != NULL; i++)
        text_format(&names, "%s ", script.unread[i]);
    same = CHECK_TEXT(names.data, unread) && same;
    capture_close(&capture);
    return same;
}

static void given_values_are_read_only(void)
{
    check_given("a = json.heads * 2 b = json.absent == nil c = #json.sizes d = json.rope.base",
                "@0{ a=16@1 b=true@1 c=2@1 d=10@1 }", "unused rope.kind ");
    check_given("local s = 0 for i, v in ipairs(json.sizes) do s = s + v end a = s b = json.sizes[3] == nil", "@0{ a=5@1 b=true@1 }",
                "heads rope unused ");
    check_given("a = json.sizes", "@0{ a=@1{ 2@1 3@1 } }", "heads rope unused ");
    check_given("json.heads = 3", "x.lua:1: 'json' cannot be changed\n", "");
    check_given("json.rope.base = 3", "x.lua:1: 'json' cannot be changed\n", "");
    check_given("refuse('heads', 'is 8; expected 9')", "config.json:1: heads is 8; expected 9\n", "");
    check_given("refuse('absent', 'is missing')", "config.json: absent is missing\n", "");
    check_given("refuse(3)", "x.lua:1: refuse takes a field's name and a sentence\n", "");
}

static void prelude_gives_words(void)
{
    struct capture capture;
    capture_open(&capture);
    static const char prelude[] = "local function twice(x) return 2 * x end\nreturn { twice = twice, half_of = { 3 } }";
    static const char text[] = "a = twice(4) b = half_of[1]";
    struct script script = { .source = { "x.lua", text, sizeof text - 1 }, .preludes = { { "p.lua", prelude, sizeof prelude - 1 } } };
    CHECK_TEXT(result_of(&capture, &script), "@0{ a=8@1 b=3@1 }");
    script.source = (struct script_source){ "x.lua", "\na = twice({})", 14 };
    CHECK_TEXT(result_of(&capture, &script), "p.lua:1: attempt to perform arithmetic on a table value (local 'x')\n");
    script.preludes[1] = (struct script_source){ "second.lua", "return { four = {} + twice(2) }", 31 };
    result_of(&capture, &script);
    CHECK(strstr(capture_text(&capture), "second.lua:1: attempt to perform arithmetic on a table value\n") != NULL);
    script.preludes[0] = (struct script_source){ "p.lua", "a = 1", 5 };
    result_of(&capture, &script);
    CHECK(strstr(capture_text(&capture), "p.lua: ends without returning a table of names\n") != NULL);
    capture_close(&capture);
}

/* Memory refused at every point in turn: an error each time, then success. */
static void refused_memory_is_an_error(void)
{
    static const char text[] = "a = { x = { 1, 2, 3 }, 'text' } b = causal() & window { left = 4 } for i, v in ipairs { 1 } do c = v end";
    bool done = false;
    for (int left = 0; !done && left < 10000; left++) {
        struct capture capture;
        capture_open(&capture);
        struct script script = { .source = { "x.lua", text, sizeof text - 1 }, .words = words };
        reallocs_left = left;
        done = script_run(&script, capture.arena, &capture.report) != NULL;
        reallocs_left = -1;
        CHECK(capture.report.errors == (done ? 0 : 1));
        capture_close(&capture);
    }
    CHECK(done);
}

int main(void)
{
    RUN(values_come_out_with_their_lines);
    RUN(words_come_in_every_form);
    RUN(mistakes_are_told_at_their_line);
    RUN(steps_can_be_fewer);
    RUN(hostile_chunks_end_with_an_error);
    RUN(deep_nesting_is_refused);
    RUN(long_texts_are_refused);
    RUN(given_values_are_read_only);
    RUN(prelude_gives_words);
    RUN(refused_memory_is_an_error);
    return test_end();
}
