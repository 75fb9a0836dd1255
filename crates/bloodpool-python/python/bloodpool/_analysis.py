"""``analyze``: from a study to an LVEF with its interval, its findings and everything it was computed from."""

from __future__ import annotations

import html
import json
import os
import pathlib
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from . import _native
from ._arrays import Counts, Masks, counts_from, masks_from, numbers_from
from ._model import Model, ModelLike, masks_by, model_of, name_of
from ._protocol import Protocol, ProtocolLike, native_protocol
from ._study import Study, StudySource, paths_of


class Interval(NamedTuple):
    """The range in which the true LVEF lies with a probability of ``level_percent``."""

    low: float
    """Lower end, percent."""
    high: float
    """Upper end, percent."""
    level_percent: float
    """Nominal level, percent."""
    source: str
    """What it was calibrated on."""


class Finding(NamedTuple):
    """One statement about a study."""

    rank: str
    """How much it weighs: ``note``, ``look`` (look before use) or ``do_not_use`` (the LVEF is withheld)."""
    code: str
    """Stable code, for example ``count_drop_off``: docs/JSON.md lists them."""
    message: str
    """The same in words."""


class Analysis:
    """One study with its analysis. Frames are numbered from 1 in names and documents; index arrays with one less."""

    __slots__ = ("_native", "_masks", "_counts")

    def __init__(self) -> None:
        raise TypeError("an analysis is made by bloodpool.analyze")

    @classmethod
    def _of(cls, native: _native.Analysis) -> Analysis:
        analysis = cls.__new__(cls)
        analysis._native = native
        analysis._masks = None
        analysis._counts = None
        return analysis

    _native: _native.Analysis
    _masks: Masks | None
    _counts: Counts | None

    @property
    def name(self) -> str:
        """File or name of the study."""
        return self._native.name

    @property
    def lvef_percent(self) -> float | None:
        """LVEF, percent; ``None`` where it is withheld: :attr:`warnings` says why."""
        return self._native.lvef_percent

    @property
    def measured_lvef_percent(self) -> float:
        """LVEF as it was measured, percent, whether or not it may be used. No result, where :attr:`lvef_percent` is ``None``."""
        return self._native.measured_lvef_percent

    @property
    def interval(self) -> Interval | None:
        """The 95 % interval of the LVEF; ``None`` where no calibration holds for model and protocol."""
        interval = self._native.interval
        return None if interval is None else Interval(*interval)

    @property
    def counting_error_points(self) -> float:
        """Standard error of the LVEF from counting noise alone, EF points."""
        return self._native.counting_error_points

    @property
    def lvef_by_protocol(self) -> dict[str, float | None]:
        """LVEF by every preset, percent."""
        return dict(self._native.lvef_by_protocol)

    @property
    def warnings(self) -> list[Finding]:
        """All findings, the gravest first."""
        return [Finding(**finding) for finding in json.loads(self._native.findings_json())]

    @property
    def end_diastole_frame(self) -> int:
        """Frame of end-diastole, from 1."""
        return self._native.frames[0]

    @property
    def end_systole_frame(self) -> int:
        """Frame of end-systole, from 1."""
        return self._native.frames[1]

    @property
    def model_name(self) -> str:
        """Name of what found the LV."""
        return self._native.model[0]

    @property
    def protocol(self) -> Protocol:
        """What the LVEF was measured by."""
        return Protocol._of(self._native.protocol)

    @property
    def masks(self) -> Masks:
        """The LV on every frame, uint8 ``(frames, rows, columns)``, 1 inside, read-only. No copy: all calls give the same array."""
        if self._masks is None:
            self._masks = masks_from(self._native.masks(), self._native.shape)
        return self._masks

    @property
    def contours(self) -> list[npt.NDArray[np.float64]]:
        """The outline on every frame: points ``(n, 2)``, x (column) and y (row) in pixels of the study, pixel centres at whole numbers.
        Empty where no LV was found."""
        return [numbers_from(contour).reshape(-1, 2) for contour in self._native.contours()]

    @property
    def curve(self) -> npt.NDArray[np.float64]:
        """Net LV counts by frame: the time-activity curve."""
        return numbers_from(self._native.curve())

    @property
    def fitted_curve(self) -> npt.NDArray[np.float64] | None:
        """The harmonics fitted to :attr:`curve`, where the protocol reads ED and ES from the fit."""
        fitted = self._native.fitted_curve()
        return None if fitted is None else numbers_from(fitted)

    @property
    def counts(self) -> Counts:
        """Counts as they were measured, with corrections where there were any, float32 ``(frames, rows, columns)``, read-only."""
        if self._counts is None:
            self._counts = counts_from(self._native.counts(), self._native.shape)
        return self._counts

    @property
    def function(self) -> dict[str, Any] | None:
        """Ventricular function beyond the LVEF, as field ``function`` of the document; ``None`` where the LVEF is withheld. It is computed
        when it is first asked for."""
        function: dict[str, Any] | None = self.to_dict()["function"]
        return function

    def to_json(self) -> str:
        """The document ``bloodpool.analysis/1`` on one line, the same bytes as ``bloodpool analyze --json`` prints."""
        return self._native.to_json()

    def to_dict(self) -> dict[str, Any]:
        """The document ``bloodpool.analysis/1``: docs/JSON.md describes its fields."""
        document: dict[str, Any] = json.loads(self.to_json())
        return document

    def report_html(self, language: str = "en") -> str:
        """The report as one HTML page that loads nothing from outside. ``language``: ``en`` or ``ko``."""
        return self._native.report_html(language)

    def report_pdf(self, language: str = "en") -> bytes:
        """The report as a PDF/A-3b file with the document attached."""
        return self._native.report_pdf(language)

    def write_report(self, folder: str | os.PathLike[str], *, language: str = "en", replace: bool = False) -> pathlib.Path:
        """Writes the report with its pictures, curve and document into a folder; returns where the page is. Files that exist are replaced
        only with ``replace``."""
        return self._native.write_report(os.fspath(folder), language, replace)

    def _repr_html_(self) -> str:
        page = html.escape(self.report_html(), quote=True)
        return f'<iframe sandbox srcdoc="{page}" style="width: 100%; height: 640px; border: 0" title="bloodpool report"></iframe>'

    def __repr__(self) -> str:
        lvef = "withheld" if self.lvef_percent is None else f"{self.lvef_percent:.1f} %"
        interval = self.interval
        between = "" if interval is None or self.lvef_percent is None else f" ({interval.low:.1f} to {interval.high:.1f})"
        return f"<bloodpool.Analysis LVEF {lvef}{between} by {self.protocol.name}, {len(self.warnings)} findings, research use only>"


def analyze(
    source: StudySource,
    *,
    protocol: ProtocolLike | None = None,
    model: ModelLike = "compact",
    device: str = "cpu",
    end_diastole: int | None = None,
    end_systole: int | None = None,
    detector: int | None = None,
    energy_window: int | None = None,
    rr_interval: int | None = None,
    view: str | None = None,
    calibration: str | os.PathLike[str] | None = None,
    calibration_group: str | None = None,
    pixel_spacing_mm: tuple[float, float] | float | None = None,
    frame_time_ms: float | None = None,
    rr_interval_ms: float | None = None,
    name: str | None = None,
) -> Analysis:
    """Finds the left ventricle on every frame of a study and measures it.

    ``source`` is a DICOM file, a folder or files of one frame each that hold one study, the bytes of a file, a :class:`Study`, or counts
    ``(frames, rows, columns)`` as an array; only an array takes ``pixel_spacing_mm``, ``frame_time_ms`` and ``rr_interval_ms``, and
    ``view`` says what it shows.

    ``model`` is ``compact``, a classical method, the folder of a training run, a :class:`Model`, or a function that is given counts and
    gives masks. ``protocol`` is a preset, a TOML file or a :class:`Protocol`. ``end_diastole`` and ``end_systole`` (frames from 1) replace
    those that are found. ``detector``, ``energy_window``, ``rr_interval`` and ``view`` choose where a file holds several. ``calibration``
    is a file of ``bloodpool calibrate``.

    Raises :class:`bloodpool.Error` when no LVEF can be computed, and whatever a function that is the model raises.
    """
    is_array = not isinstance(source, (str, os.PathLike, bytes, bytearray, memoryview, Study)) and hasattr(source, "__array__")
    if not is_array and (pixel_spacing_mm, frame_time_ms, rr_interval_ms) != (None, None, None):
        raise ValueError("pixel_spacing_mm, frame_time_ms and rr_interval_ms are for arrays; a file or study has its own")
    if isinstance(source, Study) and (detector, energy_window, rr_interval, view) != (None, None, None, None):
        raise ValueError("detector, energy_window, rr_interval and view are for files; the study has been read")
    choices = _native.Choices(
        protocol=native_protocol(protocol),
        end_diastole=end_diastole,
        end_systole=end_systole,
        detector=detector,
        energy_window=energy_window,
        rr_interval=rr_interval,
        view=None if is_array else view,
        calibration=None if calibration is None else os.fspath(calibration),
        calibration_group=calibration_group,
    )
    found_by = model_of(model, device) if isinstance(model, (str, os.PathLike, Model)) else model
    if isinstance(source, (str, os.PathLike, list, tuple)):
        if isinstance(found_by, _native.Model):
            return Analysis._of(_native.analyze_paths(paths_of(source), found_by, choices))
        study = Study._of(_native.Study.read(paths_of(source), choices))
    elif isinstance(source, Study):
        study = source
    elif isinstance(source, (bytes, bytearray, memoryview)):
        study = Study._of(_native.Study.of_bytes(name or "bytes", bytes(source), choices))
    elif is_array:
        study = Study(
            np.asarray(source),
            pixel_spacing_mm=pixel_spacing_mm,
            frame_time_ms=frame_time_ms,
            rr_interval_ms=rr_interval_ms,
            view=view,
            name=name or "array",
        )
    else:
        raise TypeError(f"a study cannot be read from a {type(source).__name__}: give a file, folder, bytes, Study or array")
    if isinstance(found_by, _native.Model):
        return Analysis._of(_native.analyze_study(study._native, found_by, choices))
    masks = masks_by(found_by, study._native)
    return Analysis._of(_native.analyze_masks(study._native, masks.tobytes(), name_of(found_by), choices))
