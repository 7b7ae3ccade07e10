"""``python tests/fuzz``: the modules are imported as ``fuzz``, as pytest imports them."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])  # it was this folder

from fuzz.command import main  # noqa: E402 - found by the path above

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
