"""The tokenizer in a GGUF file as tokenizer.json and tokenizer_config.json: see gguf_folder.py.

Two models of tokenizers are understood: byte-level BPE ("gpt2"), whose way to cut text into words has a name, and
the BPE of SentencePiece ("llama"), whose merges follow from the scores of its pieces.
"""

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

from gguf_families import Metadata, Refusal

UNKNOWN, CONTROL, USER_DEFINED = 2, 3, 4      # types of tokens that are not pieces of text
SPACE = "\u2581"

CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
REST = r" ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def words(pattern: str) -> list:
    """Cut by a pattern, then into bytes."""
    return [pre_tokenizers.Split(Regex(pattern), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]


# How byte-level BPE cuts text, by tokenizer.ggml.pre; whether a beginning is marked where no field says it; a normalizer.
GPT2 = [pre_tokenizers.ByteLevel(add_prefix_space=False)]
LLAMA3 = words(rf"{CONTRACTIONS}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}{{1,3}}|{REST}")
QWEN2 = words(rf"{CONTRACTIONS}|[^\r\n\p{{L}}\p{{N}}]?\p{{L}}+|\p{{N}}|{REST}")
CUTS = {
    "gpt-2": (GPT2, False, None), "phi-2": (GPT2, False, None),
    "smollm": ([pre_tokenizers.Digits(individual_digits=True), *GPT2], False, None),
    "llama3": (LLAMA3, True, None), "llama-v3": (LLAMA3, True, None), "llama-bpe": (LLAMA3, True, None),
    "qwen2": (QWEN2, False, normalizers.NFC()),
}


def byte_level(data: Metadata, tokens: list[str], _types: list[int]) -> tuple[Tokenizer, bool]:
    """And whether texts begin with a mark by default."""
    pre = data.get("tokenizer.ggml.pre")
    if pre not in CUTS:
        raise Refusal(f"has a tokenizer that --prompt cannot use: tokenizer.ggml.pre is {str(pre)[:40]!r}, not {', '.join(CUTS)}; "
                      "expected --tokens FILE")
    cut, marked, normalizer = CUTS[pre]
    merges = [tuple(merge.split(" ")) for merge in data.get("tokenizer.ggml.merges", [])]
    tokenizer = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, merges, ignore_merges=cut is LLAMA3))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(cut)
    tokenizer.decoder = decoders.ByteLevel()
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    return tokenizer, marked


def piece_merges(pieces: dict[str, int], scores: list[float]) -> list[tuple[str, str]]:
    """Pairs that make a piece: the better its score, the earlier."""
    found = []
    for piece, i in pieces.items():
        pairs = [(piece[:cut], piece[cut:]) for cut in range(1, len(piece)) if piece[:cut] in pieces and piece[cut:] in pieces]
        found += [(-scores[i], pieces[left], pieces[right], left, right) for left, right in pairs]
    return [(left, right) for *_, left, right in sorted(found)]


def sentence_pieces(data: Metadata, tokens: list[str], types: list[int]) -> tuple[Tokenizer, bool]:
    """And that texts begin with a mark by default."""
    prefixed = data.get("tokenizer.ggml.add_space_prefix", True)
    unknown = next((token for token, kind in zip(tokens, types, strict=True) if kind == UNKNOWN), None)
    pieces = {token: i for i, token in enumerate(tokens)}
    tokenizer = Tokenizer(models.BPE(pieces, piece_merges(pieces, data.get("tokenizer.ggml.scores")), unk_token=unknown,
                                     fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend(SPACE)] * prefixed + [normalizers.Replace(" ", SPACE)])
    tokenizer.decoder = decoders.Sequence([decoders.Replace(SPACE, " "), decoders.ByteFallback(), decoders.Fuse()]
                                          + [decoders.Strip(" ", 1, 0)] * prefixed)
    return tokenizer, True


def mark_ends(tokenizer: Tokenizer, data: Metadata, tokens: list[str], marked: bool) -> None:
    """What stands before and behind a text."""
    first, last = data.get("tokenizer.ggml.bos_token_id"), data.get("tokenizer.ggml.eos_token_id")
    before = [tokens[first]] if first is not None and data.get("tokenizer.ggml.add_bos_token", marked) else []
    behind = [tokens[last]] if last is not None and data.get("tokenizer.ggml.add_eos_token", False) else []
    if before or behind:
        tokenizer.post_processor = processors.TemplateProcessing(
            single=[*before, "$A", *behind], special_tokens=[(token, tokens.index(token)) for token in before + behind])


MODELS = {"gpt2": byte_level, "llama": sentence_pieces}


def read_tokenizer(data: Metadata) -> tuple[Tokenizer, dict]:
    """The tokenizer and its config."""
    model, tokens = data.get("tokenizer.ggml.model"), data.get("tokenizer.ggml.tokens")
    if tokens is None or model not in MODELS:
        raise Refusal(f"has no tokenizer that --prompt can use: tokenizer.ggml.model is {str(model)[:40]!r}, not {', '.join(MODELS)}; "
                      "expected --tokens FILE")
    types = data.get("tokenizer.ggml.token_type", [1] * len(tokens))
    tokenizer, marked = MODELS[model](data, tokens, types)
    special = [token for token, kind in zip(tokens, types, strict=True) if kind in (CONTROL, UNKNOWN)]
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in special])
    tokenizer.add_tokens([AddedToken(token, normalized=False) for token, kind in zip(tokens, types, strict=True) if kind == USER_DEFINED])
    mark_ends(tokenizer, data, tokens, marked)
    marks = {f"{name}_token": tokens[data.get(f"tokenizer.ggml.{name}_token_id")] for name in ("bos", "eos")
             if data.get(f"tokenizer.ggml.{name}_token_id") is not None}
    template = data.get("tokenizer.chat_template")
    return tokenizer, marks | ({} if template is None else {"chat_template": template})
