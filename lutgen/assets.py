"""Where the non-Python files are: test benches, hand-written Verilog and board descriptions.

In a checkout they lie at the top level (``sim/``, ``hdl/``, ``boards/``); in an installed wheel
inside the package, as ``lutgen/_assets/…``.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def asset(name: str) -> Path:
    """Return the path of an asset file or folder, e.g. ``asset("sim/bench_core.py")``."""
    for root in (_PACKAGE / "_assets", _PACKAGE.parent):
        path = root / name
        if path.exists():
            return path
    raise FileNotFoundError(f"asset {name!r} is missing from this installation of lutgen")
