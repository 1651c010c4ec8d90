#!/usr/bin/env python3
"""import, explain and run from outside: real config.json files, JSON that parses, runs that cannot start."""

import json
import os
import subprocess
import tempfile
from pathlib import Path

import harness

KNOWN = ("bert", "llama")
NEEDED = ("line", "layers", "heads", "kv_heads", "kv_head", "d_k", "d_v", "scale", "mask", "q_place", "hidden_row", "lse",
          "position", "cache", "cache_bytes", "flops", "order", "tiles")


def attempt(*arguments: str | Path) -> tuple[int, str]:
    """The exit status and what stands on standard error."""
    harness.need(harness.ATTNGEN, "ninja builds it")
    done = subprocess.run([harness.ATTNGEN, *arguments], cwd=harness.ROOT, capture_output=True, text=True)
    return done.returncode, done.stderr


def configs() -> list[Path]:
    """The config.json files of real models."""
    data = os.environ.get("ATTNGEN_DATA")
    if data is None:
        raise harness.Skip("ATTNGEN_DATA is not set")
    return sorted(harness.need(Path(data) / "hf_configs", "in ATTNGEN_DATA").resolve().glob("*.json"))


def real_configs_are_imported_or_refused_by_name() -> None:
    """A refusal is one line that names the file, and the family or a field that the file has."""
    imported = 0
    for path in configs():
        status, message = attempt("import", path)
        fields = json.loads(path.read_text())
        if status == 0:
            imported += 1
            assert fields["model_type"] in KNOWN and message == "", path
            continue
        assert status == 2 and message.startswith(f"{path}: ") and message.count("\n") == 1, message
        expected = "rope_scaling" if fields["model_type"] in KNOWN else f'model_type is "{fields["model_type"]}"'
        assert expected in message, message
    assert imported >= 5, imported


def imported_configs_explain_alike() -> None:
    """The config that import writes gives what the config.json gives, but for its place."""
    with tempfile.TemporaryDirectory() as name:
        for path in configs():
            lua = Path(name) / f"{path.stem.replace('.', '_').replace('-', '_')}.lua"
            if attempt("import", path, "-o", lua)[0] == 0:
                assert harness.attngen("explain", lua) == harness.attngen("explain", path), path


def explain_gives_every_choice_as_json() -> None:
    """One document; a kernel for each definition, target and phase."""
    document = json.loads(harness.attngen("explain", "configs/mine.lua", "--json", "--target", "scalar,avx2"))
    assert document["name"] == "mine" and len(document["definitions"]) == 1
    definition = document["definitions"][0]
    assert all(name in definition for name in NEEDED), definition.keys()
    assert {(kernel["target"], kernel["phase"]) for kernel in document["kernels"]} == {
        (target, phase) for target in ("scalar", "avx2") for phase in ("prefill", "decode")}
    text = harness.attngen("explain", "configs/mine.lua")
    assert definition["line"] in text


def runs_that_cannot_start_say_why() -> None:
    """Exit status 2 and one sentence."""
    case = "tests/cases/import/ok_llama.json"
    for arguments, message in (
        ((case,), f"{case}: has nothing to run on; expected --prompt TEXT or --tokens FILE\n"),
        ((case, "--prompt", "a"), f"{case}: has no weights beside it; expected a model folder, or its config.json\n"),
        (("configs/mine.lua", "--prompt", "a"), 'configs/mine.lua: names no model folder to run; expected weights = "DIR" in it\n'),
        (("no/folder", "--prompt", "a"), "no/folder: cannot be read: No such file or directory\n"),
    ):
        assert attempt("run", *arguments) == (2, message), attempt("run", *arguments)


if __name__ == "__main__":
    harness.run(real_configs_are_imported_or_refused_by_name, imported_configs_explain_alike,
                explain_gives_every_choice_as_json, runs_that_cannot_start_say_why)
