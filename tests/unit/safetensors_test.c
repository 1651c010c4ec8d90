/*
** Good files are read, corrupt ones are refused with a sentence.
*/
#include <math.h>

#include "../../runtime/weights.h"
#include "../test.h"
#include "scratch.h"

static struct scratch scratch;

/* What opening path gives: "" or the sentence, without the folder before the file's name. */
static const char *open_path(const char *path, void (*look)(const struct safetensors *file, struct memory *memory))
{
    static char error[1024];
    struct problem problem = { error, sizeof error };
    struct safetensors file = { 0 };
    struct memory memory;
    error[0] = '\0';
    memory_begin(&memory, NULL);
    if (safetensors_open(&file, path, &memory, &problem) && look != NULL)
        look(&file, &memory);
    safetensors_close(&file);
    memory_release(&memory);
    const size_t folder = strlen(scratch.folder);
    return strncmp(error, scratch.folder, folder) == 0 ? error + folder + 1 : error;
}

static const char *open_header(const char *header, size_t data_size)
{
    static const unsigned char data[4096];
    scratch.count = 0;
    return open_path(scratch_write_tensors(&scratch, "m", header, data, data_size), NULL);
}

static void look_at_three(const struct safetensors *file, struct memory *memory)
{
    struct problem problem = { NULL, 0 };
    static const float expected[] = { 1.0f, -2.5f, 0x1p-24f };
    CHECK(file->count == 3);
    static const char *const names[] = { "full", "half", "brain" };
    for (int i = 0; i < 3; i++) {
        struct tensor *tensor = safetensors_find(file, names[i]);
        if (!CHECK(tensor != NULL))
            continue;
        const float *floats = tensor_floats(tensor, memory, &problem);
        CHECK(memcmp(floats, expected, sizeof expected) == 0);
        CHECK(tensor_floats(tensor, memory, &problem) == floats);
    }
    CHECK(safetensors_find(file, "other") == NULL);
}

static void three_kinds_of_floats(void)
{
    static const float full[] = { 1.0f, -2.5f, 0x1p-24f };
    static const uint16_t half[] = { 0x3c00, 0xc100, 0x0001 }, brain[] = { 0x3f80, 0xc020, 0x3380 };
    unsigned char data[24];
    memcpy(data, half, 6);
    memcpy(data + 6, brain, 6);
    memcpy(data + 12, full, 12);
    static const char *const pads[] = { "", " ", "  ", "   " };       /* floats at every alignment */
    for (int i = 0; i < 4; i++) {
        char header[512];
        snprintf(header, sizeof header, "{\"__metadata__\":{\"format\":\"pt\"},"
                 "\"half\":{\"dtype\":\"F16\",\"shape\":[3],\"data_offsets\":[0,6]},"
                 "\"brain\":{\"dtype\":\"BF16\",\"shape\":[3,1],\"data_offsets\":[6,12]},"
                 "\"full\":{\"dtype\":\"F32\",\"shape\":[1,3],\"data_offsets\":[12,24]}}%s", pads[i]);
        scratch.count = 0;
        CHECK_TEXT(open_path(scratch_write_tensors(&scratch, "m", header, data, sizeof data), look_at_three), "");
    }
}

/* What a half stands for, by its definition. */
static double half_value(int bits)
{
    const int exponent = bits >> 10 & 31, fraction = bits & 1023;
    double value = exponent == 0 ? fraction * 0x1p-24 : ldexp(1024 + fraction, exponent - 25);
    if (exponent == 31)
        value = fraction == 0 ? INFINITY : NAN;
    return bits & 0x8000 ? -value : value;
}

static void look_at_halves(const struct safetensors *file, struct memory *memory)
{
    struct problem problem = { NULL, 0 };
    const float *floats = tensor_floats(safetensors_find(file, "x"), memory, &problem);
    for (int i = 0; i < 0x10000; i++) {
        const double expected = half_value(i);
        const bool same = isnan(expected) ? isnan(floats[i]) : (double)floats[i] == expected;
        if (!CHECK(same && !signbit(floats[i]) == !(i & 0x8000))) {
            printf("half %04x is %g; expected %g\n", (unsigned)i, (double)floats[i], expected);
            return;
        }
    }
}

static void every_half(void)
{
    static uint16_t halves[0x10000];
    for (int i = 0; i < 0x10000; i++)
        halves[i] = (uint16_t)i;
    scratch.count = 0;
    CHECK_TEXT(open_path(scratch_write_tensors(&scratch, "m",
               "{\"x\":{\"dtype\":\"F16\",\"shape\":[65536],\"data_offsets\":[0,131072]}}", halves, sizeof halves),
               look_at_halves), "");
}

static void cut_short(void)
{
    scratch.count = 0;
    CHECK_TEXT(open_path(scratch_write(&scratch, "m", "", 0), NULL),
               "m: 0 bytes are too few for a safetensors file");
    scratch.count = 0;
    CHECK_TEXT(open_path(scratch_write(&scratch, "m", "\1\0\0", 3), NULL),
               "m: 3 bytes are too few for a safetensors file");
    scratch.count = 0;
    CHECK_TEXT(open_path(scratch_write(&scratch, "m", "\377\377\377\377\377\377\377\377{}", 10), NULL),
               "m: a header of 18446744073709551615 bytes does not fit into a file of 10; "
               "it is cut short or not a safetensors file");
    scratch.count = 0;
    CHECK_TEXT(open_path(scratch_write(&scratch, "m", "\3\0\0\0\0\0\0\0{}", 10), NULL),
               "m: a header of 3 bytes does not fit into a file of 10; it is cut short or not a safetensors file");
    CHECK_TEXT(open_header("{\"x\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}}", 12),
               "m: x is at bytes 0 to 16 of 12; the file is cut short or corrupt");
}

static void no_json(void)
{
    CHECK_TEXT(open_header("{\"x\":", 0), "m: the header is not JSON: unexpected token near end of file");
    CHECK_TEXT(open_header("[]", 0), "m: the header is not a JSON object");
    CHECK_TEXT(open_header("{\"x\":1}", 0), "m: x has no dtype");
    CHECK_TEXT(open_header("{\"x\":{},\"x\":{}}", 0), "m: the header is not JSON: duplicate object key near '\"x\"'");
    CHECK_TEXT(open_header("{\"a\\nb\":{}}", 0), "m: a?b has no dtype");
}

static void wrong_types(void)
{
    CHECK_TEXT(open_header("{\"x\":{\"dtype\":\"Q4_0\",\"shape\":[1],\"data_offsets\":[0,4]}}", 4),
               "m: x has dtype \"Q4_0\"; expected F32, F16 or BF16");
    CHECK_TEXT(open_header("{\"x\":{\"dtype\":7,\"shape\":[1],\"data_offsets\":[0,4]}}", 4), "m: x has no dtype");
    CHECK_TEXT(open_header("{\"x\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]}}", 8), "");
}

static void look_at_integers(const struct safetensors *file, struct memory *memory)
{
    char error[256];
    struct problem problem = { error, sizeof error };
    CHECK(tensor_floats(safetensors_find(file, "x"), memory, &problem) == NULL);
    CHECK_TEXT(strrchr(error, '/'), "/m: x is I64; a weight is F32, F16 or BF16");
}

static void integers_are_no_weights(void)
{
    scratch.count = 0;
    open_path(scratch_write_tensors(&scratch, "m", "{\"x\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]}}",
                                    "12345678", 8), look_at_integers);
}

static void wrong_shapes(void)
{
    CHECK_TEXT(open_header("{\"x\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4),
               "m: shape of x has a size that is not a whole number from 0");
    CHECK_TEXT(open_header("{\"x\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,4]}}", 4),
               "m: shape of x has a size that is not a whole number from 0");
    CHECK_TEXT(open_header("{\"x\":{\"dtype\":\"F32\",\"shape\":\"big\",\"data_offsets\":[0,4]}}", 4),
               "m: shape of x is not a list of at most 8 numbers");
    CHECK_TEXT(open_header("{\"x\":{\"dtype\":\"F32\",\"shape\":[1,1,1,1,1,1,1,1,1],\"data_offsets\":[0,4]}}", 4),
               "m: shape of x is not a list of at most 8 numbers");
    CHECK_TEXT(open_header("{\"x\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,4]}}", 4),
               "m: x has more elements than a file can hold");
    CHECK_TEXT(open_header("{\"x\":{\"dtype\":\"F32\",\"shape\":[4611686018427387905],\"data_offsets\":[0,4]}}", 4),
               "m: x has 4 bytes; 4611686018427387905 elements of F32 do not");
    CHECK_TEXT(open_header("{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4),
               "m: x has 4 bytes; 2 elements of F32 do not");
    CHECK_TEXT(open_header("{\"x\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}", 4), "");
    CHECK_TEXT(open_header("{\"x\":{\"dtype\":\"F32\",\"shape\":[0,9],\"data_offsets\":[0,0]}}", 0), "");
}

static void wrong_places(void)
{
    CHECK_TEXT(open_header("{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", 4),
               "m: x is at bytes 4 to 0 of 4; the file is cut short or corrupt");
    CHECK_TEXT(open_header("{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[-4,0]}}", 4),
               "m: x is at bytes -4 to 0 of 4; the file is cut short or corrupt");
    CHECK_TEXT(open_header("{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4,8]}}", 8),
               "m: data_offsets of x are not two whole numbers");
    CHECK_TEXT(open_header("{\"x\":{\"dtype\":\"F32\",\"shape\":[1]}}", 8),
               "m: data_offsets of x are not two whole numbers");
    CHECK_TEXT(open_header("{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                           "\"y\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[2,6]}}", 6),
               "m: y overlaps x");
    CHECK_TEXT(open_header("{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[2,6]}}", 6),
               "m: 2 bytes before x belong to no tensor");
    CHECK_TEXT(open_header("{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 6),
               "m: 2 bytes at the end belong to no tensor");
}

/* Opens the folder and looks for `name`; "" or the sentence. */
static const char *open_folder(const char *name)
{
    static const char *const prefixes[] = { "", "model." };
    static char error[1024];
    struct problem problem = { error, sizeof error };
    struct weights weights = { 0 };
    struct memory memory;
    error[0] = '\0';
    memory_begin(&memory, NULL);
    if (weights_open(&weights, scratch.folder, &memory, &problem) && weights_find(&weights, name, prefixes, 2) == NULL)
        snprintf(error, sizeof error, "not found");
    weights_close(&weights);
    memory_release(&memory);
    const size_t folder = strlen(scratch.folder);
    return strncmp(error, scratch.folder, folder) == 0 ? error + folder : error;
}

static void shards(void)
{
    scratch.count = 0;
    CHECK_TEXT(open_folder("a"), ": neither model.safetensors nor model.safetensors.index.json is there");
    scratch_write_tensors(&scratch, "1.safetensors",
                          "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", "1234", 4);
    scratch_write_tensors(&scratch, "2.safetensors",
                          "{\"model.b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", "1234", 4);
    scratch_write_text(&scratch, "model.safetensors.index.json",
                       "{\"weight_map\":{\"a\":\"1.safetensors\",\"model.b\":\"2.safetensors\"}}");
    CHECK_TEXT(open_folder("a"), "");
    CHECK_TEXT(open_folder("b"), "");
    CHECK_TEXT(open_folder("c"), "not found");
    scratch.count--;
    scratch_write_text(&scratch, "model.safetensors.index.json", "{\"weight_map\":{\"b\":\"1.safetensors\"}}");
    CHECK_TEXT(open_folder("a"), "/1.safetensors: no b, which the index puts there");
    scratch.count--;
    scratch_write_text(&scratch, "model.safetensors.index.json", "{\"weight_map\":{\"b\":\"../1.safetensors\"}}");
    CHECK_TEXT(open_folder("a"), "/model.safetensors.index.json: weight_map names a file that is not in the folder");
    scratch.count--;
    scratch_write_text(&scratch, "model.safetensors.index.json", "{\"weight_map\":{\"b\":\"3.safetensors\"}}");
    CHECK_TEXT(open_folder("a"), "/3.safetensors: cannot be read: No such file or directory");
    scratch.count--;
    scratch_write_text(&scratch, "model.safetensors.index.json", "{}");
    CHECK_TEXT(open_folder("a"), "/model.safetensors.index.json: no weight_map");
}

int main(void)
{
    scratch_open(&scratch);
    RUN(three_kinds_of_floats);
    RUN(every_half);
    RUN(cut_short);
    RUN(no_json);
    RUN(wrong_types);
    RUN(integers_are_no_weights);
    RUN(wrong_shapes);
    RUN(wrong_places);
    scratch_close(&scratch);
    scratch_open(&scratch);
    RUN(shards);
    scratch_close(&scratch);
    return test_end();
}
