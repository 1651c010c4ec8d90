"""Small random models of every family against the outputs that the transformers package gave: families/ has both.

`python tests/test_families.py --table` prints the differences as a table for the README.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import harness
import numpy as np
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import WhitespaceSplit
from tokenizers.processors import TemplateProcessing

FAMILIES = harness.ROOT / "tests" / "families"
sys.path.insert(0, str(FAMILIES))
from weights import ROWS, TOKENS, out_vocab, prompts_of, write_folder  # noqa: E402

TOLERANCE = 5e-6      # of the output's range; the largest found is 1e-6, and BLAS rounds otherwise on other CPUs
CHUNKS = (13, 1)      # tokens at once, besides all of them: through the cache


def run(model: Path, folder: Path, config: dict, *options: object) -> np.ndarray:
    """All rows of the output; model is the folder, or a config of its own."""
    rows, words = folder / "rows.npy", []
    for option, prompt in zip(("--tokens", "--encoder-tokens"), reversed(prompts_of(config))):
        np.save(folder / f"{option}.npy", prompt[None])
        words += [option, folder / f"{option}.npy"]
    harness.attngen("run", model, *words, "--logits", rows, *map(str, options))
    return np.load(rows)


def absorb(folder: Path) -> Path:
    """The folder's config with its latent attention absorbed."""
    path = folder.parent / "absorbed.lua"
    harness.attngen("import", folder, "-o", path)
    text = path.read_text()
    assert text.count("form = naive") == 1
    path.write_text(text.replace("form = naive", "form = absorbed"))
    return path


def differences(name: str, absorbed: bool = False) -> list[float]:
    """Of the output's range: all tokens at once by kernels and by the reference; then, unless tokens see later ones, by chunks."""
    case = json.loads((FAMILIES / f"{name}.json").read_text())
    expected, config = np.load(FAMILIES / f"{name}.npy"), case["config"]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "family"      # models of one name and one attention share their kernels
        write_folder(folder, config, case["tensors"])
        model = absorb(folder) if absorbed else folder
        found = [run(model, folder, config), run(model, folder, config, "--reference")]
        if found[0].shape[1] == out_vocab(config):
            found += [run(model, folder, config, "--chunk", chunk) for chunk in CHUNKS]
    assert all(len(rows) == TOKENS for rows in found)
    return [float(np.abs(rows[list(ROWS)] - expected).max() / np.ptp(expected)) for rows in found]


def names() -> list[str]:
    """Of the cases."""
    return sorted(path.stem for path in FAMILIES.glob("*.npy"))


def latent_names() -> list[str]:
    """Of the cases whose attention can be absorbed."""
    return [name for name in names() if "kv_lora_rank" in json.loads((FAMILIES / f"{name}.json").read_text())["config"]]


def case_test(name: str, absorbed: bool = False) -> Callable[[], None]:
    """A test of that case."""
    def test() -> None:
        found = differences(name, absorbed)
        print(f"{name}: " + " ".join(f"{difference:.1e}" for difference in found))
        assert max(found) <= TOLERANCE
    test.__name__ = f"{name}_{'absorbed_' if absorbed else ''}is_as_in_transformers"
    return test


def latent_ranks_are_the_weights() -> None:
    """Those that a config says otherwise are refused."""
    case = json.loads((FAMILIES / "deepseek_v2.json").read_text())
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "family"
        write_folder(folder, case["config"], case["tensors"])
        path = absorb(folder)
        path.write_text(path.read_text().replace("nope = 20", "nope = 24"))
        done = subprocess.run([harness.ATTNGEN, "explain", path], cwd=harness.ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and "attention attention: mla.nope is 24; the weights of" in done.stderr, done.stderr


def every_family_has_a_case() -> None:
    """Cases of a family that runs begin with its name."""
    for family in (harness.ROOT / "configs" / "families").glob("[!_]*.lua"):
        assert "\nmissing " in family.read_text() or any(name.startswith(family.stem) for name in names()), f"tests/families has no {family.stem}"


def encoders_need_tokens() -> None:
    """Of each sequence, within the context; a decoder without tokens begins with its config's."""
    case = json.loads((FAMILIES / "marian.json").read_text())
    with tempfile.TemporaryDirectory() as place:
        folder, few, many = Path(place) / "family", Path(place) / "few.txt", Path(place) / "many.txt"
        write_folder(folder, case["config"], case["tensors"])
        few.write_text("4 5\n6\n")
        many.write_text("1 " * (case["config"]["max_position_embeddings"] + 1))
        for words, sentence in (
            (("--tokens", few), "attngen: family has an encoder; --encoder-tokens or --prompt is needed"),
            (("--prompt", "a"), f"{folder}: has neither tokenizer.json nor vocab.txt, which --prompt needs; expected one of them, or --tokens FILE"),
            (("--tokens", few, "--encoder-tokens", many), "there are 1 sequences for the encoder and 2 for the decoder of family"),
            (("--encoder-tokens", many), "the encoder is given 97 tokens; its context in family is 96"),
        ):
            done = subprocess.run([harness.ATTNGEN, "run", folder, *words], cwd=harness.ROOT, capture_output=True, text=True)
            assert done.returncode == 2 and done.stderr.splitlines()[-1] == sentence, done.stderr
        begun = Path(place) / "begun.txt"
        begun.write_text("0\n0\n")
        made = [harness.attngen("run", folder, "--encoder-tokens", few, "--steps", "5", *words)
                for words in ((), ("--tokens", begun))]
    assert made[0] == made[1] and len(made[0].split()) >= 2


def encoders_read_prompts() -> None:
    """The decoder answers as it does when the encoder is given the prompt's tokens."""
    case = json.loads((FAMILIES / "t5.json").read_text())
    tokenizer = Tokenizer(WordLevel({f"w{i}": i for i in range(case["config"]["vocab_size"])}, unk_token="w3"))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    tokenizer.post_processor = TemplateProcessing(single="$A w2", special_tokens=[("w2", 2)])
    with tempfile.TemporaryDirectory() as place:
        folder, read = Path(place) / "family", Path(place) / "read.txt"
        write_folder(folder, case["config"], case["tensors"])
        tokenizer.save(str(folder / "tokenizer.json"))
        read.write_text("5 50 31 2\n")
        said = harness.attngen("run", folder, "--prompt", "w5 w50 w31", "--steps", "9").split()
        made = harness.attngen("run", folder, "--encoder-tokens", read, "--steps", "9").split()
    assert len(made) >= 2 and said == [f"w{token}" for token in made], (said, made)


def published_logits_are_met() -> None:
    """Of a GPT-2 of random weights, as the tests of ONNX Runtime expect them; attention moves them by 4e-4 at least."""
    data = os.environ.get("ATTNGEN_DATA")
    if data is None:
        raise harness.Skip("ATTNGEN_DATA is not set")
    folder = harness.need(Path(data) / "models" / "tiny-random-gpt2", "in ATTNGEN_DATA").resolve()
    published = json.loads((folder / "expected.json").read_text())["prompt_logits"]
    with tempfile.TemporaryDirectory() as place:
        prompts, rows = Path(place) / "prompts.npy", Path(place) / "rows.npy"
        np.save(prompts, np.array(published["prompts"], np.int32))
        harness.attngen("run", folder, "--tokens", prompts, "--logits", rows)
        found = np.load(rows)[:, [0, 200, 400, 600, 800]]
    assert np.abs(found - np.concatenate(published["values"])).max() < 1e-6


def table() -> None:
    """For the README."""
    print("| model | all tokens at once | by the reference | 13 at once | token by token |\n| --- | --- | --- | --- | --- |")
    for name, absorbed in sorted([(name, False) for name in names()] + [(name, True) for name in latent_names()]):
        cells = [f"{difference:.0e}" for difference in differences(name, absorbed)]
        print(f"| {name}{', absorbed' if absorbed else ''} | " + " | ".join(cells + ["–"] * (2 + len(CHUNKS) - len(cells))) + " |", flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["--table"]:
        table()
    else:
        harness.run(every_family_has_a_case, encoders_need_tokens, encoders_read_prompts, published_logits_are_met, latent_ranks_are_the_weights,
                    *map(case_test, names()), *(case_test(name, True) for name in latent_names()))
