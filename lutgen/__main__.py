"""The command ``lutgen``, also as ``python -m lutgen``."""

from __future__ import annotations

import signal
import sys

from lutgen.cli import streams


def main() -> None:
    """Run the command line; Ctrl-C while it still loads ends it as quietly as later on.

    A request to terminate ends it as Ctrl-C does, tools that it runs included.
    """
    signal.signal(signal.SIGTERM, lambda number, _: sys.exit(128 + number))
    streams.prepare()
    try:
        from lutgen.cli.app import app  # noqa: PLC0415 - loading takes a second or two

        try:
            app()
        finally:
            sys.stdout.flush()
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:  # of what is printed outside of commands: help, the version
        if not streams.is_full(error):
            raise
        sys.exit(streams.told_full(error))


if __name__ == "__main__":
    main()
