"""Arrays: what callers give as counts, masks and numbers, checked; and bytes of the native module as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias, Union

import numpy as np
import numpy.typing as npt

Counts: TypeAlias = npt.NDArray[np.float32]
"""Counts, ``(frames, rows, columns)``."""
Masks: TypeAlias = npt.NDArray[np.uint8]
"""Masks, ``(frames, rows, columns)``, 1 inside."""
Shape: TypeAlias = tuple[int, int, int]
Numbers: TypeAlias = Union[Sequence[float], npt.NDArray[Any]]
"""Numbers in a list or array of one axis."""


def counts_of(given: object) -> Counts:
    """Counts as contiguous float32."""
    frames = np.asarray(given)
    if frames.ndim != 3:
        raise ValueError(f"counts have {frames.ndim} axes; they must have three: frames, rows, columns")
    if frames.dtype.kind not in "iuf":
        raise TypeError(f"counts have the dtype {frames.dtype}; they must be integers or floating-point numbers")
    return np.ascontiguousarray(frames, dtype=np.float32)


def masks_of(given: object, shape: tuple[int, ...], maker: str) -> Masks:
    """Masks that ``maker`` gave, checked, as contiguous uint8."""
    masks = np.asarray(given)
    if masks.shape != shape:
        raise ValueError(f"{maker} gave masks of shape {masks.shape}; they must have the shape of the frames, {shape}")
    if masks.dtype.kind == "b":
        return np.ascontiguousarray(masks, dtype=np.uint8)
    if masks.dtype.kind not in "iu":
        raise TypeError(
            f"{maker} gave masks of dtype {masks.dtype}; they must be bool, or integers that are 0 or 1: "
            "for probabilities, give `probability > 0.5`"
        )
    if masks.size and (int(masks.min()) < 0 or int(masks.max()) > 1):
        raise ValueError(f"{maker} gave labels from {masks.min()} to {masks.max()}; a mask is 1 in the LV and 0 elsewhere")
    return np.ascontiguousarray(masks, dtype=np.uint8)


def numbers_of(given: Numbers, name: str) -> list[float]:
    """Numbers of one axis."""
    numbers = np.asarray(given, dtype=np.float64)
    if numbers.ndim != 1:
        raise ValueError(f"{name} has {numbers.ndim} axes; it must have one")
    return [float(number) for number in numbers]


def counts_from(data: bytes, shape: Shape) -> Counts:
    """Counts as a read-only array that shows these bytes."""
    return np.frombuffer(data, dtype=np.float32).reshape(shape)


def masks_from(data: bytes, shape: tuple[int, ...]) -> Masks:
    """Masks as a read-only array that shows these bytes."""
    return np.frombuffer(data, dtype=np.uint8).reshape(shape)


def numbers_from(data: bytes) -> npt.NDArray[np.float64]:
    """Numbers as a read-only array that shows these bytes."""
    return np.frombuffer(data, dtype=np.float64)
