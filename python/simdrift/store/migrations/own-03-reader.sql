-- What a session of the reader cannot raise: how many there are, and what their sorts put on disk, in kB.
do $$ begin
    alter role simdrift_reader connection limit 50;
    alter role simdrift_reader set temp_file_limit = 1048576;
end $$
