"""The command ``lutgen``, also as ``python -m lutgen``."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; Ctrl-C while it still loads ends it as quietly as later on."""
    try:
        from lutgen.cli.app import app  # noqa: PLC0415 - loading takes a second or two

        app()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
