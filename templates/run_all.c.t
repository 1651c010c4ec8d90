/* All tasks of a phase, one after another. */
static void attn_run_all(const struct attn_phase *phase, const struct attn_args *args,
                         void *scratch)
{
    for (int pass = 0; pass < phase->passes; pass++) {
        const int64_t tasks = phase->tasks(args, pass);
        for (int64_t task = 0; task < tasks; task++)
            phase->run(args, pass, task, scratch);
    }
}

