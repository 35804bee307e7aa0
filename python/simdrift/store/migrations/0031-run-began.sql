-- When a run began by this server's clock: the order of runs, whatever clocks their hosts have. And
-- how many of its values failed for a cause that may pass, which the next run of its kind replaces.
alter table simdrift.run
add column began_at timestamptz not null default now(),
add column errors integer not null default 0
