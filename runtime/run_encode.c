/*
** What an encoder reads, before the first token of its sequences.
*/
#include <string.h>

#include "run.h"

bool run_encode(const struct run *run, struct attn_session *session, int first, int count)
{
    const struct prompt_sequence *sequences = run->encoder_prompt.sequences + first;
    int64_t rows = 0;
    if (run->encoder_prompt.count == 0)
        return true;
    for (int i = 0; i < count; i++)
        rows += sequences[i].length;
    int32_t *lengths = memory_take(run->memory, (size_t)count, sizeof *lengths, run->problem);
    int32_t *tokens = memory_take_large(run->memory, (size_t)rows, sizeof *tokens, run->problem);
    if (lengths == NULL || tokens == NULL)
        return false;
    const struct attn_encoder_batch batch = { tokens, lengths };
    for (int i = 0; i < count; i++) {
        lengths[i] = (int32_t)sequences[i].length;
        memcpy(tokens, sequences[i].tokens, (size_t)sequences[i].length * sizeof *tokens);
        tokens += sequences[i].length;
    }
    return attn_encode(session, &batch, run->problem->text, run->problem->size);
}
