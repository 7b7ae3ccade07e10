"""``python -m lutgen`` is the command ``lutgen``."""

from lutgen.cli.app import main

if __name__ == "__main__":
    main()
