"""The command ``lutgen``, also as ``python -m lutgen``."""

from __future__ import annotations

import signal
import sys


def main() -> None:
    """Run the command line; Ctrl-C while it still loads ends it as quietly as later on.

    A request to terminate ends it as Ctrl-C does, tools that it runs included.
    """
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    try:
        from lutgen.cli.app import app  # noqa: PLC0415 - loading takes a second or two

        app()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
