"""attngen check: random definitions agree with the reference, and a fault in a template is found."""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from harness import ATTNGEN, ROOT, attngen, need, run

SUMMARY = re.compile(r"^check: (\d+) passed, (\d+) failed, (\d+) skipped; largest error \S+; seed \d+$")
CONFIG = 'attention = { heads = 2, kv_heads = 1, d_k = 20, mask = causal() }\n'
PAIR = """
attention = { first = { heads = 1, d_k = 4 }, dies = { heads = 1, d_k = 4, d_v = 7 }, last = { heads = 1, d_k = 5 } }
layers = { "first", "dies", "last" }
"""


def check(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Runs attngen check to whatever end it comes to."""
    need(ATTNGEN, "ninja builds it")
    return subprocess.run([ATTNGEN, "check", *arguments], cwd=ROOT, capture_output=True, text=True)


def counts(output: str) -> tuple[int, int, int]:
    """passed, failed and skipped, of the last line."""
    found = SUMMARY.match(output.splitlines()[-1])
    assert found, output
    passed, failed, skipped = map(int, found.groups())
    return passed, failed, skipped


def random_definitions_agree() -> None:
    """Every target that this CPU has; the others are named as skipped."""
    passed, failed, skipped = counts(attngen("check", "--random", "300", "--seed", "1"))
    assert passed >= 200 and failed == 0, f"{passed} passed, {failed} failed"
    if skipped:
        print(f"skip random_definitions_on_other_targets: this CPU does not have them ({skipped} checks)", flush=True)


def agrees(attention: str) -> None:
    """A config of one attention passes its check."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "one.lua"
        config.write_text(f"attention = {attention}\n")
        passed, failed, _ = counts(attngen("check", str(config)))
    assert passed > 0 and failed == 0, f"{passed} passed, {failed} failed"


def scores_that_are_no_number_hide_keys() -> None:
    """log(s) is NaN for about half of the scores, on all targets and in the reference."""
    agrees('{ heads = 2, d_k = 20, mask = causal(), score = { expr "log(s)" } }')


def sigmoid_alone_is_free_of_warnings() -> None:
    """In a file of its own, as beside others a function that it does not call has callers."""
    agrees("{ heads = 2, d_k = 20, mask = causal(), normalize = sigmoid }")


def smallest_tiles_agree() -> None:
    """Tiles and segments as small as the target's lanes, blocks of one vector of queries; of two keys, which share a byte of int4, at least."""
    for target, lanes in ("scalar", 2), ("avx2", 8), ("avx512", 16):
        plan = f"tile={lanes},segment={lanes},queries={lanes}"
        passed, failed, skipped = counts(attngen("check", "--random", "10", "--seed", "5", "--target", target, "--plan", plan))
        assert passed + skipped == 10 and failed == 0, f"{target}: {passed} passed, {failed} failed"
        if skipped:
            print(f"skip smallest_tiles_on_{target}: this CPU does not have it", flush=True)


def targets_of_one_compute_get_definitions_that_have_it() -> None:
    """All definitions that are drawn, alone or beside a target for all; two computes at once are refused."""
    for target in "avx512_bf16", "scalar,avx512_vnni":
        passed, failed, skipped = counts(attngen("check", "--random", "3", "--seed", "2", "--target", target))
        assert passed + skipped == 3 * len(target.split(",")) and failed == 0, f"{target}: {passed} passed, {failed} failed"
    done = check("--random", "2", "--target", "avx512_bf16,avx512_vnni")
    sentence = ("--target: avx512_bf16 is for compute = bf16 and avx512_vnni for compute = int8; check --random takes targets of one compute")
    assert (done.returncode, done.stderr) == (2, f"attngen: {sentence}\n"), done


def plans_that_do_not_fit_are_refused() -> None:
    """The sentence names the parameter, what was found and what was expected."""
    for plan, sentence in (
        ("tile=1", "the plan of attention on avx2: tile is 1; expected a multiple of 8, the lanes of the target"),
        ("tile=24", "the plan of attention on scalar: tile is 24; expected a divisor or a multiple of 16, the keys of a panel"),
        ("tile=32,segment=48", "the plan of attention on scalar: segment is 48; expected a multiple of 32, the keys of a tile"),
        ("decode_heads=3", "the plan of attention on scalar: decode_heads is 3; expected at most 2, the query heads of a KV head"),
        ("score_keys=16", "the plan of attention on scalar: a register tile of prefill takes 52 registers; expected at most 16"),
        ("append_rows=16", "the plan of attention on scalar: a register tile of append takes 18 registers; expected at most 16"),
        ("tiles=4", "plan: unknown parameter 'tiles' (did you mean 'tile'?); `attngen list plan` prints them"),
        ("tile", "plan: 'tile' has no value; expected NAME=NUMBER, as in tile=32"),
        ("tile=8,tile=8", "plan: tile is given twice"),
        ("queries=300", "plan: queries is '300'; expected a whole number from 1 to 256"),
    ):
        with tempfile.TemporaryDirectory() as folder:
            config = Path(folder, "plan.lua")
            config.write_text(CONFIG)
            done = check(config, "--plan", plan)
        assert (done.returncode, done.stderr) == (2, f"attngen: {sentence}\n"), done


def tiles_of_rows_are_refused_where_one_query_walks() -> None:
    """Values that are parts of keys: what append_rows and its like would change is not there."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "tail.lua")
        config.write_text(CONFIG.replace("d_k = 20", "d_k = 20, d_v = 8, v = tail_of_k"))
        for plan, limit in ("append_rows=2", 1), ("append_vectors=2", 1), ("append_columns=2", 1), ("append_fetch=1", 0):
            done = check(config, "--plan", plan)
            name, value = plan.split("=")
            sentence = f"{name} is {value}; expected at most {limit}, as one query walks at a time where values are parts of keys"
            assert (done.returncode, done.stderr) == (2, f"attngen: the plan of attention on scalar: {sentence}\n"), done


def check_broken(config_text: str, line: str, broken: str, file: str = "softmax/target.c.t") -> subprocess.CompletedProcess[str]:
    """Checks a config on the scalar target with one expression of a template replaced."""
    with tempfile.TemporaryDirectory() as folder:
        templates, config = Path(folder, "templates"), Path(folder, "broken.lua")
        shutil.copytree(ROOT / "templates", templates)
        target = templates / file
        text = target.read_text()
        assert line in text, "the line to break is not in the template"
        target.write_text(text.replace(line, broken))
        config.write_text(config_text)
        return check(config, "--target", "scalar", "--templates", templates)


def fault_in_template_is_found() -> None:
    """Outputs a hundredth of a percent too large fail, with what is needed to repeat it, and exit 1."""
    done = check_broken(CONFIG, "1.0f / l", "1.0001f / l")
    assert done.returncode == 1, done.stdout + done.stderr
    assert counts(done.stdout) == (0, 1, 0)
    assert done.stdout.startswith("fail softmax heads=2 kv_heads=1 d_k=20 "), done.stdout
    assert "target=scalar: prefill at once: o of row" in done.stdout and "seed 1" in done.stdout, done.stdout


def fault_in_norm_is_found() -> None:
    """A mean over one number more than there are; with weights of any size, only the definition's can be right."""
    config = CONFIG.replace("d_k = 20", "d_k = 20, k_norm = rms { eps = 1e-6 }")
    done = check_broken(config, "squares / D_K$D", "squares / (D_K$D + 1)", "norm/rms.lua")
    assert done.returncode == 1 and counts(done.stdout) == (0, 1, 0), done.stdout + done.stderr
    assert "prefill at once: " in done.stdout or "write, then read: " in done.stdout, done.stdout


def fault_in_sharing_is_found() -> None:
    """A segment of which two sequences share a part is taken for one that they share."""
    done = check_broken(CONFIG, "shared / SEGMENT$F", "(shared + SEGMENT$F - 1) / SEGMENT$F", "softmax/decode.c.t")
    assert done.returncode == 1 and counts(done.stdout) == (0, 1, 0), done.stdout + done.stderr
    assert "sequences that share their first keys: " in done.stdout, done.stdout


def death_is_one_failure() -> None:
    """Kernels that touch memory that is not theirs end their program; the definitions after theirs are still checked."""
    done = check_broken(PAIR, "1.0f / l", "(D_V$D == 7 ? *(volatile float *)64 : 1.0f / l)")
    assert done.returncode == 1, done.stdout + done.stderr
    assert counts(done.stdout) == (2, 1, 0), done.stdout
    assert "d_v=7 " in done.stdout and "a kernel read or wrote outside of its memory" in done.stdout, done.stdout


def runner_runs_the_program() -> None:
    """A runner with an argument stands before the program; one that does not exist ends with 2."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "runner.lua")
        config.write_text(CONFIG)
        assert counts(attngen("check", config, "--target", "scalar", "--runner", "env ATTNGEN_RUNNER=1")) == (1, 0, 0)
        done = check(config, "--target", "scalar", "--runner", "/nowhere/runner")
    assert done.returncode == 2, done.stdout + done.stderr


def wrong_usage_ends_with_2() -> None:
    """A config or random definitions, one of the two."""
    for arguments, sentence in (
        ([], "attngen: check needs a config or --random N\n"),
        (["a.lua", "--random", "3"], "attngen: check takes a config or --random N, not both\n"),
    ):
        done = check(*arguments)
        assert (done.returncode, done.stderr) == (2, sentence), done


run(random_definitions_agree, scores_that_are_no_number_hide_keys, sigmoid_alone_is_free_of_warnings, smallest_tiles_agree, targets_of_one_compute_get_definitions_that_have_it, plans_that_do_not_fit_are_refused, tiles_of_rows_are_refused_where_one_query_walks, fault_in_template_is_found,
    fault_in_norm_is_found, fault_in_sharing_is_found, death_is_one_failure, runner_runs_the_program, wrong_usage_ends_with_2)
