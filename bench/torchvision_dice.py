"""Whether torchvision, given our exported DeepLabV3 weights, finds the same left ventricles: Dice against the consensus.

    python bench/torchvision_dice.py RUN DATASET [--split test] [--evaluation E/evaluation.json] [--weights FILE.pth]

RUN is a finished run of `bloodpool train --dataset DATASET --network deeplab-v3-resnet50`; its weights have torchvision's
names. Everything else is done here anew, with NumPy, SciPy and torchvision: counts onto the network's grid bilinearly,
white at the 99th percentile of the cycle's mean, square roots, for `picture = "in-cycle"` the two-harmonic reconstruction
and the mean beside the frame, softmax, back onto the study's own matrix, above one half, the largest piece, holes filled,
and this mask onto 256 x 256 bilinearly, above one half. Studies must be square, with square pixels. Prints mean
Dice at ED and ES, and with --evaluation how far ours are from it; exits with 1 where that is more than 0.1 points. Needs torch and torchvision (see README.md), scipy and pillow.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file
from scipy import ndimage
from torch.nn.functional import interpolate
from torchvision.models.segmentation import deeplabv3_resnet50

SIDE = 256


def resized(images, side):
    """Bilinear on pixel centres where it enlarges, area means where it shrinks; `images` is [n, h, w]."""
    tensor = torch.from_numpy(np.ascontiguousarray(images, dtype=np.float32))[:, None]
    if side < images.shape[-1]:
        return interpolate(tensor, size=(side, side), mode="area")[:, 0].numpy()
    return interpolate(tensor, size=(side, side), mode="bilinear", align_corners=False)[:, 0].numpy()


def largest_piece_filled(mask):
    labels, pieces = ndimage.label(mask)
    if pieces == 0:
        return mask
    sizes = np.bincount(labels.ravel())[1:]
    return ndimage.binary_fill_holes(labels == 1 + int(np.argmax(sizes)))


def picture(grid, frame, white, in_cycle):
    """Red, green and blue of a frame (from 0): the frame three times, or the frame, its reconstruction and the mean."""
    images = [grid[frame]] * 3
    if in_cycle:
        spectrum = np.fft.rfft(grid, axis=0)
        spectrum[3:] = 0.0
        images = [grid[frame], np.fft.irfft(spectrum, n=len(grid), axis=0)[frame], grid.mean(axis=0)]
    return np.sqrt(np.maximum(np.stack(images) / white, 0.0)).astype(np.float32)


def dice(a, b):
    return 2.0 * np.logical_and(a, b).sum() / (a.sum() + b.sum())


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--split", default="test")
    parser.add_argument("--evaluation", type=Path)
    parser.add_argument("--weights", type=Path, help="the .pth file that RUN was imported from, instead of RUN's own weights")
    options = parser.parse_args()

    model = json.loads((options.run / "model.json").read_text())
    if model["network"]["architecture"] != "deep-lab-v3-resnet50" or model["looks"] != "once":
        sys.exit(f"{options.run} is not a DeepLabV3 that was trained on a dataset")
    side, in_cycle = model["network"]["side"], model["network"].get("picture") == "in-cycle"
    network = deeplabv3_resnet50(weights=None, weights_backbone=None, num_classes=2, aux_loss=model["network"]["auxiliary"])
    weights = torch.load(options.weights, weights_only=True) if options.weights else load_file(options.run / "model.safetensors")
    missing = network.load_state_dict(weights, strict=False)
    lacking = [name for name in missing.missing_keys if not name.endswith("num_batches_tracked")]
    if lacking or missing.unexpected_keys:
        sys.exit(f"the weights do not fit: {lacking} are missing, {missing.unexpected_keys} unknown")
    network.eval()

    found = {"end_diastole": [], "end_systole": []}
    manifest = json.loads((options.dataset / "dataset.json").read_text())
    for case in (case for case in manifest["cases"] if case["split"] == options.split):
        counts = np.load(options.dataset / case["counts"]["file"])
        grid = resized(counts, side)
        white = np.sort(grid.mean(axis=0).ravel())[(grid[0].size - 1) * 99 // 100]
        for annotated in case["annotated"]:
            if annotated["phase"] not in found:
                continue
            image = torch.from_numpy(picture(grid, annotated["frame"] - 1, white, in_cycle))
            with torch.no_grad():
                logits = network(image[None])["out"]
            probability = torch.softmax(logits, dim=1)[0, 1].numpy()
            mask = largest_piece_filled(resized(probability[None], counts.shape[-1])[0] > 0.5)
            mask = resized(mask[None].astype(np.float32), SIDE)[0] > 0.5
            consensus = np.array(Image.open(options.dataset / annotated["mask"]["file"])) > 0
            found[annotated["phase"]].append(dice(mask, consensus))

    means = {phase: 100.0 * float(np.mean(values)) for phase, values in found.items()}
    print(f"torchvision, {options.split}, {len(found['end_diastole'])} studies: "
        f"Dice ED {means['end_diastole']:.3f} ES {means['end_systole']:.3f} %")
    if options.evaluation:
        ours = json.loads(options.evaluation.read_text())
        apart = compare(ours, means)
        if apart > 0.1:
            sys.exit(f"ours are {apart:.3f} points away")


def compare(ours, means):
    """The larger difference of the two mean Dice coefficients, points."""
    rows = next(table["rows"] for table in ours["table_one"] if table["frames"] == "first")
    apart = 0.0
    for phase, short in (("end_diastole", "ED"), ("end_systole", "ES")):
        mean = next(row["model"]["mean"] for row in rows if (row["figure"], row["phase"]) == ("Dice", short))
        print(f"ours, {short}: {mean:.3f} %, {mean - means[phase]:+.4f} points from torchvision's")
        apart = max(apart, abs(mean - means[phase]))
    return apart


if __name__ == "__main__":
    main()
