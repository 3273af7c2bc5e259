"""Specs of golden folders that make_fixtures.py has not: windows, rope types, SmolLM3, Idefics3, float16, shards of bfloat16.

    python make_fixtures.py --specs tests/python/golden_specs.py --out tests/fixtures --only <name>

Without `--only` all of them are made again (15 s, one core); with the versions in each `provenance` byte for byte the same. Needs what
make_fixtures.py needs. It runs this file after its own, so what Idefics3 wants otherwise is put in its place below.
"""

import __main__ as make_fixtures
from transformers import Idefics3Processor
from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil

# the first is longer than every window below, as is the third of it that counts as its prompt
SENTENCES = ["The cat sat on the log and sells shells", "7 + 12? ", "red"]
QWEN = dict(kind="text", tokenizer="qwen", merges=40)
SMOL = dict(kind="text", tokenizer="smol", merges=37)
SMALL = dict(
    hidden_size=32, intermediate_size=64, num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=512, rms_norm_eps=1e-6
)  # fmt: skip
# one picture cut into tiles, one scaled, one as it is
CASES = [case for case in make_fixtures.SMOLVLM_CASES if case["name"] != "two_split"]
QWEN_ROPE = {"rope_type": "default", "rope_theta": 1000000.0}


def llama(name, seed, rope, dtype="float32", **config):
    values = {**SMALL, "vocab_size": 296, "num_hidden_layers": 2, "max_position_embeddings": 128, "rope_parameters": rope, **config}
    return {"name": name, **SMOL, "model": "LlamaForCausalLM", "seed": seed, "dtype": dtype, "sentences": SENTENCES, "config": values}


SPECS = [
    # rotates in layers 0 and 2 alone; three shards of bfloat16
    {
        "name": "smollm3", **SMOL, "model": "SmolLM3ForCausalLM", "seed": 31, "dtype": "bfloat16", "shard": "40KB",
        "config": dict(
            **SMALL, vocab_size=296, num_hidden_layers=4, no_rope_layers=[1, 0, 1, 0],
            rope_parameters={"rope_type": "default", "rope_theta": 5000000.0}, tie_word_embeddings=True,
        ),
    },
    # layers 2 and 3 see four positions
    {
        "name": "qwen2_window", **QWEN, "model": "Qwen2ForCausalLM", "seed": 32, "sentences": SENTENCES,
        "config": dict(
            **SMALL, vocab_size=304, num_hidden_layers=4, use_sliding_window=True, sliding_window=4, max_window_layers=2,
            rope_parameters=QWEN_ROPE, tie_word_embeddings=True,
        ),
    },
    # layers 0 and 2 see five positions, as layer_types says; max_window_layers would say otherwise
    {
        "name": "qwen3_window", **QWEN, "model": "Qwen3ForCausalLM", "seed": 33, "sentences": SENTENCES,
        "config": dict(
            **SMALL, vocab_size=304, num_hidden_layers=3, head_dim=16, use_sliding_window=True, sliding_window=5, max_window_layers=3,
            layer_types=["sliding_attention", "full_attention", "sliding_attention"], rope_parameters=QWEN_ROPE, tie_word_embeddings=True,
        ),
    },
    # all biases; the ramp goes from the first of 8 frequencies to the sixth
    llama(
        "llama_yarn", 34,
        {
            "rope_type": "yarn", "rope_theta": 100.0, "factor": 4.0, "original_max_position_embeddings": 16, "beta_fast": 2.0,
            "beta_slow": 0.25,
        },
        max_position_embeddings=64, num_attention_heads=2, num_key_value_heads=1, attention_bias=True, mlp_bias=True,
        tie_word_embeddings=False,
    ),
    # head_dim is not hidden_size / num_attention_heads; of 8 frequencies one is kept, one is between, six are divided
    llama(
        "llama_llama3", 35,
        {
            "rope_type": "llama3", "rope_theta": 1000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
            "original_max_position_embeddings": 32,
        },
        head_dim=16, tie_word_embeddings=False,
    ),
    llama("llama_linear", 36, {"rope_type": "linear", "rope_theta": 10000.0, "factor": 2.5}, dtype="float16", tie_word_embeddings=True),
    {
        "name": "idefics3", "kind": "vision", "family": "smolvlm", "processor_names": ("Idefics3ImageProcessor", "Idefics3Processor"),
        "model": "Idefics3ForConditionalGeneration", "seed": 37, "image_seed": 37, "tokenizer": "smolvlm", "merges": 21, "dtype": "float16",
        "image_processor": {"size": {"longest_edge": 32}, "max_image_size": {"longest_edge": 16}, "do_image_splitting": True},
        "image_seq_len": 4, "images": [(32, 16), (24, 32), (16, 16)], "processing": CASES,
        "batch_prompts": [(None, "?"), (None, None, "?"), ("2+2?",)], "batch_images": [[0], [1, 2], []],
        "batch_options": {"do_image_splitting": False},
        "config": dict(
            scale_factor=2, tie_word_embeddings=False,
            vision_config=dict(
                hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2, image_size=16, patch_size=4
            ),
            text_config=dict(
                model_type="llama", vocab_size=288, hidden_size=24, intermediate_size=48, num_hidden_layers=2, num_attention_heads=3,
                num_key_value_heads=1, max_position_embeddings=512, rms_norm_eps=1e-5, tie_word_embeddings=False,
                rope_parameters={"rope_type": "default", "rope_theta": 500000.0},
            ),
        ),
    },
]  # fmt: skip


def with_specs(provenance):
    return lambda spec, seed: {**provenance(spec, seed), "specs": "tests/python/golden_specs.py"}


def with_idefics3(make_processor):
    """Idefics3's own processor and image processor, which smolvlm's are a copy of."""

    def make(spec, tokenizer):
        if spec["model"] != "Idefics3ForConditionalGeneration":
            return make_processor(spec, tokenizer)
        images = Idefics3ImageProcessorPil(**spec["image_processor"])
        return Idefics3Processor(images, tokenizer, image_seq_len=spec["image_seq_len"], chat_template=tokenizer.chat_template)

    return make


make_fixtures.provenance = with_specs(make_fixtures.provenance)
make_fixtures.make_processor = with_idefics3(make_fixtures.make_processor)
make_fixtures.nested_class = lambda: Idefics3ImageProcessorPil
