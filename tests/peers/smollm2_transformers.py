"""SmolLM2 by the transformers library in float32: the tokens of tests/golden/smollm2_greedy.json come from here.

Runs where torch and transformers are installed; PYTHONPATH=tests python tests/peers/smollm2_transformers.py
"""

import json

import harness

FOLDER = harness.ROOT / "models" / "smollm2"
GOLDEN = json.loads((harness.ROOT / "tests/golden/smollm2_greedy.json").read_text())


def transformers_writes_the_golden_tokens() -> None:
    """64 tokens, the likeliest each time."""
    try:
        import torch
        import transformers
    except ImportError as missing:
        raise harness.Skip(f"{missing.name} is not installed") from None
    folder = harness.need(FOLDER, "./bootstrap makes it")
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
    prompt = transformers.AutoTokenizer.from_pretrained(folder)(GOLDEN["prompt"], return_tensors="pt").input_ids
    tokens = model.generate(prompt, max_new_tokens=64, do_sample=False, eos_token_id=None)[0].tolist()
    assert tokens[: prompt.shape[1]] == GOLDEN["prompt_tokens"], tokens
    assert tokens[prompt.shape[1]:] == GOLDEN["tokens"], tokens


if __name__ == "__main__":
    harness.run(transformers_writes_the_golden_tokens)
