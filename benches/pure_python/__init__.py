"""Metrics as loops over lists, family by family: the baseline that the tables are compared with."""
