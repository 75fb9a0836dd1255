"""LVEF from planar gated blood pool scans (MUGA, ERNA). Research use only.

>>> import bloodpool
>>> simulated = bloodpool.simulate(1, seed=7)[0]
>>> analysis = bloodpool.analyze(simulated.study)
>>> analysis.masks.shape == simulated.study.shape
True

The embedded model was trained on simulated studies alone and is not validated on patients.
"""

from . import statistics
from ._analysis import Analysis, Finding, Interval, analyze
from ._dataset import write_masks
from ._error import Error
from ._evaluate import Evaluation, evaluate
from ._model import Model, Segmenter
from ._native import __version__
from ._protocol import Protocol
from ._simulate import SimulatedStudy, simulate
from ._study import Study, read_study

__all__ = [
    "Analysis",
    "Error",
    "Evaluation",
    "Finding",
    "Interval",
    "Model",
    "Protocol",
    "Segmenter",
    "SimulatedStudy",
    "Study",
    "__version__",
    "analyze",
    "evaluate",
    "read_study",
    "simulate",
    "statistics",
    "write_masks",
]
