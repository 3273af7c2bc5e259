"""Writes tests/fixtures/rope/*.json: cos and sin of rotary positions as transformers computes them.

    python tests/python/rope_reference.py

Needs torch and transformers 5; no network, no weights. Each file holds a config.json, positions and

- `cos`, `sin` [M][headDim / 2]: transformers' own frequency functions run in float64 (`torch.float` stands for float64 while
  they run), times the positions, with its own order of time, height and width;
- `cos32`, `sin32`: what the rotary module of the model returns, in float32.

`dynamic` is fed one position after another, as decoding with a cache feeds it.
"""

import contextlib
import json
import pathlib
import platform

import torch
import transformers
from transformers import LlamaConfig, Qwen2_5_VLConfig, Qwen3VLConfig
from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS
from transformers.models.llama.modeling_llama import LlamaRotaryEmbedding
from transformers.models.qwen2_5_vl.modeling_qwen2_5_vl import Qwen2_5_VLRotaryEmbedding
from transformers.models.qwen3_vl.modeling_qwen3_vl import Qwen3VLTextRotaryEmbedding

OUT = pathlib.Path(__file__).parents[1] / "fixtures" / "rope"
POSITIONS = [[0, 1, 2, 7, 63, 64, 300, 1000, 4095]]
GRID = [[0, 3, 3, 3, 4, 40, 900], [0, 3, 4, 5, 4, 41, 900], [0, 5, 3, 4, 4, 47, 900]]


def llama(scaling, **fields):
    return {"model_type": "llama", "hidden_size": 64, "num_attention_heads": 4, "num_hidden_layers": 1, **fields, **scaling}


def qwen2_5_vl(scaling):
    text = {"model_type": "qwen2_5_vl_text", "hidden_size": 32, "num_attention_heads": 2, "num_key_value_heads": 1, "num_hidden_layers": 1}
    return {"model_type": "qwen2_5_vl", "text_config": {**text, **scaling}, "vision_config": {"out_hidden_size": 32}}


def qwen3_vl(scaling):
    text = {"model_type": "qwen3_vl_text", "hidden_size": 32, "head_dim": 16, "num_attention_heads": 2, "num_key_value_heads": 1}
    text |= {"num_hidden_layers": 3, **scaling}
    return {"model_type": "qwen3_vl", "text_config": text, "vision_config": {"out_hidden_size": 32}}


def v5(**numbers):
    return {"rope_parameters": numbers}


YARN = {"rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0, "original_max_position_embeddings": 256}
CASES = {
    "default": (llama(v5(rope_type="default", rope_theta=100000.0)), POSITIONS),
    "linear": (llama(v5(rope_type="linear", rope_theta=10000.0, factor=2.5)), POSITIONS),
    # the numbers of Llama 3.2: all three bands are met by 8 frequencies
    "llama3": (
        llama({
            "rope_theta": 500000.0,
            "rope_scaling": {
                "rope_type": "llama3",
                "factor": 32.0,
                "low_freq_factor": 1.0,
                "high_freq_factor": 4.0,
                "original_max_position_embeddings": 8192,
            },
        }, max_position_embeddings=131072),
        POSITIONS,
    ),
    # a frequency with between half a turn and one turn, just within the lowest band
    "llama3-dense": (
        llama(v5(
            rope_type="llama3",
            rope_theta=10000.0,
            factor=4.0,
            low_freq_factor=1.0,
            high_freq_factor=8.0,
            original_max_position_embeddings=1024,
        ), max_position_embeddings=4096),
        POSITIONS,
    ),
    "yarn": (llama(v5(**YARN), max_position_embeddings=1024), POSITIONS),
    "yarn-untruncated": (
        llama(v5(**YARN, beta_fast=16.0, beta_slow=2.0, truncate=False), max_position_embeddings=1024),
        POSITIONS,
    ),
    "yarn-mscale": (llama(v5(**YARN, mscale=0.707, mscale_all_dim=1.5), max_position_embeddings=1024), POSITIONS),
    "yarn-attention-factor": (llama(v5(**YARN, attention_factor=0.75), max_position_embeddings=1024), POSITIONS),
    # the ramp ends beyond the last of the 8 frequencies
    "yarn-wide": (
        llama(v5(rope_type="yarn", rope_theta=100.0, factor=4.0, original_max_position_embeddings=1024), max_position_embeddings=4096),
        POSITIONS,
    ),
    # transformers 4's spelling, no original length: max_position_embeddings is it
    "yarn-v4": (
        llama({"rope_theta": 50000.0, "rope_scaling": {"type": "yarn", "factor": 2.0}}, max_position_embeddings=512),
        POSITIONS,
    ),
    "dynamic": (llama(v5(rope_type="dynamic", rope_theta=10000.0, factor=2.0), max_position_embeddings=64), POSITIONS),
    "mrope": (
        qwen2_5_vl({"rope_theta": 1000000.0, "rope_scaling": {"type": "mrope", "mrope_section": [2, 3, 3]}}),
        GRID,
    ),
    "mrope-yarn": (qwen2_5_vl(v5(**YARN, mrope_section=[1, 2, 5])), GRID),
    "mrope-interleaved": (
        qwen3_vl(v5(rope_type="default", rope_theta=5000000.0, mrope_section=[4, 2, 2], mrope_interleaved=True)),
        GRID,
    ),
    # width would take a ninth frequency, which there is not
    "mrope-interleaved-clipped": (
        qwen3_vl(v5(rope_type="default", rope_theta=5000000.0, mrope_section=[2, 3, 3], mrope_interleaved=True)),
        GRID,
    ),
}
FAMILIES = {
    "llama": (LlamaConfig, LlamaRotaryEmbedding),
    "qwen2_5_vl": (Qwen2_5_VLConfig, Qwen2_5_VLRotaryEmbedding),
    "qwen3_vl": (Qwen3VLConfig, Qwen3VLTextRotaryEmbedding),
}


@contextlib.contextmanager
def float64():
    """Within this, code that asks for torch.float gets float64."""
    kept = torch.float, torch.float32
    torch.float = torch.float32 = torch.float64
    try:
        yield
    finally:
        torch.float, torch.float32 = kept


def text_config(config):
    made = FAMILIES[config["model_type"]][0](**json.loads(json.dumps({k: v for k, v in config.items() if k != "model_type"})))
    return getattr(made, "text_config", made)


def in_float64(config, positions):
    text = text_config(config)
    module = FAMILIES[config["model_type"]][1](text)
    kind = text.rope_parameters["rope_type"]
    rows = []
    for m in range(len(positions[0])):
        at = [axis[m] for axis in positions]
        with float64():
            if kind == "default":
                inverse, scale = module.compute_default_rope_parameters(text)
            else:
                inverse, scale = ROPE_INIT_FUNCTIONS[kind](text, torch.device("cpu"), seq_len=max(at) + 1)
        assert inverse.dtype == torch.float64
        angles = torch.tensor(at, dtype=torch.float64)[:, None, None, None] * inverse  # [axes, 1, 1, half]
        pair = [angles.cos() * scale, angles.sin() * scale]
        if len(at) == 3:
            pair = [module.recomposition_frequencies(part.clone())[..., : len(inverse)] for part in pair]
        rows.append([part.flatten().tolist() for part in pair])
    return [row[0] for row in rows], [row[1] for row in rows]


def in_float32(config, positions):
    module = FAMILIES[config["model_type"]][1](text_config(config))
    ids = torch.tensor(positions)[:, None, :] if len(positions) == 3 else torch.tensor(positions)
    x = torch.zeros(1, dtype=torch.float32)
    if module.rope_type == "dynamic":
        pairs = [module(x, ids[..., m : m + 1]) for m in range(ids.shape[-1])]
        cos, sin = (torch.cat(part, dim=-2) for part in zip(*pairs))
    else:
        cos, sin = module(x, ids)
    half = cos.shape[-1] // 2
    return [part[0, :, :half].tolist() for part in (cos, sin)]


def rounded(rows, digits):
    return [[float(f"{value:.{digits}g}") for value in row] for row in rows]


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    for name, (config, positions) in CASES.items():
        cos, sin = in_float64(config, positions)
        cos32, sin32 = in_float32(config, positions)
        fixture = {
            "provenance": {
                "script": "tests/python/rope_reference.py",
                "python": platform.python_version(),
                "torch": torch.__version__,
                "transformers": transformers.__version__,
                "seed": "none: nothing is random",
            },
            "config": config,
            "headDim": 16,
            "positions": positions,
            "cos": rounded(cos, 12),
            "sin": rounded(sin, 12),
            "cos32": rounded(cos32, 9),
            "sin32": rounded(sin32, 9),
        }
        lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in fixture.items()]
        (OUT / f"{name}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
