"""What can be computed: methods, rows, plans. `README.md` says which file to read first; the
public names are `simdrift.drift` and `simdrift.performance`."""
