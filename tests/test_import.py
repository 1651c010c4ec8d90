#!/usr/bin/env python3
"""import, explain and run from outside: real config.json files, JSON that parses, runs that cannot start."""

import json
import math
import os
import re
import subprocess
import tempfile
from pathlib import Path

import harness

KNOWN = [path.stem for path in (harness.ROOT / "configs/families").glob("[!_]*.lua")]
NEEDED = ("line", "layers", "heads", "kv_heads", "kv_head", "d_k", "d_v", "scale", "mask", "q_place", "hidden_row", "lse",
          "position", "cache", "cache_bytes", "flops", "order", "tiles")


def attempt(*arguments: str | Path) -> tuple[int, str]:
    """The exit status and what stands on standard error."""
    harness.need(harness.ATTNGEN, "ninja builds it")
    done = subprocess.run([harness.ATTNGEN, *arguments], cwd=harness.ROOT, capture_output=True, text=True)
    return done.returncode, done.stderr


def data() -> Path:
    """The folder of test material."""
    folder = os.environ.get("ATTNGEN_DATA")
    if folder is None:
        raise harness.Skip("ATTNGEN_DATA is not set")
    return Path(folder).resolve()


def configs() -> list[Path]:
    """The config.json files of real models."""
    return sorted(harness.need(data() / "hf_configs", "in ATTNGEN_DATA").glob("*.json"))


def real_configs_are_imported_or_refused_by_name() -> None:
    """A refusal's lines name the file, and the family or a field that the file has."""
    imported = 0
    for path in configs():
        status, message = attempt("import", path)
        fields = json.loads(path.read_text())
        if status == 0:
            imported += 1
            assert fields["model_type"] in KNOWN and message == "", path
            continue
        assert status == 2 and all(line.startswith(f"{path}: ") for line in message.splitlines()), message
        if fields["model_type"] not in KNOWN:
            assert f'model_type is "{fields["model_type"]}"' in message, message
        else:
            assert any(name in message for name in fields), message
    assert imported >= 40, imported


def imported_configs_explain_alike() -> None:
    """The config that import writes gives what the config.json gives, but for its place."""
    with tempfile.TemporaryDirectory() as name:
        for path in configs():
            lua = Path(name) / f"{path.stem.replace('.', '_').replace('-', '_')}.lua"
            if attempt("import", path, "-o", lua)[0] == 0:
                assert harness.attngen("explain", lua) == harness.attngen("explain", path), path


def definitions(name: str) -> list[dict]:
    """What explain says of a real model."""
    config = harness.need(data() / "hf_configs" / f"{name}.json", "in ATTNGEN_DATA")
    return json.loads(harness.attngen("explain", config, "--json"))["definitions"]


def scales_are_the_worked_ones() -> None:
    """1 / sqrt(d), but for what the models' papers and code say otherwise: DeepSeek's numbers are those worked out by hand."""
    for name, scale in (
        ("deepseek-v3", 0.135234), ("deepseek-v2-lite", 0.114721), ("gpt-oss-20b", 0.125), ("gpt-oss-120b", 0.125),
        ("gemma-2-2b", 256 ** -0.5), ("gemma-2-27b", 144 ** -0.5), ("gpt2", 64 ** -0.5), ("mpt-7b", 128 ** -0.5),
        ("falcon-7b", 64 ** -0.5), ("bert-base-uncased", 64 ** -0.5), ("phi-2", 80 ** -0.5), ("llama-3-8b", 128 ** -0.5),
        ("opus-mt-tc-big-fr-en", 64 ** -0.5),
    ):
        for definition in definitions(name):
            assert abs(definition["scale"] - scale) < 5e-7, (name, definition["scale"])
    for definition in definitions("gpt-oss-20b"):       # scores get the square of it, 1.813260
        assert abs(definition["magnitude"] ** 2 - 1.813260) < 5e-7, definition["magnitude"]


def windows_hold_as_many_keys_as_their_models() -> None:
    """Layers by the keys that a query sees at most, its own included."""
    for name, expected in (
        ("mistral-7b-v0.1", {4096: 32}), ("mistral-7b-instruct-v0.3", {None: 32}), ("gemma-2-2b", {4096: 13, None: 13}),
        ("gpt-oss-20b", {128: 12, None: 12}), ("olmo-3-7b", {4096: 24, None: 8}), ("exaone-4.0-32b", {4096: 48, None: 16}),
        ("qwen2.5-1.5b", {None: 28}), ("starcoder2-3b", {None: 30}),
    ):
        found = {}
        for definition in definitions(name):
            window = re.search(r"q - k <= (\d+)", definition["mask"])
            found[window and int(window[1]) + 1] = len(definition["layers"])
        assert found == expected, (name, found)


def alibi_slopes_are_the_published_ones() -> None:
    """In the emitted C, for heads that are a power of two and others; to the five digits that are published of some."""
    vectors = json.loads(harness.need(data() / "vectors" / "alibi_slopes.json", "in ATTNGEN_DATA").read_text())
    for case in vectors["cases"]:
        heads, most = case["num_heads"], case["alibi_bias_max"]
        with tempfile.TemporaryDirectory() as name:
            config = Path(name) / "slopes.lua"
            config.write_text(f"attention = {{ heads = {heads}, d_k = 8, mask = causal(), score = {{ alibi {{ max = {most} }} }} }}\n")
            harness.attngen("emit", config, "-o", name, "--target", "scalar")
            table = re.search(r"score_table0\[\] = \{(.*?)\}", (Path(name) / "slopes.c").read_text(), re.S)
        found = [float(number.rstrip("f")) for number in re.findall(r"[\d.e+-]+f", table[1])]
        assert len(found) == heads and all(abs(a - b) <= 2e-5 * b for a, b in zip(found, case["slopes"])), (heads, found)


def frequencies(config: Path, folder: Path) -> list[float]:
    """The inverse frequencies in the C that is emitted for a config."""
    harness.attngen("emit", config, "-o", folder, "--target", "scalar")
    table = re.search(r"static const double frequency_\w+\[\d+\] = \{(.*?)\}", next(folder.glob("*.c")).read_text(), re.S)
    return [float(number) for number in table[1].split(",") if number.strip()]


def rope_frequencies_are_those_of_transformers() -> None:
    """Emitted frequencies and explained magnitudes of the scalings, against those that transformers tests itself by."""
    vectors = json.loads(harness.need(data() / "vectors" / "rope_inv_freq.json", "in ATTNGEN_DATA").read_text())
    common = vectors["common"]
    fields = json.loads((harness.ROOT / "tests/cases/import/ok_llama.json").read_text())
    fields |= {"head_dim": common["head_dim"], "max_position_embeddings": common["max_position_embeddings"],
               "rope_theta": common["base"]}
    for case in vectors["cases"]:
        length = case["params"].pop("seq_len", None)
        with tempfile.TemporaryDirectory() as name:
            config = Path(name) / "config.json"
            config.write_text(json.dumps(fields | {"rope_scaling": {"rope_type": case["rope_type"], **case["params"]}}))
            if length is not None:      # the base of a text longer than config.json's context, which import stays within
                text = harness.attngen("import", config)
                config = Path(name) / "long.lua"
                config.write_text(re.sub(r"length = \d+", f"length = {length}", text))
            found = frequencies(config, Path(name))
            definition = json.loads(harness.attngen("explain", config, "--json"))["definitions"][0]
        assert len(found) == len(case["inv_freq"]), case["rope_type"]
        assert all(abs(a - b) <= 1e-4 * b for a, b in zip(found, case["inv_freq"])), case["rope_type"]
        assert abs(definition["magnitude"] - case["attention_factor"]) <= 1e-12, definition["magnitude"]


def llama_3_scales_its_frequencies() -> None:
    """The real configs of Llama 3.1 and 3.2, by the formula as the model's paper has it."""
    for name, factor in (("llama-3.1-8b", 8), ("llama-3.2-1b-instruct", 32)):
        config = harness.need(data() / "hf_configs" / f"{name}.json", "in ATTNGEN_DATA")
        with tempfile.TemporaryDirectory() as folder:
            found = frequencies(config, Path(folder))
        for i, frequency in enumerate(found):
            plain = 500000 ** (-i / len(found))
            turns = 8192 * plain / (2 * math.pi)
            smooth = min(max((turns - 1) / 3, 0), 1)
            assert math.isclose(frequency, plain * (smooth + (1 - smooth) / factor), rel_tol=1e-12), (name, i)


def explain_gives_every_choice_as_json() -> None:
    """One document; a plan for each definition, target and phase."""
    document = json.loads(harness.attngen("explain", "configs/mine.lua", "--json", "--target", "scalar,avx2"))
    assert document["name"] == "mine" and len(document["definitions"]) == 1
    definition = document["definitions"][0]
    assert all(name in definition for name in NEEDED), definition.keys()
    assert {(kernel["target"], kernel["phase"]) for kernel in document["kernels"]} == {
        (target, phase) for target in ("scalar", "avx2") for phase in ("prefill", "decode", "append")}
    text = harness.attngen("explain", "configs/mine.lua")
    assert definition["line"] in text


def models_are_checked() -> None:
    """By their config.json, a line for each definition."""
    lines = harness.attngen("check", "tests/cases/import/ok_qwen2.json", "--target", "scalar").splitlines()
    assert sum(line.startswith("pass softmax ") for line in lines) == 2, lines


def runs_that_cannot_start_say_why() -> None:
    """Exit status 2 and one sentence."""
    case = "tests/cases/import/ok_llama.json"
    for arguments, message in (
        ((case,), f"{case}: has nothing to run on; expected --prompt TEXT or --tokens FILE\n"),
        ((case, "--prompt", "a"), f"{case}: has no weights beside it; expected a model folder, or its config.json\n"),
        (("configs/mine.lua", "--prompt", "a"), 'configs/mine.lua: names no model folder to run; expected weights = "DIR" in it\n'),
        (("tests/cases/import/ok_deepseek_v2.json", "--prompt", "a"),
         "tests/cases/import/ok_deepseek_v2.json: cannot be run yet: there is no step for a mixture of experts; "
         "import, explain, emit and check take it\n"),
        (("no/folder", "--prompt", "a"), "no/folder: cannot be read: No such file or directory\n"),
    ):
        assert attempt("run", *arguments) == (2, message), attempt("run", *arguments)


if __name__ == "__main__":
    harness.run(real_configs_are_imported_or_refused_by_name, imported_configs_explain_alike,
                scales_are_the_worked_ones, windows_hold_as_many_keys_as_their_models, alibi_slopes_are_the_published_ones,
                rope_frequencies_are_those_of_transformers, llama_3_scales_its_frequencies,
                explain_gives_every_choice_as_json, models_are_checked, runs_that_cannot_start_say_why)
