"""Loads a checkpoint or an adapter with transformers (and PEFT) and compares its logits to vlrl's own.

    npx tsx tests/python/dump_logits.ts <folder> dump.json [--image picture.png]
    python tests/python/load_checkpoint.py <folder> dump.json

Needs torch, transformers and peft. Exits with 1 where a logit differs by more than 1e-4 or where a tensor is missing,
unexpected or of another shape.
"""

import argparse
import json
import sys

import torch
from checkpoint import load, logits_of, name_of, versions

TOLERANCE = 1e-4


def tensor(stored: dict) -> torch.Tensor:
    return torch.tensor(stored["data"], dtype=torch.float32).reshape(stored["shape"])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", help="a model, or an adapter whose config names its base")
    parser.add_argument("dump", help="what dump_logits.ts wrote")
    arguments = parser.parse_args()

    with open(arguments.dump, encoding="utf-8") as file:
        dump = json.load(file)
    model, problems = load(arguments.folder)
    parameters = sum(p.numel() for p in model.parameters())
    print(f"{name_of(model)}, {parameters:,} parameters; {versions()}")
    print(f"loading problems: {problems or 'none'}")

    pixels = None if dump["pixel_values"] is None else tensor(dump["pixel_values"])
    logits = logits_of(model, dump["input_ids"], pixels, dump["image_grid_thw"])
    ours = tensor(dump["logits"])
    if logits.shape != ours.shape:
        print(f"logits {list(logits.shape)}, vlrl's {list(ours.shape)}")
        return 1
    difference = (logits - ours).abs().max().item()
    agreement = (logits.argmax(-1) == ours.argmax(-1)).float().mean().item()
    seen = "no picture" if pixels is None else f"pixels {list(pixels.shape)}"
    print(f"{logits.shape[0]} positions, {seen}, vocabulary {logits.shape[1]}, logits up to {logits.abs().max().item():.2f}")
    print(f"largest difference {difference:.2e} (allowed {TOLERANCE:.0e}), same argmax at {agreement:.1%} of positions")
    # a difference that is no number is too large as well
    return 0 if difference <= TOLERANCE and not problems else 1


if __name__ == "__main__":
    sys.exit(main())
