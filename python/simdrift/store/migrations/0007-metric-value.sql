-- One number of one series at the end of one window. Wide columns first: no padding between.
-- series_id and run_id have no foreign keys: they would cost a look-up for every row, and one
-- writer's transaction makes all three.
create table simdrift.metric_value (
    ts timestamptz not null,
    value double precision,
    ci_low double precision,
    ci_high double precision,
    p_value double precision,
    q_value double precision,
    effect_size double precision,
    null_quantile double precision,
    threshold double precision,
    n_reference bigint,
    n_current bigint,
    run_id uuid not null,
    series_id integer not null,
    alert boolean,
    status text not null,
    primary key (series_id, ts)
)
