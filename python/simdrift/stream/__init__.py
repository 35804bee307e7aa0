"""Concept drift online: detectors that read a stream and say where it changed.

>>> import numpy as np
>>> import simdrift as sd
>>> detector = sd.stream.ADWIN()
>>> detector.update(np.repeat([0.0, 1.0], 500))
array([511])
"""

from simdrift.stream.charts import BOCD, CUSUM, EWMA, PageHinkley
from simdrift.stream.detector import SIGNAL, Detector
from simdrift.stream.errors import DDM, EDDM, HDDM_A, HDDM_W, RDDM
from simdrift.stream.evaluation import Evaluation, evaluate
from simdrift.stream.windows import ADWIN, FHDDM, KSWIN, STEPD

__all__ = [
    "ADWIN",
    "BOCD",
    "CUSUM",
    "DDM",
    "EDDM",
    "EWMA",
    "FHDDM",
    "HDDM_A",
    "HDDM_W",
    "KSWIN",
    "RDDM",
    "SIGNAL",
    "STEPD",
    "Detector",
    "Evaluation",
    "PageHinkley",
    "evaluate",
]
