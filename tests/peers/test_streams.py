"""sd.stream's detectors signal drift and warnings where river's and frouros' do."""

import json
import subprocess
from pathlib import Path

import pytest
from stream_cases import CASES, SEEDS, Case, values_of

ROOT = Path(__file__).parents[2]
PYTHONS = {
    "river": ROOT / ".venv-river" / "bin" / "python",
    "frouros": ROOT / ".venv-frouros" / "bin" / "python",
}


def _peer_signals(peer: str, cases: list[tuple[Case, int]]) -> list[dict[str, list[int]]]:
    asked = [
        {"name": case[1], "parameters": case[2], "values": values_of(case, seed).tolist()}
        for case, seed in cases
    ]
    command = [PYTHONS[peer], Path(__file__).with_name("streams_of_peers.py"), peer]
    run = subprocess.run(
        command, input=json.dumps(asked), capture_output=True, text=True, timeout=600, check=True
    )
    found: list[dict[str, list[int]]] = json.loads(run.stdout)
    return found


@pytest.mark.parametrize("peer", PYTHONS)
def test_signals_are_those_of_the_peer(peer):
    if not PYTHONS[peer].exists():
        pytest.skip(f"{peer} is not there: make test-peers installs it")
    cases = [(case, seed) for case in CASES if case[0] == peer for seed in SEEDS]
    assert len(cases) >= 3 * 10
    different = []
    for (case, seed), expected in zip(cases, _peer_signals(peer, cases), strict=True):
        detector = case[3]()
        drift = detector.update(values_of(case, seed)).tolist()
        if {"drift": drift, "warnings": detector.warnings.tolist()} != expected:
            different.append((case[1], case[2], seed))
    assert different == []
