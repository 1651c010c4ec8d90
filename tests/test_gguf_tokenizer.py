"""Tokenizers of GGUF files: a prompt is cut as the model's own tokenizer cuts it."""

import subprocess
import sys
import tempfile
from pathlib import Path

import gguf
import harness
from test_gguf import CASES, read_case, write_gguf
from tokenizers import Tokenizer

VOCAB = 97
MARKS = ["<unk>", "<s>", "</s>"]
LETTERS = MARKS + [chr(ord("!") + i) for i in range(VOCAB - len(MARKS))]      # bytes that stand for themselves
CONTROL, UNKNOWN, NORMAL, BYTE = gguf.TokenType.CONTROL, gguf.TokenType.UNKNOWN, gguf.TokenType.NORMAL, gguf.TokenType.BYTE
SPACE = "\u2581"


def converted(place: Path, fill: object) -> Path:
    """The folder made of a file whose tokenizer `fill` writes."""
    place.mkdir(exist_ok=True)
    case = CASES["qwen3"]
    write_gguf(place / "model.gguf", case, read_case(case), tokenizer=fill)
    done = subprocess.run([sys.executable, harness.ROOT / "runtime" / "gguf_folder.py", place / "model.gguf", place / "folder", "--tokenizer"],
                          capture_output=True, text=True)
    assert done.returncode == 0 and done.stderr == "", done
    return place / "folder"


def byte_level(pre: str, merges: list[str]) -> object:
    """Letters, and what they merge to."""
    tokens = LETTERS + ["\u0120"] + [merge.replace(" ", "") for merge in merges]

    def fill(writer: gguf.GGUFWriter) -> None:
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre(pre)
        writer.add_token_list(tokens)
        writer.add_token_types([CONTROL] * len(MARKS) + [NORMAL] * (len(tokens) - len(MARKS)))
        writer.add_token_merges(merges)
        writer.add_chat_template("[{{ messages[0]['content'] }}]")
    return fill


def pieces(prefixed: bool) -> object:
    """SentencePiece's: the better score merges first."""
    tokens = [*MARKS, *(f"<0x{byte:02X}>" for byte in range(256)), SPACE, "a", "b", "c", "ab", "bc", f"{SPACE}a", "abc"]

    def fill(writer: gguf.GGUFWriter) -> None:
        writer.add_tokenizer_model("llama")
        writer.add_token_list(tokens)
        writer.add_token_types([UNKNOWN, CONTROL, CONTROL] + [BYTE] * 256 + [NORMAL] * 8)
        writer.add_token_scores([0.0] * 259 + [-10.0] * 4 + [-2.0, -1.0, -3.0, -4.0])
        writer.add_add_space_prefix(prefixed)
    return fill


def words_are_cut_as_their_name_says() -> None:
    """Digits one by one, by threes or all together; and a merge never joins two words."""
    with tempfile.TemporaryDirectory() as place:
        for pre, expected in (("gpt-2", ["1234", "x", "\u0120y"]), ("qwen2", ["1", "2", "3", "4", "x", "\u0120y"]),
                              ("smollm", ["1", "2", "3", "4", "x", "\u0120y"]), ("llama-bpe", ["<s>", "123", "4", "x", "\u0120y"])):
            merges = ["1 2", "3 4", "12 3", "12 34", "4 x", "\u0120 y"]
            folder = converted(Path(place) / pre, byte_level(pre, merges))
            tokens = Tokenizer.from_file(str(folder / "tokenizer.json")).encode("1234x y").tokens
            assert tokens == expected, (pre, tokens)


def pieces_merge_by_their_scores() -> None:
    """And what is no piece is bytes."""
    with tempfile.TemporaryDirectory() as place:
        for prefixed, text, expected in ((True, "abc", ["<s>", f"{SPACE}a", "bc"]), (False, "abc", ["<s>", "abc"]),
                                         (False, "ab c\u00e9", ["<s>", "ab", SPACE, "c", "<0xC3>", "<0xA9>"])):
            folder = converted(Path(place) / f"{prefixed}{text}", pieces(prefixed))
            tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            encoded = tokenizer.encode(text)
            assert encoded.tokens == expected, (text, encoded.tokens)
            assert tokenizer.decode(encoded.ids) == text


def prompts_reach_the_model() -> None:
    """By the file's chat template, unless they are raw; what it makes comes back as text."""
    case = CASES["qwen3"]

    def letters(writer: gguf.GGUFWriter) -> None:
        writer.add_tokenizer_model("gpt2")
        writer.add_tokenizer_pre("qwen2")
        writer.add_token_list(LETTERS)
        writer.add_token_types([CONTROL] * len(MARKS) + [NORMAL] * (VOCAB - len(MARKS)))
        writer.add_token_merges([])
        writer.add_chat_template("[{{ messages[0]['content'] }}]")

    with tempfile.TemporaryDirectory() as place:
        file, tokens = Path(place) / "model.gguf", Path(place) / "tokens.txt"
        write_gguf(file, case, read_case(case), tokenizer=letters)
        for text, raw in (("[Why]", ()), ("Why", ("--raw",))):
            tokens.write_text(" ".join(str(LETTERS.index(letter)) for letter in text) + "\n")
            made = harness.attngen("run", file, "--tokens", tokens, "--steps", "7").split()
            said = harness.attngen("run", file, "--prompt", "Why", "--steps", "7", *raw).rstrip("\n")
            assert len(made) >= 2 and said == "".join(LETTERS[int(token)] for token in made if int(token) >= len(MARKS)), (said, made)


def other_tokenizers_are_refused() -> None:
    """By the name of what is not understood."""
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "model.gguf"
        for fill, sentence in ((None, "has no tokenizer that --prompt can use: tokenizer.ggml.model is 'None', not gpt2, llama; expected --tokens FILE"),
                               (byte_level("tekken", []), "has a tokenizer that --prompt cannot use: tokenizer.ggml.pre is 'tekken', not gpt-2, phi-2, "
                                "smollm, llama3, llama-v3, llama-bpe, qwen2; expected --tokens FILE")):
            write_gguf(file, CASES["qwen3"], read_case(CASES["qwen3"]), tokenizer=fill)
            done = subprocess.run([harness.ATTNGEN, "run", file, "--prompt", "a"], cwd=harness.ROOT, capture_output=True, text=True)
            assert (done.returncode, done.stderr) == (2, f"{file}: {sentence}\n"), done


if __name__ == "__main__":
    harness.run(words_are_cut_as_their_name_says, pieces_merge_by_their_scores, prompts_reach_the_model, other_tokenizers_are_refused)
