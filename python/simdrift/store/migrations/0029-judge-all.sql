-- The runs that are there already.
update simdrift.run set status = status
