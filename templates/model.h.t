/*
** $NAME.h: attention kernels of the model $NAME.
** Made by attngen $VERSION from $CONFIG; do not edit.
**
** For each definition, NAME() below returns its functions for the best of the targets
** that this CPU has ($TARGETS_TEXT); NULL when it has none of them. Ask once and keep the answer.
** NAME_write, NAME_prefill and NAME_decode run all tasks of a phase in the calling
** thread, with a scratch of that phase's scratch_bytes; use NAME()->prefill.run for a thread pool.
*/
#ifndef $(GUARD)_H
#define $(GUARD)_H

$CONTRACT

#ifdef __cplusplus
extern "C" {
#endif

% for i, definition in ipairs(DEFINITIONS) do
% if LAYERS[i] == "" then
/* $(LINES[i]) */
% else
/*
** $(LINES[i])
** $(LAYERS[i])
*/
% end
const struct attn_attention *$(NAME)_$definition(void);
void $(NAME)_$(definition)_write(const struct attn_args *args, void *scratch);
void $(NAME)_$(definition)_prefill(const struct attn_args *args, void *scratch);
void $(NAME)_$(definition)_decode(const struct attn_args *args, void *scratch);
% if OUTPUTS[i] ~= "" then
void $(NAME)_$(definition)_outputs(const struct attn_args *args, void *scratch);
% end

% end
/* All of them, in this order. */
extern const struct attn_model_kernels $(NAME)_kernels;

#ifdef __cplusplus
}
#endif
#endif
