#!/bin/sh
# Runs once, on an empty volume, after 10-schema.sql: lets the three roles log in. The passwords
# come from the environment and are given to psql as variables, so no statement is logged with them.
set -eu
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
    -v owner="$SIMDRIFT_OWNER_PASSWORD" -v writer="$SIMDRIFT_WRITER_PASSWORD" \
    -v reader="$SIMDRIFT_READER_PASSWORD" <<'SQL'
set log_statement = 'none';
set log_min_duration_statement = -1;
alter role simdrift_owner login password :'owner';
alter role simdrift_writer login password :'writer';
alter role simdrift_reader login password :'reader';
SQL
