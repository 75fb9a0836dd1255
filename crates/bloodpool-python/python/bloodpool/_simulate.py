"""``simulate``: simulated studies in memory, whose truth is known."""

from __future__ import annotations

import json
from typing import Any

from . import _native
from ._arrays import Masks, masks_from
from ._study import Study

AT_ONCE = 16
"""Studies that are drawn before Ctrl-C is looked at."""


class SimulatedStudy:
    """A simulated study and everything that is true of it."""

    __slots__ = ("_native", "_study", "_masks")

    def __init__(self) -> None:
        raise TypeError("simulated studies are made by bloodpool.simulate")

    @classmethod
    def _of(cls, native: _native.SimulatedStudy) -> SimulatedStudy:
        simulated = cls.__new__(cls)
        simulated._native = native
        simulated._study = Study._of(native.study)
        simulated._masks = None
        return simulated

    _native: _native.SimulatedStudy
    _study: Study
    _masks: Masks | None

    @property
    def study(self) -> Study:
        """The study, without its truth."""
        return self._study

    @property
    def lvef_percent(self) -> float:
        """True LVEF, percent: of the blood volume over the cycle."""
        return self._native.lvef_percent

    @property
    def masks(self) -> Masks:
        """The projected cavity of the LV on every frame, uint8 ``(frames, rows, columns)``, read-only."""
        if self._masks is None:
            self._masks = masks_from(self._native.masks(), self._study.shape)
        return self._masks

    @property
    def truth(self) -> dict[str, Any]:
        """What is true of it, as ``truth`` of ``bloodpool.truth/1``: volumes, frames of ED and ES, wall motion, fault."""
        truth: dict[str, Any] = json.loads(self._native.truth_json())
        return truth

    def __repr__(self) -> str:
        return f"<bloodpool.SimulatedStudy, true LVEF {self.lvef_percent:.1f} %>"


def simulate(
    studies: int = 1,
    *,
    seed: int,
    first: int = 0,
    population: str = "own",
    lvef_percent: tuple[float, float] | None = None,
    matrix: int | None = None,
) -> list[SimulatedStudy]:
    """Simulated studies ``first`` to ``first + studies`` of a seed: the same seed and number give the same study, bit for bit.

    ``population`` is ``own`` (the family of hearts on which the embedded model was trained), ``other`` (an independent one) or ``made-bad``
    (studies for which no LVEF, or only one with a finding, should be given). ``lvef_percent`` is the range of true LVEF, ``matrix`` 64 or
    128. ``bloodpool simulate`` writes them as DICOM.
    """
    drawn: list[SimulatedStudy] = []
    while len(drawn) < studies:
        some = _native.simulate(
            population,
            seed,
            first + len(drawn),
            min(AT_ONCE, studies - len(drawn)),
            lvef_percent=lvef_percent,
            matrix=matrix,
        )
        drawn.extend(SimulatedStudy._of(one) for one in some)
    return drawn
