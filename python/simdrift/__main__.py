"""The command `simdrift`, and `python -m simdrift`: from its first line on Ctrl-C is one line.

What the command line stands on takes a tenth of a second to import. Whoever presses Ctrl-C in
that time would see a traceback of some library; there is nothing to take down yet.
"""

from __future__ import annotations

import os
import signal

STOPPED = 130
WORDS = b"\nsimdrift: stopped by Ctrl-C\n"


def _leave(number: int, frame: object) -> None:
    os.write(2, WORDS)
    os._exit(STOPPED)


def main() -> None:
    """Run the command and leave with its exit code. Where Ctrl-C is ignored (a job of `nohup`)
    or somebody else's, it stays so."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)
    from simdrift.cli import main as run

    run()


if __name__ == "__main__":
    main()
