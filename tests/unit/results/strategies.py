"""Any rows, runs and histograms, hostile text included."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from simdrift.results.collection import Results
from simdrift.results.rows import Histogram, Result, Run

TEXT = st.text(st.characters(exclude_categories=()), max_size=8)
REAL = st.floats(allow_nan=False)
TIME = st.datetimes(
    datetime(1900, 1, 1),
    datetime(2200, 1, 1),
    timezones=st.sampled_from([UTC, ZoneInfo("America/New_York"), ZoneInfo("Asia/Kolkata")]),
    allow_imaginary=False,
).filter(lambda time: time == time.astimezone(UTC))  # one shown twice equals no other zone's
MAYBE_REAL = st.none() | REAL
MAYBE_COUNT = st.none() | st.integers(0, 2**63 - 1)

ROW = st.builds(
    Result,
    run_id=st.uuids(),
    dataset=TEXT,
    model=TEXT,
    model_version=TEXT,
    window_start=st.none() | TIME,
    window_end=st.none() | TIME,
    grain=TEXT,
    segment=TEXT,
    column=TEXT,
    metric=TEXT,
    value=MAYBE_REAL,
    ci_low=MAYBE_REAL,
    ci_high=MAYBE_REAL,
    p_value=MAYBE_REAL,
    q_value=MAYBE_REAL,
    effect_size=MAYBE_REAL,
    threshold=MAYBE_REAL,
    alert=st.none() | st.booleans(),
    status=TEXT,
    null_quantile=MAYBE_REAL,
    n_reference=MAYBE_COUNT,
    n_current=MAYBE_COUNT,
    params=TEXT,
)
RUN = st.builds(
    Run,
    run_id=st.uuids(),
    monitor=TEXT,
    dataset=TEXT,
    model=TEXT,
    model_version=TEXT,
    grain=TEXT,
    window_start=st.none() | TIME,
    window_end=st.none() | TIME,
    started_at=TIME,
    finished_at=TIME,
    rows=st.integers(0, 2**63 - 1),
    library_version=TEXT,
    spec_digest=TEXT,
    data_digest=TEXT,
    reference_digest=TEXT,
)
REALS = st.lists(REAL, max_size=3).map(tuple)
HISTOGRAM = st.builds(
    Histogram,
    run_id=st.uuids(),
    segment=TEXT,
    column=TEXT,
    edges=st.none() | REALS,
    labels=st.none() | st.lists(TEXT, max_size=3).map(tuple),
    reference=REALS,
    current=REALS,
)
RESULTS = st.builds(
    Results,
    st.lists(ROW, max_size=4),
    st.lists(RUN, max_size=2),
    st.lists(HISTOGRAM, max_size=2),
    timezone=st.sampled_from(["UTC", "Europe/Berlin"]),
)
