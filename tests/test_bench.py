"""attngen bench: what is asked for is what is timed, figures agree with each other, pictures are drawn."""

import json
import subprocess
import tempfile
from pathlib import Path

from harness import ATTNGEN, ROOT, Skip, attngen, need, run

CONFIG = "attention = { heads = 4, kv_heads = 2, d_k = 16, mask = causal() }\n"


def bench(*arguments: str | Path) -> list[dict]:
    """The timings of a small config."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "small.lua")
        config.write_text(CONFIG)
        return json.loads(attngen("bench", config, "--json", *arguments))


def sweep_times_what_was_asked_for() -> None:
    """Each number of queries with each of keys and threads; visible work is counted exactly."""
    found = bench("--phase", "append", "--q", "1..2", "--kv", "64..128*2", "--threads", "1,2")
    asked = [(q, kv, threads) for threads in (1, 2) for kv in (64, 128) for q in (1, 2)]
    assert [(t["q"], t["kv"], t["threads"]) for t in found] == asked, found
    for timing in found:
        pairs = sum(timing["kv"] - i for i in range(timing["q"]))
        assert timing["flops"] == 2 * pairs * 4 * (16 + 16), timing
        assert timing["phase"] == "append" and timing["samples"] >= 5, timing


def sequences_share_keys() -> None:
    """Their queries are all counted, their keys once; the workspace is that of all."""
    (alone,), (together,) = (bench("--phase", "decode", "--kv", "2000", "--tuned", "none", *more) for more in ([], ["--sharing", "3"]))
    assert (alone["sharing"], together["sharing"]) == (1, 3)
    assert together["flops"] == 3 * alone["flops"] and together["workspace_bytes"] == 3 * alone["workspace_bytes"]
    assert together["bytes"] - alone["bytes"] == 2 * 4 * (16 + 16) * 4, (alone, together)


def long_caches_fit() -> None:
    """Of a layer of 32/8 heads, d 128: workspace grows by d_v + 2 floats for each head and segment of 1024 keys alone."""
    keys, heads, d = 200_000, 32, 128
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "layer.lua")
        for cache, key_bytes in (("int8", 2 * (d + 2)), ("int4", 2 * (d // 2 + d // 32 * 4))):
            config.write_text(f"attention = {{ heads = {heads}, kv_heads = 8, d_k = {d}, mask = causal(), cache = {cache} }}\n")
            (timing,) = json.loads(attngen("bench", config, "--json", "--tuned", "none", "--phase", "decode", "--kv", str(keys)))
            assert timing["workspace_bytes"] == -(-keys // 1024) * heads * (d + 2) * 4, timing
            assert 1 <= timing["bytes"] / (keys * 8 * key_bytes) < 1.001, timing


def activations_count_as_they_are() -> None:
    """Four bytes a number or two, of q and o in decode and of k and v in write; the cache has its own type."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder, "given.lua")
        for activations, number in (("f32", 4), ("f16", 2), ("bf16", 2)):
            config.write_text(CONFIG.replace("mask", f"activations = {activations}, cache = f16, mask"))
            for phase, rows in (("write", 128 * 2), ("decode", 4)):
                (timing,) = json.loads(attngen("bench", config, "--json", "--phase", phase, "--kv", "128"))
                assert timing["bytes"] == 2 * 128 * 2 * (16 + 16) + number * rows * (16 + 16), timing


def peak_is_that_of_the_products() -> None:
    """Dot products of four bytes are four times what an FMA adds up in a lane, and half of the work with d_k = d_v: 1.6 of its peak."""
    if "avx512_vnni" not in Path("/proc/cpuinfo").read_text():
        raise Skip("this CPU has no AVX512_VNNI")
    with tempfile.TemporaryDirectory() as folder:
        config, peaks = Path(folder, "bytes.lua"), {}
        config.write_text(CONFIG.replace("mask", "cache = int8, compute = int8, mask"))
        for target in ("avx512", "avx512_vnni"):
            (timing,) = json.loads(attngen("bench", config, "--json", "--target", target, "--phase", "decode", "--kv", "256"))
            assert timing["target"] == target, timing
            peaks[target] = timing["peak_gflops"]
        assert 1.3 < peaks["avx512_vnni"] / peaks["avx512"] < 1.9, peaks


def figures_agree() -> None:
    """Rates follow from work and time; the fraction from them and from the machine's limits."""
    for timing in bench("--q", "256", "--kv", "256"):
        seconds = 1e-3 * timing["ms"]
        assert abs(timing["gflops"] * 1e9 * seconds / timing["flops"] - 1) < 1e-4, timing
        fraction = max(timing["gflops"] / timing["peak_gflops"], timing["gbps"] / timing["stream_gbps"])
        assert abs(timing["fraction"] / fraction - 1) < 1e-4, timing
        assert 0 < timing["fraction"] < 1.5 and timing["code_bytes"] > 500 and timing["compile_seconds"] > 0, timing


def picture_is_drawn() -> None:
    """An SVG with the three titles, by matplotlib."""
    python = ROOT / "build/venv/bin/python"
    if subprocess.run([python if python.exists() else "python3", "-c", "import matplotlib"], capture_output=True).returncode != 0:
        raise Skip("matplotlib is not installed (./bootstrap puts it into build/venv)")
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder, "plot.svg")
        bench("--phase", "prefill", "--q", "16,32", "--plot", picture)
        text = picture.read_text()
        assert text.startswith("<?xml") and all(f"<!-- {title} -->" in text for title in ("roofline", "fraction", "cost")), text[:2000]


def bound_on_code_is_kept() -> None:
    """More than max_code bytes are refused by whatever makes kernels, which then writes nothing; less is as good as no bound."""
    need(ATTNGEN, "ninja builds it")
    with tempfile.TemporaryDirectory() as folder:
        config, out = Path(folder, "bound.lua"), Path(folder, "out")
        for bound, status in ((2000, 2), (60000, 0)):
            config.write_text(CONFIG.replace("mask", f"max_code = {bound}, mask"))
            for verb, more in (("emit", ["-o", out]), ("check", []), ("bench", ["--phase", "write"])):
                done = subprocess.run([ATTNGEN, verb, config, "--target", "scalar", *more], cwd=ROOT, capture_output=True, text=True)
                assert done.returncode == status, done
                assert (f"bound.lua:1: max_code is {bound}, and the code of attention on scalar takes " in done.stderr) == (status == 2), done
            assert out.exists() == (status == 0), "the pair was written although it is too large"


def wrong_usage_ends_with_2() -> None:
    """Before anything is compiled."""
    need(ATTNGEN, "ninja builds it")
    for arguments, sentence in (
        (["--phase", "train"], "attngen: --phase is 'train'; expected write, prefill, append or decode\n"),
        (["--phase", "write", "--q", "3"], "attngen: --q has no effect on --phase write; --kv says how many keys\n"),
        (["--q", "9", "--kv", "8"], "attngen: --q 9 is larger than --kv 8: the queries are the last of the keys\n"),
        (["--plot", "a.pdf"], "attngen: --plot is 'a.pdf'; expected a file that ends in .svg or .png\n"),
        (["--target", "avx2,scalar"], "attngen: --target is 'avx2,scalar'; bench times one target at a time\n"),
    ):
        done = subprocess.run([ATTNGEN, "bench", "configs/mine.lua", *arguments], cwd=ROOT, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (2, sentence), done


run(sweep_times_what_was_asked_for, sequences_share_keys, long_caches_fit, activations_count_as_they_are, peak_is_that_of_the_products, figures_agree, picture_is_drawn, bound_on_code_is_kept, wrong_usage_ends_with_2)
