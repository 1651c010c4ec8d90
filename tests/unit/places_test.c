/*
** Places: the lines of fields, found by the small lexer alone.
*/
#include "../../generator/base/places.h"
#include "../../generator/base/text.h"
#include "../test.h"

/* name:line of every place, in brackets what is inside; items are numbers */
static void dump(struct text *out, const struct place *place)
{
    for (const struct place *child = place->first; child != NULL; child = child->next) {
        if (child->name == NULL)
            text_format(out, "%d", child->item);
        else
            text_add(out, child->name, child->length);
        text_format(out, ":%d", child->line);
        text_put(out, child->first == NULL ? " " : "{ ");
        if (child->first != NULL) {
            dump(out, child);
            text_put(out, "} ");
        }
    }
}

static bool check_places(const char *text, const char *expected)
{
    struct arena *arena = arena_create();
    struct text out = text_start(arena);
    dump(&out, places_read(text, strlen(text), arena));
    bool same = CHECK_TEXT(out.data, expected);
    arena_destroy(arena);
    return same;
}

static void fields_are_found(void)
{
    check_places("", "");
    check_places("a = 1\nb = 2", "a:1 b:2 ");
    check_places("a = {\n x = 1,\n y = { z = 3 } }\nb = 1", "a:1{ x:2 y:3{ z:3 } } b:4 ");
    check_places("a = { ['x'] = 1,\n [\"y\"] = 2 }", "a:1{ x:1 y:2 } ");
    check_places("a = f {\n x = 1 }", "a:1{ x:2 } ");
    check_places("a = f({\n x = 1 })", "a:1{ x:2 } ");
    check_places("a = w { l = 1 } &\n w { l = 2 }", "a:1{ l:1 l:2 } ");
}

static void items_are_counted(void)
{
    check_places("a = { 1,\n 2,\n { x = 3 }, }", "a:1{ 1:1 2:2 3:3{ x:3 } } ");
    check_places("a = { x = 1, 5; y = 2,\n 6 }", "a:1{ x:1 1:1 y:1 2:2 } ");
    check_places("a = { -1, (2), 'x' .. 'y',\n #t }", "a:1{ 1:1 2:1 3:1 4:2 } ");
}

static void other_text_is_passed_over(void)
{
    check_places("-- a = 1\nb = 2", "b:2 ");
    check_places("--[[ a = 1\n]] b = 2", "b:2 ");
    check_places("--[==[ a = 1\n]] ]==] b = 2", "b:2 ");
    check_places("b = 'a = {' c = \"\\\"a = {\"\nd = 2", "b:1 c:1 d:2 ");
    check_places("b = [[\na = {\n]] c = 1", "b:1 c:3 ");
    check_places("a = x == 1 b = y <= 2", "a:1 b:1 ");
}

static void broken_text_does_no_harm(void)
{
    check_places("}}} a = 1", "a:1 ");
    check_places("a = { x = 1", "a:1{ x:1 } ");
    check_places("a = 'x", "a:1 ");
    check_places("a = [[x", "a:1 ");
    check_places("a = \"\\", "a:1 ");
    check_places("--[[", "");
    check_places("--", "");
    check_places("[", "");
}

static void many_places_are_bounded(void)
{
    struct arena *arena = arena_create();
    struct text text = text_start(arena);
    for (int i = 0; i < 100; i++)
        text_put(&text, "a = {");
    for (int i = 0; i < 10000; i++)
        text_format(&text, "b%d = { 1, 2 } ", i);
    int count = 0;
    const struct place *place = places_read(text.data, text.length, arena);
    for (; place != NULL; place = place->first)
        count++;
    CHECK(count > 30 && count < 100);
    arena_destroy(arena);
}

static void the_right_one_of_two_is_taken(void)
{
    static const char text[] = "a = w { l = 1 } &\n w { l = 2 }\na = 3";
    struct arena *arena = arena_create();
    const struct place *root = places_read(text, sizeof text - 1, arena);
    const struct place *a = place_assigned(root, "a", 2);
    CHECK(a != NULL && a->line == 1);
    CHECK(place_assigned(root, "a", 3)->line == 3);
    CHECK(place_assigned(root, "b", 3) == NULL);
    CHECK(place_field(a, "l", 1)->line == 1 && place_field(a, "l", 2)->line == 2);
    CHECK(place_field(a, "l", 3) == NULL && place_field(NULL, "l", 0) == NULL && place_item(NULL, 1, 0) == NULL);
    arena_destroy(arena);
}

int main(void)
{
    RUN(fields_are_found);
    RUN(items_are_counted);
    RUN(other_text_is_passed_over);
    RUN(broken_text_does_no_harm);
    RUN(many_places_are_bounded);
    RUN(the_right_one_of_two_is_taken);
    return test_end();
}
