"""Importers: networks that others trained become networks of lookup tables, the same function.

:func:`import_file` takes a file of any format that :mod:`lutgen.importers.registry` knows, told by
its content. No package that wrote a file is needed to read it, and nothing in a file is run.
"""

from __future__ import annotations

from lutgen.importers.reading import import_file

__all__ = ["import_file"]
