/*
** dlopen and a look-up; see kernels.h.
*/
#include "kernels.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>

bool kernels_load(struct kernels *kernels, const char *path, const char *name, struct problem *problem)
{
    char file[4096], symbol[256];
    const char *here = strchr(path, '/') == NULL ? "./" : "";      /* without a slash dlopen looks elsewhere */
    if (snprintf(file, sizeof file, "%s%s", here, path) >= (int)sizeof file)
        return problem_set(problem, "%.200s...: the path is too long", path);
    snprintf(symbol, sizeof symbol, "%s_kernels", name);
    kernels->object = dlopen(file, RTLD_NOW | RTLD_LOCAL);
    if (kernels->object == NULL)
        return problem_set(problem, "%s: no shared object to load: %s", path, dlerror());
    kernels->table = dlsym(kernels->object, symbol);
    if (kernels->table == NULL)
        return problem_set(problem, "%s: no symbol %s; were the kernels emitted for another model?", path, symbol);
    if (kernels->table->contract != ATTN_CONTRACT)
        return problem_set(problem, "%s: the kernels were emitted for version %d of the contract; expected version %d (emit them anew)",
                           path, (int)kernels->table->contract, ATTN_CONTRACT);
    return true;
}

void kernels_unload(struct kernels *kernels)
{
    if (kernels->object != NULL)
        dlclose(kernels->object);
    *kernels = (struct kernels){ NULL, NULL };
}

const struct attn_attention *kernels_find(const struct kernels *kernels, const char *definition)
{
    for (int32_t i = 0; i < kernels->table->attentions; i++) {
        const struct attn_attention *kernel = kernels->table->attention[i]();
        if (kernel != NULL && strcmp(kernel->definition, definition) == 0)
            return kernel;
    }
    return NULL;
}
