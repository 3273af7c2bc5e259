"""What the scripts here share: opening a checkpoint or an adapter with transformers and PEFT, with everything that does not fit named."""

import importlib.metadata
import json
import os
import warnings

import torch
import transformers
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForImageTextToText

transformers.logging.disable_progress_bar()


def load(folder: str) -> tuple[torch.nn.Module, list[str]]:
    """The model of a folder in float32 and what was wrong with its files; an adapter stands on the base that its config names."""
    settings = os.path.join(folder, "adapter_config.json")
    if not os.path.exists(settings):
        return load_model(folder)
    import peft
    from peft_load import misfits

    with open(settings, encoding="utf-8") as file:
        base = json.load(file)["base_model_name_or_path"]
    beside = os.path.join(folder, base)  # an absolute path stays itself
    model, problems = load_model(beside if os.path.isdir(beside) else base)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        adapted = peft.PeftModel.from_pretrained(model, folder).eval()
    return adapted, problems + [str(warning.message) for warning in caught] + misfits(adapted, folder)


def load_model(folder: str) -> tuple[torch.nn.Module, list[str]]:
    config = AutoConfig.from_pretrained(folder)
    has_pictures = type(config) in AutoModelForImageTextToText._model_mapping
    automatic = AutoModelForImageTextToText if has_pictures else AutoModelForCausalLM
    model, report = automatic.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
    problems = [f"{kind}: {entry}" for kind, entries in report.items() for entry in sorted(entries)]
    named = config.architectures or []
    if type(model).__name__ not in named:
        problems.append(f"config.json names {named}, not {type(model).__name__}")
    return model.eval(), problems


def logits_of(model: torch.nn.Module, ids: list[int], pixels: torch.Tensor | None, grids: list[list[int]] | None) -> torch.Tensor:
    """[T, V] of one prompt. Pixels: [tiles, C, H, W] of SmolVLM and Idefics3, [patches, values] of Qwen-VL, which has grids too."""
    tokens = torch.tensor([ids])
    inputs = {"input_ids": tokens, "attention_mask": torch.ones_like(tokens)}
    if grids is not None:
        inputs |= {"pixel_values": pixels, "image_grid_thw": torch.tensor(grids)}
        inputs["mm_token_type_ids"] = (tokens == model.config.image_token_id).int()
    elif pixels is not None:
        inputs["pixel_values"] = pixels.reshape(1, *pixels.shape[-4:])
    with torch.no_grad():
        return model(**inputs).logits[0]


def name_of(model: torch.nn.Module) -> str:
    return f"adapter on {type(model.get_base_model()).__name__}" if hasattr(model, "peft_config") else type(model).__name__


def versions() -> str:
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in ("transformers", "torch", "peft"))
