"""Tsetlin machines: clauses, ANDs of features and their complements, vote with weights.

Files of green-tsetlin (``w`` and ``c``) and of pytsetlin (``W`` and ``C``), both ``.npz``. Literals
are the features, then their complements; a clause without literals never fires. Literals of a
clause are joined in a tree, and clauses that are the same vote once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.errors import ModelError
from lutgen.importers.arrays import names, read_arrays
from lutgen.importers.content import Content
from lutgen.importers.format import Format, Imported, Option, Request
from lutgen.importers.luts import LutBuilder
from lutgen.importers.parts import thresholds
from lutgen.importers.thermometer import FEATURE_MAJOR, HELP, comparing, voting
from lutgen.model import Argmax
from lutgen.netlist.ir import CONST0, CONST1

_GREEN = frozenset("wc")
_PYTSETLIN = frozenset("WC")


def recognises_green(content: Content) -> bool:
    """Return whether a file holds the arrays of green-tsetlin, and no others."""
    return names(content) == _GREEN


def recognises_pytsetlin(content: Content) -> bool:
    """Return whether a file holds the arrays of pytsetlin, and no others."""
    return names(content) == _PYTSETLIN


def read_green(request: Request) -> Imported:
    """Read green-tsetlin's arrays; see :class:`~lutgen.importers.format.Format`."""
    arrays = _arrays(request, _GREEN)
    return _network(arrays["c"] >= 0, arrays["w"].T, request)


def read_pytsetlin(request: Request) -> Imported:
    """Read pytsetlin's arrays; see :class:`~lutgen.importers.format.Format`."""
    arrays = _arrays(request, _PYTSETLIN)
    return _network(arrays["C"] > 0, arrays["W"], request)


def _arrays(request: Request, wanted: frozenset[str]) -> Mapping[str, NDArray[Any]]:
    arrays = read_arrays(request.content, wanted)
    if lacking := wanted - arrays.keys():
        raise ModelError(f"it lacks the array {min(lacking)}")
    for name, array in arrays.items():
        if array.ndim != 2 or array.dtype.kind not in "iu" or not array.size:
            raise ModelError(
                f"the array {name} must be a matrix of whole numbers, got {array.dtype} of shape "
                f"{array.shape}"
            )
    return arrays


def _network(
    included: NDArray[np.bool_], weights: NDArray[np.integer], request: Request
) -> Imported:
    """Return the network of clauses.

    Parameters
    ----------
    included : ndarray of shape (n_clauses, 2 * n_bits)
    weights : ndarray of shape (n_classes, n_clauses)
    """
    n_clauses, n_literals = included.shape
    if n_literals % 2 or weights.shape[1] != n_clauses or len(weights) < 2:
        raise ModelError(
            f"{n_clauses} clauses of {n_literals} literals, and weights of {weights.shape[1]} for "
            f"{len(weights)} classes: literals must be even, and classes 2 or more"
        )
    n_bits = n_literals // 2
    luts = LutBuilder(n_bits)
    fires = []
    for row in included:
        literals = np.flatnonzero(row).tolist()
        nets = [(luts.inputs[literal % n_bits], literal < n_bits) for literal in literals]
        fires.append(luts.all_of(nets) if nets else CONST0)
    outputs, sums = voting(fires, weights)
    bias = sums[:, outputs.index(CONST1)] if CONST1 in outputs else None
    kept = [place for place, net in enumerate(outputs) if net not in (CONST0, CONST1)]
    if not kept:
        raise ModelError("no clause of it can fire")
    head = Argmax.votes(sums[:, kept], bias)
    encoder = comparing(request.options.get("thresholds"), n_bits, FEATURE_MAJOR)
    network = luts.network([outputs[place] for place in kept], head, encoder=encoder)
    notes = []
    if n_idle := n_clauses - len(kept):
        notes.append(f"{n_idle} of {n_clauses} clauses never fire or are the same as another")
    if encoder is None:
        notes.append(f"the features are the {n_bits} bits (--thresholds)")
    return Imported(network, tuple(notes))


_THRESHOLDS = (Option("thresholds", f"feature after feature, {HELP}", thresholds),)

FORMATS = (
    Format("green-tsetlin", "green-tsetlin (.npz)", recognises_green, read_green, _THRESHOLDS),
    Format("pytsetlin", "pytsetlin (.npz)", recognises_pytsetlin, read_pytsetlin, _THRESHOLDS),
)
