"""``Study`` and ``read_study``: the frames of one cardiac cycle, from files, bytes or an array."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from typing import Any, TypeAlias, Union

import numpy.typing as npt

from . import _native
from ._arrays import Counts, counts_from, counts_of

Path: TypeAlias = Union[str, "os.PathLike[str]"]
StudySource: TypeAlias = Union[Path, Sequence[Path], bytes, "Study", npt.NDArray[Any]]
"""A file or folder, files of one frame each, the bytes of a file, a study, or counts ``(frames, rows, columns)``."""


class Study:
    """The frames of one cardiac cycle, with pixel spacing, gating and identity.

    ``Study(counts, ...)`` makes one of an array; :func:`read_study` reads one.
    """

    __slots__ = ("_native", "_counts")

    def __init__(
        self,
        counts: npt.ArrayLike,
        *,
        pixel_spacing_mm: tuple[float, float] | float | None = None,
        frame_time_ms: float | None = None,
        rr_interval_ms: float | None = None,
        view: str | None = None,
        name: str = "array",
    ) -> None:
        """A study from counts ``(frames, rows, columns)``, the frame of the R wave first.

        ``pixel_spacing_mm`` is the distance between rows and between columns, or one number for both. What is not known is left out;
        then a finding says so.
        """
        frames = counts_of(counts)
        if isinstance(pixel_spacing_mm, (int, float)):
            pixel_spacing_mm = (float(pixel_spacing_mm), float(pixel_spacing_mm))
        self._counts: Counts | None = None
        self._native = _native.Study.of_counts(
            name,
            frames.tobytes(),
            (frames.shape[0], frames.shape[1], frames.shape[2]),
            pixel_spacing_mm=pixel_spacing_mm,
            frame_time_ms=frame_time_ms,
            rr_interval_ms=rr_interval_ms,
            view=view,
        )

    @classmethod
    def _of(cls, native: _native.Study) -> Study:
        study = cls.__new__(cls)
        study._native = native
        study._counts = None
        return study

    @property
    def name(self) -> str:
        """File or name, as documents and errors have it."""
        return self._native.name

    @property
    def shape(self) -> tuple[int, int, int]:
        """Frames, rows and columns."""
        return self._native.shape

    @property
    def counts(self) -> Counts:
        """Counts, float32 ``(frames, rows, columns)``, read-only."""
        if self._counts is None:
            self._counts = counts_from(self._native.counts(), self.shape)
        return self._counts

    @property
    def pixel_spacing_mm(self) -> tuple[float, float] | None:
        """Distance between the centres of neighbouring rows and columns, mm; ``None`` where it is not recorded."""
        return self._native.pixel_spacing_mm

    @property
    def gating(self) -> dict[str, float | None]:
        """What is recorded of the gating: ``frame_time_ms``, ``rr_interval_ms``, ``rr_low_ms``, ``rr_high_ms``, ``beats_accepted``,
        ``beats_rejected``."""
        gating: dict[str, float | None] = json.loads(self._native.gating_json())
        return gating

    @property
    def identity(self) -> dict[str, str | None]:
        """What is recorded of patient and study: ``patient_id``, ``study_date``, ``view``, ``manufacturer``, ``model_name``,
        ``study_uid``, ``series_uid``, ``sop_uid``. The patient's name is not given."""
        return dict(self._native.identity)

    @property
    def simulated(self) -> bool:
        """Whether the file says that the study is simulated."""
        return self._native.simulated

    @property
    def notes(self) -> list[tuple[str, str]]:
        """What is unusual about the file: code and message. They become findings of an analysis."""
        return self._native.notes

    def __repr__(self) -> str:
        frames, rows, columns = self.shape
        simulated = ", simulated" if self.simulated else ""
        return f"<bloodpool.Study of {frames} frames of {rows} x {columns} pixels{simulated}>"


def paths_of(source: Path | Sequence[Path]) -> list[str]:
    """The files that were named."""
    if isinstance(source, (str, os.PathLike)):
        return [os.fspath(source)]
    return [os.fspath(path) for path in source]


def read_study(
    source: Path | Sequence[Path] | bytes,
    *,
    detector: int | None = None,
    energy_window: int | None = None,
    rr_interval: int | None = None,
    view: str | None = None,
    name: str = "bytes",
) -> Study:
    """Reads the one gated study in a file, a folder, files of one frame each, or the bytes of a file.

    ``detector``, ``energy_window``, ``rr_interval`` (numbered from 1, as the file numbers them) and ``view`` (a part of its text) choose
    where a file holds several. ``name`` stands for bytes in documents and errors.

    Raises :class:`bloodpool.Error` when there is no gated study, or more than one.
    """
    choices = _native.Choices(detector=detector, energy_window=energy_window, rr_interval=rr_interval, view=view)
    if isinstance(source, (bytes, bytearray, memoryview)):
        return Study._of(_native.Study.of_bytes(name, bytes(source), choices))
    return Study._of(_native.Study.read(paths_of(source), choices))
