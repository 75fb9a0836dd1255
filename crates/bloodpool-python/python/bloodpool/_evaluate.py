"""``evaluate``: a model against the truth of simulated studies, by the pipeline that judges the embedded model."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from . import _native
from ._model import Model, ModelLike, masks_by, model_of, name_of
from ._protocol import ProtocolLike, native_protocol
from ._simulate import AT_ONCE
from .statistics import BlandAltman, bland_altman


class Evaluation:
    """What a model gives on simulated studies, and what is true of them."""

    __slots__ = ("_observations", "_title")

    def __init__(self) -> None:
        raise TypeError("an evaluation is made by bloodpool.evaluate")

    @classmethod
    def _of(cls, observations: list[_native.Observation], title: str) -> Evaluation:
        evaluation = cls.__new__(cls)
        evaluation._observations = observations
        evaluation._title = title
        return evaluation

    _observations: list[_native.Observation]
    _title: str

    @property
    def studies(self) -> int:
        """Number of simulated studies."""
        return len(self._observations)

    @property
    def protocol_name(self) -> str:
        """Name of the protocol."""
        return self._observations[0].protocol

    @property
    def lvef_percent(self) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Measured and true LVEF of the studies that have both, percent. Withheld numbers are among them."""
        both = [one.lvef_percent for one in self._observations]
        pairs = [(measured, true) for measured, true in both if measured is not None and true is not None]
        table = np.array(pairs, dtype=np.float64).reshape(-1, 2)
        return table[:, 0], table[:, 1]

    @property
    def agreement(self) -> BlandAltman:
        """Bias and limits of agreement of measured less true LVEF, EF points."""
        return bland_altman(*self.lvef_percent)

    @property
    def dice(self) -> npt.NDArray[np.float64]:
        """Dice at the true ED and ES against the projected cavity, ``(studies with both, 2)``."""
        dice = [one.dice for one in self._observations if one.dice is not None]
        return np.array(dice, dtype=np.float64).reshape(-1, 2)

    @property
    def observations(self) -> list[dict[str, Any]]:
        """Each study with its truth and its result, as ``bloodpool evaluate --out`` writes them, one per line."""
        return [json.loads(one.to_json()) for one in self._observations]

    def markdown(self) -> str:
        """The tables that ``bloodpool evaluate`` prints: protocols, outlines, groups of studies, findings, intervals."""
        return _native.markdown(self._title, self._observations)

    def _repr_markdown_(self) -> str:
        return self.markdown()

    def __repr__(self) -> str:
        return f"<bloodpool.Evaluation {self._title}>"


def evaluate(
    model: ModelLike = "compact",
    *,
    studies: int = 100,
    seed: int,
    population: str = "own",
    protocol: ProtocolLike | None = None,
    device: str = "cpu",
    progress: Callable[[int, int], object] | None = None,
) -> Evaluation:
    """Judges a model, or a function that gives masks, on simulated studies whose truth is known.

    ``population`` is that of :func:`bloodpool.simulate`. Without ``protocol``, that which is the default for what the model gives:
    ``background_image`` with an LV fraction, ``standard`` for masks alone. ``progress`` is called with the number of studies done and of
    all. An exception of the function ends the evaluation and is raised.
    """
    if studies < 1:
        raise ValueError("studies must be 1 or greater")
    choice = native_protocol(protocol)
    found: list[_native.Observation] = []
    by_model = model_of(model, device) if isinstance(model, (str, os.PathLike, Model)) else None
    name = by_model.name if by_model is not None else name_of(model)  # type: ignore[arg-type]
    while len(found) < studies:
        some = min(AT_ONCE, studies - len(found))
        if by_model is not None:
            found.extend(_native.observe(population, seed, len(found), some, by_model, choice))
            # The default for what the model gives is found once.
            choice = choice or _native.Protocol.by_name(found[0].protocol)
        else:
            for simulated in _native.simulate(population, seed, len(found), some):
                masks = masks_by(model, simulated.study)  # type: ignore[arg-type]
                found.append(_native.observe_masks(simulated, masks.tobytes(), name, choice))
        if progress is not None:
            progress(len(found), studies)
    return Evaluation._of(found, f"population {population}: {studies} simulated studies, seed {seed} ({name})")
