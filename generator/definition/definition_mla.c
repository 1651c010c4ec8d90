/*
** Multi-head latent attention, said by the ranks of its paper (DeepSeek-V2, section 2.1). Naive: keys and values of each
** head are unfolded from a latent of kv_rank numbers, k = [rope | nope]. Absorbed: all heads share one key, [rope | latent],
** whose latent is the value as well; what unfolds it stands before and behind the attention.
*/
#include <math.h>

#include "definition_parts.h"

static const char *const mla_fields[] = { "kv_rank", "nope", "rope", "v", "form", NULL };
static const char *const forms[] = { "naive", "absorbed", NULL };

static bool read_ranks(struct mla *mla, const struct fields *fields)
{
    static const struct field_limits limits = { 1, DEFINITION_D };
    const struct { const char *name; int *size; } sizes[] = {
        { "kv_rank", &mla->kv_rank }, { "nope", &mla->nope }, { "rope", &mla->rope }, { "v", &mla->v },
    };
    bool good = true;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        int64_t whole = 0;
        good = fields_integer(fields, sizes[i].name, true, limits, &whole) && good;
        *sizes[i].size = (int)whole;
    }
    if (good && mla->rope % 2 != 0)
        return fields_refuse(fields, "rope", "an even number");
    return good;
}

/* What the ranks say already cannot be said again. */
static bool refuse_sizes(const struct fields *fields)
{
    static const char *const sizes[] = { "kv_heads", "d_k", "d_v", "v" };
    bool good = true;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (value_field(fields->table, sizes[i]) != NULL)
            good = fields_refuse(fields, sizes[i], "nothing beside mla, which says it");
    return good;
}

void definition_use_mla(struct definition *definition)
{
    const struct mla *mla = &definition->mla;
    const bool absorbed = mla->form == MLA_ABSORBED;
    definition->kv_heads = absorbed ? 1 : definition->heads;
    definition->d_k = mla->rope + (absorbed ? mla->kv_rank : mla->nope);
    definition->d_v = absorbed ? mla->kv_rank : mla->v;
    definition->v_in_k = absorbed;
}

struct definition definition_unfolded(const struct definition *absorbed, const struct catalog *catalog, struct arena *arena)
{
    struct definition naive = *absorbed;
    naive.mla.form = MLA_NAIVE;
    definition_use_mla(&naive);
    naive.kept.kv_heads = naive.kv_heads;
    naive.group = 1;
    naive.cache_k = naive.cache_v = (struct cached){ .type = catalog_find(catalog, CATALOG_CACHE, "f32") };
    naive.line = definition_line(&naive, arena);
    return naive;
}

static bool apply(struct definition *definition, const struct fields *fields)
{
    const struct mla *mla = &definition->mla;
    const bool absorbed = mla->form == MLA_ABSORBED;
    definition_use_mla(definition);
    definition->scale = 1 / sqrt(mla->nope + mla->rope);
    return definition->d_k <= DEFINITION_D
        || fields_refuse(fields, "rope", "at most %d together with %s", DEFINITION_D, absorbed ? "kv_rank" : "nope");
}

bool definition_read_mla(struct definition *definition, const struct fields *fields, const struct definition_reader *reader)
{
    const struct value *table = value_field(fields->table, "mla");
    if (table == NULL)
        return true;
    if (table->kind != VALUE_TABLE)
        return fields_refuse(fields, "mla", "a table: { kv_rank = 512, nope = 128, rope = 64, v = 128, form = absorbed }");
    const struct fields inner = { table, arena_format(reader->arena, "%smla.", reader->path), reader->arena, reader->report };
    const int form = definition_read_choice(&inner, "form", forms);
    if (!fields_known(&inner, mla_fields) || form < 0 || !read_ranks(&definition->mla, &inner) || !refuse_sizes(fields))
        return false;
    definition->mla.form = form == 0 ? MLA_NAIVE : MLA_ABSORBED;
    return apply(definition, &inner);
}

bool definition_check_mla(const struct definition *definition, const struct fields *fields)
{
    const int rope = definition->mla.rope;
    return definition->mla.form == MLA_NONE || definition->rotation.dims == rope
        || fields_refuse(fields, "position", "rope { dims = %d, ... }, as many as mla.rope says", rope);
}

bool definition_check_tail(const struct definition *definition, const struct fields *fields)
{
    const char *path = definition->mla.form == MLA_NONE ? "v" : "mla";
    const int plain = definition->d_k - definition->d_v;
    if (!definition->v_in_k)
        return true;
    if (plain < 0)
        return fields_refuse(fields, "d_v", "at most d_k, which is %d, with v = tail_of_k", definition->d_k);
    if (definition->rotation.dims > plain)
        return fields_refuse(fields, "position", "at most %d dimensions that turn: those behind are values, with v = tail_of_k", plain);
    if (definition->norm[NORM_K].used)
        return fields_refuse(fields, "k_norm", "none: the last %d numbers of a key are its value (try the norm before the attention)", definition->d_v);
    return definition_caches_alike(definition)
        || fields_refuse(fields, "cache", "one type for both, as %s lets keys hold the values", path);
}
