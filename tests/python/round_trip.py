"""Compares models and adapters that round_trip.ts wrote to those that it read: weights byte for byte, logits after loading.

    npx tsx tests/python/round_trip.ts <new folder> [<model folder>...]
    python tests/python/round_trip.py <new folder> [--from <folder of the originals, tests/fixtures unless told otherwise>]

Needs torch, transformers, peft and numpy. Prompts (with their pictures) are those of golden.json, or the first 16 ids where a folder
has none. Exits with 1 where a byte, a logit or the set of files differs, or where a tensor is missing or unexpected.
"""

import argparse
import json
import pathlib
import sys

import numpy as np
import torch
from checkpoint import load, logits_of, name_of, versions

WEIGHTS = (".safetensors", ".safetensors.index.json")
# float32 arithmetic of another machine, as in tests/golden
TOLERANCE = 1e-4


def weight_files(folder: pathlib.Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.name.endswith(WEIGHTS)}


def difference_of(copy: dict[str, bytes], original: dict[str, bytes]) -> list[str]:
    wrong = [f"{name} is in one folder alone" for name in sorted(copy.keys() ^ original.keys())]
    for name in sorted(copy.keys() & original.keys()):
        ours, theirs = copy[name], original[name]
        if ours != theirs:
            at = next((i for i, (a, b) in enumerate(zip(ours, theirs)) if a != b), min(len(ours), len(theirs)))
            wrong.append(f"{name}: {len(ours)} bytes for {len(theirs)}, the first other one at {at}")
    return wrong


def prompts(folder: pathlib.Path):
    """(ids, pixels, grids, golden logits) of each prompt."""
    file = folder / "golden.json"
    if not file.exists():
        yield list(range(16)), None, None, None
        return
    golden = json.loads(file.read_text(encoding="utf-8"))
    for case in golden["forward"]:
        ids = case.get("input_ids") or golden["sequences"][case["sequence"]]["input_ids"]
        pixels = case.get("pixel_values")
        if pixels is not None:
            pixels = torch.from_numpy(np.fromfile(folder / pixels["file"], dtype="<f4").reshape(pixels["shape"]))
        yield ids, pixels, case.get("image_grid_thw"), torch.tensor(case["logits"])


def check(copy: pathlib.Path, original: pathlib.Path) -> bool:
    ours, theirs = weight_files(copy), weight_files(original)
    wrong = difference_of(ours, theirs)
    if not theirs:
        wrong.append(f"no weights in {original}")
    model, problems = load(str(copy))
    before, _ = load(str(original))
    wrong += problems
    apart, off, pictures = [], [], 0
    for ids, pixels, grids, golden in prompts(original):
        logits = logits_of(model, ids, pixels, grids)
        apart.append((logits - logits_of(before, ids, pixels, grids)).abs().max())
        off.append(torch.zeros(()) if golden is None else (logits - golden).abs().max())
        pictures += pixels is not None
    # torch's maximum of something that is no number is none either, and then neither comparison holds
    most_apart, most_off = torch.stack(apart).max().item(), torch.stack(off).max().item()
    if not most_apart == 0:
        wrong.append(f"logits differ by {most_apart:.2e}")
    if not most_off <= TOLERANCE:
        wrong.append(f"logits differ from golden.json by {most_off:.2e}")
    files = f"{len(theirs)} files, {sum(map(len, theirs.values())):,} bytes"
    runs = f"{len(apart)} prompts, {pictures} with pictures: logits apart {most_apart:.1e}, from golden.json {most_off:.1e}"
    print(f"{copy.name:13} {name_of(model):34} {files}; {runs}; {'WRONG' if wrong else 'ok'}")
    for line in wrong:
        print(f"  {line}")
    return not wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("copies", type=pathlib.Path)
    parser.add_argument("--from", dest="originals", type=pathlib.Path, default=pathlib.Path(__file__).parents[1] / "fixtures")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print(versions())
    folders = sorted(path for path in arguments.copies.iterdir() if path.is_dir())
    results = [check(copy, arguments.originals / copy.name) for copy in folders]
    print(f"{len(results)} folders, {results.count(False)} wrong")
    return 0 if results and all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
