"""``write_masks``: the masks of a model on the images of a dataset, which ``bloodpool evaluate --masks`` compares with the raters."""

from __future__ import annotations

import json
import os
import pathlib
from collections.abc import Collection

import numpy as np

from ._model import Model, ModelLike, masks_by
from ._study import Study

PARTS = ("train", "validation", "test")


def write_masks(
    model: ModelLike,
    dataset: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    parts: Collection[str] = ("test",),
    device: str = "cpu",
) -> int:
    """Writes the masks of a model, or of a function, on the images of a built dataset as NumPy files; returns their number.

    ``bloodpool evaluate --masks OUT --dataset DATASET`` compares them with the raters. ``out`` must not exist, or be empty. The model is
    shown the whole cycle of each study in its own matrix, never a mask of a rater.
    """
    unknown = sorted(set(parts) - set(PARTS))
    if unknown or not parts:
        raise ValueError(f"the parts of a dataset are {', '.join(PARTS)}; {unknown} are not")
    folder, target = pathlib.Path(dataset), pathlib.Path(out)
    manifest = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
    if manifest.get("schema") != "bloodpool.dataset/1":
        raise ValueError(f"{folder / 'dataset.json'} is not the manifest of a dataset")
    if target.exists() and any(target.iterdir()):
        raise FileExistsError(f"{target} is not empty; nothing was written")
    target.mkdir(parents=True, exist_ok=True)
    by_model = Model(model, device=device) if isinstance(model, (str, os.PathLike)) else model
    written = 0
    for case in manifest["cases"]:
        if case["split"] not in parts:
            continue
        gating = case["gating"]
        spacing = case["pixel_spacing_mm"]
        study = Study(
            np.load(folder / case["counts"]["file"]),
            pixel_spacing_mm=None if spacing is None else (spacing[0], spacing[1]),
            frame_time_ms=gating["frame_time_ms"],
            rr_interval_ms=gating["rr_interval_ms"],
            name=case["case"],
        )
        masks = by_model.segment(study) if isinstance(by_model, Model) else masks_by(by_model, study._native)
        for annotated in case["annotated"]:
            image = pathlib.PurePosixPath(annotated["image"]["file"])
            with open(target / f"{image.stem}.npy", "xb") as file:
                np.save(file, masks[annotated["frame"] - 1])
            written += 1
    return written
