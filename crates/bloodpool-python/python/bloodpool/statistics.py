"""Statistics of agreement: overlap and distance of masks, consensus, and tests of paired numbers.

Each is the function of the same name of the Rust library, which is tested against SciPy, scikit-image or values worked out by hand.
What cannot be computed is a ``ValueError`` that says why.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from . import _native
from ._arrays import Masks, Numbers, masks_from, masks_of, numbers_from, numbers_of

Range = tuple[float, float]
_Given = TypeVar("_Given")


class Overlap(NamedTuple):
    """Overlap of two masks, each from 0 to 1."""

    dice: float
    iou: float
    mean_iou: float
    """Mean of the IoU of the LV and that of the background."""
    pixel_accuracy: float


class SurfaceDistance(NamedTuple):
    """Distances between the boundaries of two masks, mm."""

    hausdorff_mm: float
    hausdorff95_mm: float
    mean_mm: float


class BlandAltman(NamedTuple):
    """Bias and limits of agreement of measured less reference, in their unit."""

    pairs: int
    bias: float
    sd: float
    limits: Range
    bias_ci95: Range
    lower_limit_ci95: Range
    upper_limit_ci95: Range
    within_5_percent: float
    """Percent of pairs whose difference is at most 5."""


class Concordance(NamedTuple):
    """Lin's concordance correlation coefficient, with Pearson's correlation beside it."""

    pairs: int
    ccc: float
    ccc_ci95: Range
    pearson_r: float
    pearson_ci95: Range
    bias_correction: float


class Icc(NamedTuple):
    """ICC(2,1): absolute agreement of single raters."""

    subjects: int
    raters: int
    icc: float
    icc_ci95: Range


class Wilcoxon(NamedTuple):
    """Wilcoxon's signed-rank test."""

    pairs: int
    zeros: int
    used: int
    tied_groups: int
    w_plus: float
    w_minus: float
    p: float
    method: str
    least_p: float | None = None


class MannWhitney(NamedTuple):
    """The Mann-Whitney test of two groups."""

    first: int
    second: int
    u: float
    tied_groups: int
    p: float
    method: str
    shift: float
    least_p: float | None = None
    shift_ci95: Range | None = None


class PairedT(NamedTuple):
    """Student's t test of pairs."""

    pairs: int
    mean_difference: float
    mean_difference_ci95: Range
    t: float
    degrees_of_freedom: int
    p: float


class StandardizedDifference(NamedTuple):
    """The mean difference over the standard deviation of the differences."""

    d: float
    d_ci95: Range


class Equivalence(NamedTuple):
    """Two one-sided tests of equivalence within a margin."""

    pairs: int
    margin: float
    mean_difference: float
    mean_difference_ci90: Range
    p_lower: float
    p_upper: float
    p: float
    equivalent: bool


class Regression(NamedTuple):
    """A straight line through pairs, by least squares."""

    pairs: int
    slope: float
    slope_ci95: Range
    slope_p: float
    intercept: float
    intercept_ci95: Range
    residual_sd: float


class MeanSd(NamedTuple):
    """Mean and standard deviation (n - 1)."""

    values: int
    mean: float
    sd: float


class Proportion(NamedTuple):
    """A proportion with its 95 % confidence interval."""

    having: int
    of: int
    percent: float
    ci95_percent: Range


class RaterPerformance(NamedTuple):
    """How one rater does against the consensus."""

    sensitivity: float
    specificity: float


class Staple(NamedTuple):
    """The consensus that STAPLE finds."""

    probability: npt.NDArray[np.float64]
    """Probability of each pixel to be LV, ``(rows, columns)``."""
    raters: list[RaterPerformance]
    prior: float
    rounds: int
    converged: bool


def _as(kind: type[_Given], text: str) -> _Given:
    fields: dict[str, Any] = json.loads(text)
    return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()})


def _mask(given: npt.ArrayLike, name: str) -> tuple[bytes, tuple[int, int]]:
    mask = np.asarray(given)
    if mask.ndim != 2:
        raise ValueError(f"{name} has {mask.ndim} axes; it must have two: rows and columns")
    rows, columns = mask.shape
    return masks_of(mask, mask.shape, name).tobytes(), (rows, columns)


def _masks(given: Sequence[npt.ArrayLike] | npt.NDArray[Any]) -> tuple[bytes, tuple[int, int, int]]:
    masks = np.asarray(given)
    if masks.ndim != 3:
        raise ValueError(f"masks have {masks.ndim} axes; they must have three: raters, rows and columns")
    raters, rows, columns = masks.shape
    return masks_of(masks, masks.shape, "masks").tobytes(), (raters, rows, columns)


def _paired(kind: type[_Given], name: str, measured: Numbers, reference: Numbers, margin: float | None = None) -> _Given:
    return _as(kind, _native.paired(name, numbers_of(measured, "measured"), numbers_of(reference, "reference"), margin))


def overlap(mask: npt.ArrayLike, reference: npt.ArrayLike) -> Overlap:
    """Dice, IoU and pixel accuracy of two masks of one matrix. Two empty masks agree exactly."""
    left, left_shape = _mask(mask, "mask")
    right, right_shape = _mask(reference, "reference")
    return _as(Overlap, _native.overlap(left, left_shape, right, right_shape))


def dice(mask: npt.ArrayLike, reference: npt.ArrayLike) -> float:
    """The Dice coefficient of two masks, 0 to 1."""
    return overlap(mask, reference).dice


def surface_distance(mask: npt.ArrayLike, reference: npt.ArrayLike, pixel_spacing_mm: Range) -> SurfaceDistance:
    """Hausdorff distance, its 95th percentile, and the mean distance of the boundaries of two masks, mm."""
    left, left_shape = _mask(mask, "mask")
    right, right_shape = _mask(reference, "reference")
    return _as(SurfaceDistance, _native.surface_distance(left, left_shape, right, right_shape, pixel_spacing_mm))


def consensus(masks: Sequence[npt.ArrayLike] | npt.NDArray[Any]) -> Masks:
    """The majority of raters' masks ``(raters, rows, columns)``: pixels that more than half of them have, uint8 ``(rows, columns)``."""
    data, shape = _masks(masks)
    return masks_from(_native.consensus(data, shape), shape[1:])


def staple(masks: Sequence[npt.ArrayLike] | npt.NDArray[Any]) -> Staple:
    """STAPLE of raters' masks ``(raters, rows, columns)``."""
    data, shape = _masks(masks)
    probability, text = _native.staple(data, shape)
    found: dict[str, Any] = json.loads(text)
    found["raters"] = [RaterPerformance(**rater) for rater in found["raters"]]
    return Staple(probability=numbers_from(probability).reshape(shape[1:]), **found)


def bland_altman(measured: Numbers, reference: Numbers) -> BlandAltman:
    """Bias and limits of agreement of paired measurements (Bland and Altman, Stat Methods Med Res 1999;8:135)."""
    return _paired(BlandAltman, "bland_altman", measured, reference)


def concordance(measured: Numbers, reference: Numbers) -> Concordance:
    """Lin's concordance correlation coefficient (Biometrics 1989;45:255) and Pearson's correlation."""
    return _paired(Concordance, "concordance", measured, reference)


def icc(table: npt.ArrayLike) -> Icc:
    """ICC(2,1) of ``(subjects, raters)`` (Shrout and Fleiss, Psychol Bull 1979;86:420)."""
    readings = np.asarray(table, dtype=np.float64)
    if readings.ndim != 2:
        raise ValueError(f"the table has {readings.ndim} axes; it must have two: subjects and raters")
    subjects, raters = readings.shape
    return _as(Icc, _native.icc([float(value) for value in readings.ravel()], (subjects, raters)))


def wilcoxon(measured: Numbers, reference: Numbers) -> Wilcoxon:
    """Wilcoxon's signed-rank test, exact up to 50 pairs."""
    return _paired(Wilcoxon, "wilcoxon", measured, reference)


def mann_whitney(first: Numbers, second: Numbers) -> MannWhitney:
    """The Mann-Whitney test of two groups."""
    return _as(MannWhitney, _native.mann_whitney(numbers_of(first, "first"), numbers_of(second, "second")))


def paired_t(measured: Numbers, reference: Numbers) -> PairedT:
    """Student's t test of pairs."""
    return _paired(PairedT, "paired_t", measured, reference)


def standardized_difference(measured: Numbers, reference: Numbers) -> StandardizedDifference:
    """The standardised difference of pairs."""
    return _paired(StandardizedDifference, "standardized_difference", measured, reference)


def equivalence(measured: Numbers, reference: Numbers, margin: float) -> Equivalence:
    """Whether the mean difference lies within plus or minus ``margin``: two one-sided tests."""
    return _paired(Equivalence, "equivalence", measured, reference, margin)


def regression(x: Numbers, y: Numbers) -> Regression:
    """A straight line through pairs, by least squares."""
    return _as(Regression, _native.paired("regression", numbers_of(x, "x"), numbers_of(y, "y"), None))


def proportional_bias(measured: Numbers, reference: Numbers) -> Regression:
    """The differences measured less reference regressed on the means of both."""
    return _paired(Regression, "proportional_bias", measured, reference)


def mean_sd(values: Numbers) -> MeanSd:
    """Mean and standard deviation (n - 1)."""
    return _as(MeanSd, _native.mean_sd(numbers_of(values, "values")))


def proportion(having: int, of: int) -> Proportion:
    """A proportion with its 95 % confidence interval."""
    return _as(Proportion, _native.proportion(having, of))
