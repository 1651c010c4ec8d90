/*
** What a template sees of the products of a definition: their types and operations on a target.
*/
#include <string.h>

#include "emission.h"

/* Operations are named by what they give: v, a vector of floats; i, one of integers. */
static bool sums_integers(const struct descriptor *compute)
{
    return compute->product[0] == 'i';
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

/* A query is kept as units; behind those of whole numbers stand what multiplies a sum, and what it starts from. */
static void set_query(struct emission *e, const struct definition *definition)
{
    const int pack = definition->compute->pack, units = (definition->d_k + pack - 1) / pack;
    const int cells = units + (sums_integers(definition->compute) ? 2 : 0);
    template_set_integer(&e->values, "Q_UNITS", units);
    template_set_integer(&e->values, "Q_CELLS", cells);
    template_set_integer(&e->values, "Q_FLOATS", larger(definition->d_k, cells));
}

/* Products of units, which the cache holds too, or of floats. */
void emission_set_compute(struct emission *e, const struct definition *definition)
{
    const struct descriptor *compute = definition->compute;
    const bool units = definition_computes(definition), values = definition_computes_values(definition);
    const struct { const char *name, *text; } texts[] = {
        { "COMPUTE", compute->name }, { "PRODUCT", compute->product }, { "K_UNIT", compute->stored },
        { "SUM", sums_integers(compute) ? "ivec" : "vec" }, { "PART", units ? "ivec" : "vec" },
        { "Q_LOAD", units ? "iload_unit" : "vload" }, { "Q_SET", units ? "iset_unit" : "vset" }, { "K_SET", units ? "iset_u32" : "vset" },
        { "V_PRODUCT", values ? compute->product : "vfma" }, { "V_UNIT", values ? compute->stored : "float" },
        { "V_PART", values ? "ivec" : "vec" }, { "V_LOAD", values ? "iload_u32" : "vload" }, { "P_SET", values ? "iset_unit" : "vset" }
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        template_set_text(&e->values, texts[i].name, texts[i].text);
    template_set_boolean(&e->values, "UNITS", units);
    template_set_boolean(&e->values, "UNIT_VALUES", values);
    template_set_boolean(&e->values, "K_DIRECT", definition_reads_keys(definition));
    template_set_boolean(&e->values, "LEAVES_FLOATS", definition->v_in_k && !definition_reads_keys(definition));      /* decode's first heads, of a tile's keys */
    template_set_boolean(&e->values, "V_DIRECT", definition_reads_values(definition));
    template_set_integer(&e->values, "V_KEYS", values ? compute->pack : 1);
    set_query(e, definition);
}

bool emission_computes(const struct emission *e, const struct descriptor *compute)
{
    for (int i = 0; i < e->model->definition_count; i++)
        if (e->model->definitions[i].compute == compute)
            return true;
    return false;
}

/* Whether some definition has products of anything but floats. */
static bool model_has_units(const struct emission *e)
{
    for (int i = 0; i < e->model->definition_count; i++)
        if (definition_computes(&e->model->definitions[i]))
            return true;
    return false;
}

bool emission_render_computes(struct emission *e)
{
    for (int i = 0; i < e->catalog->count[CATALOG_COMPUTE]; i++) {
        const struct descriptor *compute = &e->catalog->entries[CATALOG_COMPUTE][i];
        if (compute->pack == 1 || !emission_computes(e, compute))
            continue;
        if (!emission_render_code(e, &e->source, compute))
            return false;
        text_put(&e->source, "\n");
    }
    return true;
}

bool emission_render_products(struct emission *e, const struct descriptor *isa)
{
    const struct where where = { isa->where.file, isa->products_line };
    template_set_text(&e->values, "ISA_COMPUTES", isa->computes);
    return !model_has_units(e)
        || (emission_render_text(e, &e->source, isa->products, strlen(isa->products), where)
            && emission_render(e, &e->source, "products.c.t"));
}
