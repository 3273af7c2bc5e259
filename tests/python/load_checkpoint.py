"""Loads a checkpoint that vlrl wrote with transformers and compares its logits to vlrl's own.

    npx tsx tests/python/dump_logits.ts <checkpoint> dump.json
    python tests/python/load_checkpoint.py <checkpoint> dump.json

Needs torch and transformers. Exits with 1 where a logit differs by more than 1e-4 or where a tensor is missing, unexpected or of another shape.
"""

import argparse
import json
import sys

import torch
import transformers

TOLERANCE = 1e-4


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint")
    parser.add_argument("dump", help="what dump_logits.ts wrote")
    arguments = parser.parse_args()

    with open(arguments.dump, encoding="utf-8") as file:
        dump = json.load(file)
    model, report = transformers.SmolVLMForConditionalGeneration.from_pretrained(
        arguments.checkpoint, dtype=torch.float32, attn_implementation="eager", output_loading_info=True
    )
    model.eval()
    problems = {name: sorted(keys) for name, keys in report.items() if keys}
    # the head is tied to the embeddings and not stored
    if model.config.tie_word_embeddings and problems.get("missing_keys") == ["lm_head.weight"]:
        del problems["missing_keys"]

    shape = dump["pixel_values"]["shape"]
    pixels = torch.tensor(dump["pixel_values"]["data"], dtype=torch.float32).reshape(1, *shape)
    ids = torch.tensor([dump["input_ids"]])
    with torch.no_grad():
        logits = model(input_ids=ids, attention_mask=torch.ones_like(ids), pixel_values=pixels).logits[0]
    ours = torch.tensor(dump["logits"]["data"], dtype=torch.float32).reshape(dump["logits"]["shape"])

    difference = (logits - ours).abs().max().item()
    agreement = (logits.argmax(-1) == ours.argmax(-1)).float().mean().item()
    parameters = sum(p.numel() for p in model.parameters())
    print(f"{type(model).__name__}, {parameters:,} parameters, transformers {transformers.__version__}, torch {torch.__version__}")
    print(f"loading problems: {problems or 'none'}")
    print(f"{len(dump['input_ids'])} positions, vocabulary {logits.shape[-1]}, logits up to {logits.abs().max().item():.2f}")
    print(f"largest difference {difference:.2e} (allowed {TOLERANCE:.0e}), same argmax at {agreement:.1%} of positions")
    return 0 if difference <= TOLERANCE and not problems else 1


if __name__ == "__main__":
    sys.exit(main())
