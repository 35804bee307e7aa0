-- The streams of runs (monitor, dataset, model, version, grain). A writer locks the rows of those it
-- writes to; a reader, who has no right here, can keep no writer waiting.
create table simdrift.stream (stream_key uuid primary key)
