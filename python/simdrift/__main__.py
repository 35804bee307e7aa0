"""`python -m simdrift`: the same as the command `simdrift`."""

from simdrift.cli import main

if __name__ == "__main__":
    main()
