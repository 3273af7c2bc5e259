"""Writes tests/fixtures/peft_match.json: which modules PEFT adapts under many configs, and with what scaling.

    python tests/python/peft_match.py tests/fixtures/peft_match.json

Needs peft. The configs are drawn from a seed, the answers come from PEFT's own functions.
"""

import json
import math
import random
import sys

import peft
from peft.tuners.tuners_utils import check_target_module_exists
from peft.utils.other import get_pattern_key

SEED = 5
MODULES = (
    [f"model.language_model.layers.{i}.{n}" for i in (0, 1, 10) for n in ("self_attn.q_proj", "self_attn.k_proj", "mlp.gate_proj", "mlp.experts.3.up_proj")]
    + [f"model.vision_model.encoder.layers.{i}.{n}" for i in (0, 1) for n in ("self_attn.q_proj", "self_attn.out_proj", "mlp.fc1")]
    + [f"model.visual.blocks.{i}.{n}" for i in (0, 3) for n in ("attn.qkv", "attn.proj", "mlp.gate_proj")]
    + ["model.visual.merger.mlp.0", "model.visual.merger.mlp.2", "model.connector.modality_projection.proj", "lm_head", "proj", "layers.1.q_proj"]
)
NAMES = ["q_proj", "k_proj", "proj", "mlp", "mlp.2", "2", "0", "fc1", "qkv", "_proj", "self_attn.q_proj", "attn.qkv", "lm_head", "1.mlp.fc1", "gate_proj", "up_proj"]
EXPRESSIONS = [
    r".*(q|k)_proj", r"q_proj|lm_head", r".*\.layers\.\d+\..*", r"(?P<all>.*)\.q_proj", r"\Amodel\.(?!visual).*\Z", r"(?i)MODEL\.VISUAL\..*", r"[^]x]*",
    r"model\.language_model\.layers\.(1|10)\..*", r"(?:.*?(?:language|text).*?(?:self_attn|mlp).*?\.(?:q_proj|up_proj))|(?:\bmodel\.layers\.[\d]{1,}\..*)",
    r".*\.\d{,1}\..*proj$", r"lm_head", r".*vision_model.*",
]  # fmt: skip
PATTERNS = ["q_proj", r"^model.visual.*", r"layers\.1\..*", "(q|k)_proj", "proj", "^proj", r".*\.experts\.\d\.up_proj", "model.language_model.layers.0.self_attn.q_proj"]
LAYER_PATTERNS = ["layers", "blocks", "experts", ["layers", "blocks"], "language_model.layers", "(layers|blocks)", [], ""]


def draw(random: random.Random) -> dict:
    def some(names, most):
        return random.sample(names, random.randint(1, most))

    targets = random.choice([some(NAMES, 4), random.choice(EXPRESSIONS), some(NAMES, 2) + some(MODULES, 2)])
    layers = random.choice([None, None, 1, [0, 10], [], [3]]) if isinstance(targets, list) else None
    return {
        "r": random.choice([1, 4, 16]),
        "lora_alpha": random.choice([8, 32]),
        "use_rslora": random.choice([False, False, True]),
        "target_modules": targets,
        "exclude_modules": random.choice([None, None, some(NAMES, 2), random.choice(EXPRESSIONS)]),
        "layers_to_transform": layers,
        "layers_pattern": random.choice([None, *LAYER_PATTERNS]) if layers is not None else None,
        "rank_pattern": {k: random.choice([2, 8]) for k in random.sample(PATTERNS, random.randint(0, 3))},
        "alpha_pattern": {k: random.choice([1, 64]) for k in random.sample(PATTERNS, random.randint(0, 2))},
    }


def answer(settings: dict) -> dict[str, float]:
    config = peft.LoraConfig(**settings)
    out = {}
    for module in MODULES:
        if not check_target_module_exists(config, module):
            continue
        # the lines of LoraModel._create_and_replace and LoraLayer.update_layer
        r = config.rank_pattern.get(get_pattern_key(config.rank_pattern.keys(), module), config.r)
        alpha = config.alpha_pattern.get(get_pattern_key(config.alpha_pattern.keys(), module), config.lora_alpha)
        out[module] = alpha / math.sqrt(r) if config.use_rslora else alpha / r
    return out


def main() -> None:
    source = random.Random(SEED)
    cases = []
    for _ in range(200):
        settings = draw(source)
        cases.append({"config": settings, "scaling": answer(settings)})
    provenance = {"script": "tests/python/peft_match.py", "seed": SEED, "versions": {"peft": peft.__version__}}
    lines = ",\n    ".join(json.dumps(case) for case in cases)
    text = f'{{\n  "provenance": {json.dumps(provenance)},\n  "modules": {json.dumps(MODULES)},\n  "cases": [\n    {lines}\n  ]\n}}\n'
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main()
