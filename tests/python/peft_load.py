"""Loads an adapter that vlrl wrote with PEFT, prints every warning, and compares the logits.

    python tests/python/peft_load.py <base model> <adapter>                  # loads, prints warnings, keys that do not fit
    python tests/python/peft_load.py <base model> <adapter> --dump dump.json  # {"input_ids": [T], "logits": [T][V]}
    python tests/python/peft_load.py <base model> <adapter> --like <adapter>  # against another adapter's logits

Needs torch, transformers and peft. Exits with 1 where there was a warning, a key that does not fit or a logit that differs by more than 1e-4.
"""

import argparse
import json
import logging
import os
import sys
import warnings

import peft
import torch
import transformers
from safetensors import safe_open

TOLERANCE = 1e-4


def load(base: str, adapter: str) -> peft.PeftModel:
    config = transformers.AutoConfig.from_pretrained(base)
    name = config.architectures[0]
    model = getattr(transformers, name).from_pretrained(base, dtype=torch.float32, attn_implementation="eager")
    return peft.PeftModel.from_pretrained(model, adapter).eval()


def misfits(model: peft.PeftModel, adapter: str) -> list[str]:
    """Keys of the file that the model has not, and LoRA tensors of the model that the file has not; PEFT itself skips the former in silence."""
    with safe_open(os.path.join(adapter, "adapter_model.safetensors"), "pt") as file:
        stored = {key: file.get_tensor(key) for key in file.keys()}
    held = peft.get_peft_model_state_dict(model, save_embedding_layers=False)
    wrong = [f"only in the file: {key}" for key in sorted(stored.keys() - held.keys())]
    wrong += [f"only in the model: {key}" for key in sorted(held.keys() - stored.keys())]
    wrong += [f"other values: {key}" for key in sorted(stored.keys() & held.keys()) if not torch.equal(stored[key].float(), held[key].float())]
    return wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base")
    parser.add_argument("adapter")
    parser.add_argument("--dump", help="token ids and the logits to compare with")
    parser.add_argument("--like", help="an adapter that should give the same logits")
    arguments = parser.parse_args()

    logged: list[str] = []
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: logged.append(record.getMessage())
    for name in ("transformers", "peft"):
        logging.getLogger(name).addHandler(handler)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = load(arguments.base, arguments.adapter)
    heard = [f"{w.category.__name__}: {w.message}" for w in caught] + logged
    wrong = misfits(model, arguments.adapter)

    adapted = sum(isinstance(module, peft.tuners.lora.LoraLayer) for module in model.modules())
    print(f"peft {peft.__version__}, transformers {transformers.__version__}, torch {torch.__version__}: {adapted} adapted modules")
    print(f"warnings: {heard or 'none'}")
    print(f"keys that do not fit: {wrong or 'none'}")

    difference = 0.0
    with torch.no_grad():
        if arguments.dump is not None:
            with open(arguments.dump, encoding="utf-8") as file:
                dump = json.load(file)
            logits = model(input_ids=torch.tensor([dump["input_ids"]])).logits[0]
            difference = (logits - torch.tensor(dump["logits"])).abs().max().item()
            print(f"largest logit difference to the dump: {difference:.2e} (allowed {TOLERANCE:.0e})")
        if arguments.like is not None:
            ids = torch.arange(16)[None]
            other = load(arguments.base, arguments.like)
            apart = (model(input_ids=ids).logits - other(input_ids=ids).logits).abs().max().item()
            print(f"largest logit difference to {arguments.like}: {apart:.2e} (allowed {TOLERANCE:.0e})")
            difference = max(difference, apart)
    return 1 if heard or wrong or difference > TOLERANCE else 0


if __name__ == "__main__":
    sys.exit(main())
