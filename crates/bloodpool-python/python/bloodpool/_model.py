"""``Model`` and ``Segmenter``: what finds the LV on every frame."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any, TypeAlias, Union

from . import _native
from ._arrays import Counts, Masks, counts_from, masks_from, masks_of
from ._study import Study

Segmenter: TypeAlias = Callable[[Counts], Any]
"""A function that is given counts ``(frames, rows, columns)``, float32, and gives masks of the same shape: bool, or integers that are
0 or 1. Anything that NumPy can make an array of will do, for example a tensor of PyTorch on the CPU."""


class Model:
    """An embedded model (``compact``) or a classical method by its name, or the model in the folder of a training run.

    Loaded once, it can analyse any number of studies, from any number of threads.
    """

    __slots__ = ("_native",)

    def __init__(self, name: str | os.PathLike[str] = "compact", *, device: str = "cpu") -> None:
        self._native = _native.Model(os.fspath(name), device)

    @property
    def name(self) -> str:
        """Its name, as documents have it."""
        return self._native.name

    @property
    def sha256(self) -> str:
        """SHA-256 of its weights, hexadecimal; empty for a method without weights."""
        return self._native.sha256

    def segment(self, study: Study) -> Masks:
        """Masks of every frame, uint8 ``(frames, rows, columns)``, read-only."""
        return masks_from(self._native.masks(study._native), study.shape)

    def __repr__(self) -> str:
        return f"<bloodpool.Model {self.name!r}>"


ModelLike: TypeAlias = Union[Model, Segmenter, str, "os.PathLike[str]"]
"""A model, its name or folder, or a function that gives masks."""

_embedded: dict[str, Model] = {}
_embedded_lock = threading.Lock()


def model_of(given: Model | str | os.PathLike[str], device: str) -> _native.Model:
    """The model that was named. Embedded models do not change, and are loaded once; folders are read anew."""
    if isinstance(given, Model):
        return given._native
    name = os.fspath(given)
    if os.path.exists(name) or ":" in name:
        return Model(name, device=device)._native
    with _embedded_lock:
        key = f"{device}:{name}"
        if key not in _embedded:
            _embedded[key] = Model(name, device=device)
        return _embedded[key]._native


def name_of(segmenter: Segmenter) -> str:
    """The name of a function or object, as documents have it."""
    name = getattr(segmenter, "__name__", None) or type(segmenter).__name__
    return str(name)


def masks_by(segmenter: Segmenter, study: _native.Study) -> Masks:
    """The masks that a function gives for a study, checked. It is called on the thread of the caller; what it raises is raised."""
    if not callable(segmenter):
        raise TypeError("model must be a name, a folder, a bloodpool.Model or a function that gives masks")
    frames = counts_from(study.counts_to_outline(), study.shape)
    return masks_of(segmenter(frames), frames.shape, name_of(segmenter))
