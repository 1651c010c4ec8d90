% local function fits(target, definition) return TARGETS_COMPUTE[target] == "" or TARGETS_COMPUTE[target] == COMPUTES[definition] end
% for number, definition in ipairs(DEFINITIONS) do
const struct attn_attention *$(NAME)_$definition(void)
{
% for i = #TARGETS, 1, -1 do
% local target = TARGETS[i]
% if not fits(i, number) then
% elseif MACHINES[i] ~= "" then
#if defined(__$(MACHINES[i])__)
    if ($(SUPPORTED[i])$(PREFERRED[i] ~= "" and " && " .. PREFERRED[i] or ""))
        return &attention_$(definition)_$target;
#endif
% else
    return &attention_$(definition)_$target;
% end
% end
% if TARGETS[1] ~= "scalar" then
    return NULL;
% end
}

% for _, phase in ipairs { "write", "prefill", "decode" } do
void $(NAME)_$(definition)_$phase(const struct attn_args *args, void *scratch)
{
    attn_run_all(&$(NAME)_$definition()->$phase, args, scratch);
}

% end
% if OUTPUTS[number] ~= "" then
void $(NAME)_$(definition)_outputs(const struct attn_args *args, void *scratch)
{
    attn_run_all(&$(NAME)_$definition()->outputs, args, scratch);
}

% end
% end
static const struct attn_attention *(*const resolvers[])(void) = {
% for _, definition in ipairs(DEFINITIONS) do
    $(NAME)_$definition,
% end
};

/* (attentions, targets); NULL where this machine cannot have the target, or the target is for other attentions. */
static const struct attn_attention *const all[] = {
% for number, definition in ipairs(DEFINITIONS) do
% for i, target in ipairs(TARGETS) do
% if not fits(i, number) then
    NULL,
% elseif MACHINES[i] ~= "" then
#if defined(__$(MACHINES[i])__)
    &attention_$(definition)_$target,
#else
    NULL,
#endif
% else
    &attention_$(definition)_$target,
% end
% end
% end
};

% for i, target in ipairs(TARGETS) do
static int supported_$target(void)
{
% if MACHINES[i] ~= "" then
#if defined(__$(MACHINES[i])__)
    return $(SUPPORTED[i]);
#else
    return 0;
#endif
% else
    return 1;
% end
}

% end
static int (*const supported[])(void) = {
% for _, target in ipairs(TARGETS) do
    supported_$target,
% end
};

% if LAYER_COUNT > 0 then
static const struct attn_layer layers[] = {
    $LAYER_ROWS
};

% end
const struct attn_model_kernels $(NAME)_kernels = {
    ATTN_CONTRACT, "$NAME", $(#DEFINITIONS), resolvers, $(#TARGETS), all, supported, $LAYER_COUNT, $(LAYER_COUNT > 0 and "layers" or "NULL")
};
