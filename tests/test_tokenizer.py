"""The tokenizer process: characters that are split over tokens, chat templates, and what goes wrong."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import harness
from tokenizers import Tokenizer, decoders, models, pre_tokenizers


def byte_tokenizer() -> Tokenizer:
    """A token for each byte."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={letter: i for i, letter in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def answers(folder: Path, *requests: object) -> list[dict]:
    """What the process says first, and to each request."""
    lines = "".join(request if isinstance(request, str) else json.dumps(request) + "\n" for request in requests)
    script = harness.ROOT / "runtime" / "tokenizer.py"
    done = subprocess.run([sys.executable, script, folder], input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def characters_come_whole() -> None:
    """A byte a token; text comes when a character is complete, its pieces never."""
    text = "a é € 😀!"
    with tempfile.TemporaryDirectory() as name:
        byte_tokenizer().save(f"{name}/tokenizer.json")
        tokens = answers(Path(name), {"encode": text, "chat": False})[1]["tokens"]
        assert len(tokens) == len(text.encode()), tokens
        pieces = [answer["text"] for answer in answers(Path(name), *({"push": token} for token in tokens))[1:]]
        assert "".join(pieces) == text and all(len(piece) <= 1 for piece in pieces), pieces


def a_half_character_is_shown_in_the_end() -> None:
    """As the decoder shows it."""
    with tempfile.TemporaryDirectory() as name:
        byte_tokenizer().save(f"{name}/tokenizer.json")
        tokens = answers(Path(name), {"encode": "a😀", "chat": False})[1]["tokens"][:3]
        said = answers(Path(name), *({"push": token} for token in tokens), {"finish": True})
        assert [answer["text"] for answer in said[1:4]] == ["a", "", ""], said
        assert said[4]["text"].startswith("\ufffd"), said


def templates_are_used_for_chats() -> None:
    """A file of its own goes before the configuration's; --raw needs none."""
    with tempfile.TemporaryDirectory() as name:
        tokenizer = byte_tokenizer()
        tokenizer.save(f"{name}/tokenizer.json")
        config = {"chat_template": "<{{ messages[0].content }}>{{ eos_token }}", "eos_token": {"content": "!"}}
        Path(name, "tokenizer_config.json").write_text(json.dumps(config))
        requests = {"encode": "hi", "chat": True}, {"encode": "hi", "chat": False}
        said = answers(Path(name), *requests)[1:]
        assert [tokenizer.decode(answer["tokens"]) for answer in said] == ["<hi>!", "hi"], said
        Path(name, "chat_template.jinja").write_text("{{ messages[0].role }}:{{ messages[0].content }}")
        said = answers(Path(name), *requests)[1:]
        assert [tokenizer.decode(answer["tokens"]) for answer in said] == ["user:hi", "hi"], said


def failures_are_sentences() -> None:
    """And the process goes on."""
    with tempfile.TemporaryDirectory() as name:
        assert "neither tokenizer.json nor vocab.txt is there" in answers(Path(name))[0]["error"]
        byte_tokenizer().save(f"{name}/tokenizer.json")
        Path(name, "chat_template.jinja").write_text("{{ raise_exception('only questions') }}")
        said = answers(Path(name), "nonsense\n", {"encode": "hi", "chat": True}, {"encode": "hi"})
        assert "error" in said[1] and "only questions" in said[2]["error"] and len(said[3]["tokens"]) == 2, said
        Path(name, "tokenizer.json").write_text("{")
        assert "cannot be read" in answers(Path(name))[0]["error"]


if __name__ == "__main__":
    harness.run(characters_come_whole, a_half_character_is_shown_in_the_end, templates_are_used_for_chats,
                failures_are_sentences)
