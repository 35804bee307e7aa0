"""Indices at which river's or frouros' detectors signal drift, on streams given as JSON.

Run by the Python that has the peer: `python streams_of_peers.py river < streams.json`. Each case
is {"name": ..., "parameters": {...}, "values": [...]}; the answer is a list of
{"drift": [...], "warnings": [...]}. frouros' detectors are reset after a drift, as its
documentation does; RDDM does that itself.
"""

import json
import sys
from typing import Any


def river_detector(name: str, parameters: dict[str, Any]) -> Any:
    """Return a detector of river."""
    from river import drift

    home = drift if hasattr(drift, name) else drift.binary
    return getattr(home, name)(**parameters)


def frouros_detector(name: str, parameters: dict[str, Any]) -> Any:
    """Return a detector of frouros."""
    from frouros.detectors import concept_drift

    config = getattr(concept_drift, name + "Config")(**parameters)
    return getattr(concept_drift, name)(config=config)


def run_river(case: dict[str, Any]) -> dict[str, list[int]]:
    """Return where river signals."""
    detector = river_detector(case["name"], case["parameters"])
    drift, warnings = [], []
    for i, value in enumerate(case["values"]):
        detector.update(value)
        if detector.drift_detected:
            drift.append(i)
        elif getattr(detector, "warning_detected", False):
            warnings.append(i)
    return {"drift": drift, "warnings": warnings}


def run_frouros(case: dict[str, Any]) -> dict[str, list[int]]:
    """Return where frouros signals."""
    detector = frouros_detector(case["name"], case["parameters"])
    drift, warnings = [], []
    for i, value in enumerate(case["values"]):
        detector.update(value=value)
        if detector.drift:
            drift.append(i)
            if case["name"] != "RDDM":
                detector.reset()
        elif getattr(detector, "warning", False):
            warnings.append(i)
    return {"drift": drift, "warnings": warnings}


if __name__ == "__main__":
    run = {"river": run_river, "frouros": run_frouros}[sys.argv[1]]
    json.dump([run(case) for case in json.load(sys.stdin)], sys.stdout)
