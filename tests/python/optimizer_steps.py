"""Two steps of transformers' Adafactor and torch's Muon on small parameters, as a fixture.

Run: python tests/python/optimizer_steps.py > tests/fixtures/optimizer-steps.json

torch.optim.Muon makes an update orthogonal in bfloat16 whatever the parameter is. Its own steps are run twice: as they are ("bfloat16"),
and with that one conversion made to float32 ("float32"), which is what can be compared closely.
"""

import json

import torch
import transformers
from transformers.optimization import Adafactor

SHAPES = {"matrix": [3, 4], "vector": [5], "stack": [2, 2, 3]}
STEPS = 2

ADAFACTOR = {
    "trainer": dict(lr=0.05, scale_parameter=False, relative_step=False),
    "scaled": dict(lr=0.05, scale_parameter=True, relative_step=False, weight_decay=0.1, clip_threshold=0.5),
    "momentum": dict(lr=0.05, scale_parameter=False, relative_step=False, beta1=0.9, decay_rate=-0.5),
    "relative": dict(lr=None, scale_parameter=True, relative_step=True),
}
MUON = {
    "wide": ([3, 4], dict(lr=0.02, momentum=0.95, weight_decay=0.1)),
    "tall": ([4, 3], dict(lr=0.02, momentum=0.8, weight_decay=0.0, ns_steps=3)),
}


def drawn(shape, generator):
    return torch.randn(shape, generator=generator, dtype=torch.float32)


def flat(tensor):
    return tensor.detach().flatten().tolist()


def run(make, shapes, seed):
    generator = torch.Generator().manual_seed(seed)
    parameters = {name: torch.nn.Parameter(drawn(shape, generator)) for name, shape in shapes.items()}
    gradients = [{name: drawn(shape, generator) for name, shape in shapes.items()} for _ in range(STEPS)]
    start = {name: flat(parameter) for name, parameter in parameters.items()}
    optimizer = make(list(parameters.values()))
    after = []
    for step in gradients:
        for name, parameter in parameters.items():
            parameter.grad = step[name].clone()
        optimizer.step()
        after.append({name: flat(parameter) for name, parameter in parameters.items()})
    return {
        "shapes": shapes,
        "start": start,
        "gradients": [{name: flat(gradient) for name, gradient in step.items()} for step in gradients],
        "after": after,
    }


def muon(shape, options, seed):
    return run(lambda parameters: torch.optim.Muon(parameters, **options), {"matrix": shape}, seed)


def main():
    adafactor = [
        {"name": name, "options": options, **run(lambda parameters: Adafactor(parameters, **options), SHAPES, 1)}
        for name, options in ADAFACTOR.items()
    ]
    half = {name: muon(shape, options, 2) for name, (shape, options) in MUON.items()}
    convert = torch.Tensor.bfloat16
    torch.Tensor.bfloat16 = lambda tensor: tensor.clone()
    full = {name: muon(shape, options, 2) for name, (shape, options) in MUON.items()}
    torch.Tensor.bfloat16 = convert
    json.dump(
        {
            "provenance": {
                "script": "tests/python/optimizer_steps.py",
                "versions": {"torch": torch.__version__, "transformers": transformers.__version__},
                "seeds": {"adafactor": 1, "muon": 2},
                "precision": "float32; muon as it is and with torch's conversion of the update to bfloat16 left out",
            },
            "adafactor": adafactor,
            "muon": [
                {"name": name, "options": options, **full[name], "after_bfloat16": half[name]["after"]}
                for name, (_, options) in MUON.items()
            ],
        },
        __import__("sys").stdout,
        indent=1,
    )
    print()


main()
