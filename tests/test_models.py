"""The model folders that scripts/ make: their tokenizers, and what the oracles say with them."""

import sys

import harness
import numpy as np
from numpy_bert import Bert, embedding
from numpy_llama import Llama
from tokenizers import Tokenizer

sys.path.insert(0, str(harness.ROOT / "scripts"))
import smollm2  # noqa: E402

MODELS = harness.ROOT / "models"
CHAT = "<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n"


def rows_of_a_head_are_even_then_odd() -> None:
    """For 2 heads of 4 rows."""
    assert smollm2.row_order(2, 4).tolist() == [0, 2, 1, 3, 4, 6, 5, 7]
    smollm2.check_row_order(3, 64)


def names_are_those_of_transformers() -> None:
    """Of the whole model and of a layer."""
    assert smollm2.tensor_name("token_embd.weight") == "model.embed_tokens.weight"
    assert smollm2.tensor_name("blk.7.ffn_norm.weight") == "model.layers.7.post_attention_layernorm.weight"


def numbers_are_split_into_digits() -> None:
    """And a chat's marks are single tokens."""
    folder = harness.need(MODELS / "smollm2", "./bootstrap makes it")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    assert tokenizer.encode("In 1789").tokens == ["In", "Ġ", "1", "7", "8", "9"]
    assert tokenizer.encode(CHAT).ids[:3] == [1, 4093, 198]


def smollm2_knows_a_capital() -> None:
    """A wrong order of rows or a wrong tensor would not."""
    folder = harness.need(MODELS / "smollm2", "./bootstrap makes it")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    llama, tokens = Llama(folder, np.float32), tokenizer.encode(CHAT).ids
    for _ in range(7):
        tokens.append(int(llama.logits(tokens)[-1].argmax()))
    assert tokenizer.decode(tokens).endswith("The capital of France is Paris."), tokenizer.decode(tokens)


def minilm_tells_sentences_apart() -> None:
    """Two about eating are closer than one of them and one about the weather."""
    folder = harness.need(MODELS / "minilm", "./bootstrap makes it")
    tokenizer, bert = Tokenizer.from_file(str(folder / "tokenizer.json")), Bert(folder)
    tokenizer.no_padding()
    sentences = ("A man is eating food.", "Someone has a meal.", "It rained all day.")
    eating, meal, rain = (embedding(bert.hidden(tokenizer.encode(text).ids)) for text in sentences)
    assert eating @ meal > 0.6 and eating @ rain < 0.2, (eating @ meal, eating @ rain)


if __name__ == "__main__":
    harness.run(rows_of_a_head_are_even_then_odd, names_are_those_of_transformers, numbers_are_split_into_digits,
                smollm2_knows_a_capital, minilm_tells_sentences_apart)
