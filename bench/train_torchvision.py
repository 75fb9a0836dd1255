#!/usr/bin/env python3
"""Trains torchvision's DeepLabV3-ResNet50 on a dataset of ours, with PyTorch alone, and saves its state dictionary.

    python bench/train_torchvision.py DATASET --out theirs.pth [--epochs 20] [--side 256] [--in-cycle] [--seed 1]

What a network sees is computed here anew (`torchvision_dice.py` says how). Random weights, cross-entropy over two classes, AdamW with
one cycle of the learning rate, shifts and brightness as augmentation, the last epoch kept. It shows that `bloodpool import` takes over
what others trained:

    bloodpool import theirs.pth --network deeplab-v3-resnet50 --out theirs
    bloodpool evaluate theirs --dataset DATASET --split validation --out evaluation
    python bench/torchvision_dice.py theirs DATASET --weights theirs.pth --split validation --evaluation evaluation/evaluation.json

Runs on a GPU where there is one. Needs torch and torchvision (see README.md), scipy and pillow.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.nn.functional import cross_entropy
from torchvision.models.segmentation import deeplabv3_resnet50

from torchvision_dice import SIDE, picture, resized


def frames_of(dataset, split, side, in_cycle):
    """Pictures `[n, 3, side, side]` and masks `[n, side, side]` of every annotated frame."""
    manifest = json.loads((dataset / "dataset.json").read_text())
    pictures, masks = [], []
    for case in (case for case in manifest["cases"] if case["split"] == split):
        grid = resized(np.load(dataset / case["counts"]["file"]), side)
        white = np.sort(grid.mean(axis=0).ravel())[(grid[0].size - 1) * 99 // 100]
        for annotated in case["annotated"]:
            pictures.append(picture(grid, annotated["frame"] - 1, white, in_cycle))
            mask = (np.array(Image.open(dataset / annotated["mask"]["file"])) > 0).astype(np.float32)
            masks.append(resized(mask[None], side)[0] if side != SIDE else mask)
    return torch.from_numpy(np.stack(pictures)), torch.from_numpy(np.stack(masks) > 0.5).long()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--side", type=int, default=SIDE)
    parser.add_argument("--in-cycle", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()

    torch.manual_seed(options.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    pictures, masks = frames_of(options.dataset, "train", options.side, options.in_cycle)
    network = deeplabv3_resnet50(weights=None, weights_backbone=None, num_classes=2, aux_loss=True).to(device).train()
    optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=1e-4)
    steps = max(1, len(pictures) // options.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1e-3, total_steps=steps * options.epochs)
    for epoch in range(options.epochs):
        order, total = torch.randperm(len(pictures)), 0.0
        for step in range(steps):
            chosen = order[step * options.batch : (step + 1) * options.batch]
            down, right = (int(torch.randint(-options.side // 16, options.side // 16 + 1, (1,))) for _ in range(2))
            shifted = [torch.roll(part[chosen], (down, right), dims=(-2, -1)).to(device) for part in (pictures, masks)]
            bright = (0.9 + 0.2 * torch.rand(len(chosen), 1, 1, 1)).to(device)
            output = network(shifted[0] * bright)
            loss = cross_entropy(output["out"], shifted[1]) + 0.5 * cross_entropy(output["aux"], shifted[1])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += float(loss)
        print(f"epoch {epoch + 1}/{options.epochs}  loss {total / steps:.4f}", flush=True)
    torch.save({name: tensor.cpu() for name, tensor in network.state_dict().items()}, options.out)


if __name__ == "__main__":
    main()
