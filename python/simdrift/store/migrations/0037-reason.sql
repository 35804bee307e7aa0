-- Why a value of a window has its status, in words. Few values need one, so that they lie apart: a
-- null in the table of values costs nothing, but a text would widen every page that has one.
create table simdrift.reason (
    ts timestamptz not null,
    run_id uuid not null,
    series_id integer not null,
    reason text not null,
    primary key (series_id, ts)
)
