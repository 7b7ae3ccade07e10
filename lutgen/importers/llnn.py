"""LLNN's networks (capo-urjc/llnn): arrays of the exporter.

A state_dict of LLNN's holds no wiring, and a model is saved whole; so arrays are taken instead.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.errors import ConfigError, ModelError
from lutgen.importers import arrays
from lutgen.importers.content import Content
from lutgen.importers.exporters import LLNN as EXPORTER
from lutgen.importers.format import Format, Imported, Request
from lutgen.importers.parts import (
    CLASSES,
    N_INPUTS,
    TAU,
    Stage,
    chained,
    check_finite,
    count_of,
    group_sum,
    number_of,
    up_to_the_last,
)

Array = NDArray[Any]

_KEY = re.compile(r"(?:layers?[._]?)?(?:(\d+)[._])?(w_comp|w|indices)[._]?(\d+)?")
_NAMES = ("w", "w_comp", "indices")


def lut_stage(w: Array, w_comp: Array, indices: Array) -> Stage:
    """Return the stage of a LUTLayer.

    Parameters
    ----------
    w, w_comp : ndarray of shape (n_luts, 2^k)
        An entry is one where softmax gives w the larger share, rounded to a bit: in 32 bits, half
        a share is not rounded up.
    indices : ndarray of shape (k, n_luts)
        What each input reads; input 0 is the highest address bit.
    """
    if w.ndim != 2 or w.shape != w_comp.shape or w.dtype.kind != "f" or w_comp.dtype.kind != "f":
        raise ModelError(f"w of shape {w.shape} and w_comp of shape {w_comp.shape}")
    if indices.ndim != 2 or indices.dtype.kind not in "iu":
        raise ModelError(f"indices of {indices.dtype} and shape {indices.shape} are none")
    if w.shape != (indices.shape[1], 1 << min(len(indices), 20)):
        raise ModelError(f"w of shape {w.shape} for indices of shape {indices.shape}")
    check_finite("w", w)
    check_finite("w_comp", w_comp)
    with np.errstate(over="ignore", invalid="ignore"):
        share = 1 / (1 + np.exp(w_comp.astype(np.float32) - w.astype(np.float32)))
    return Stage(indices[::-1].T, share > np.float32(0.5))


def _keys(content: Content) -> dict[str, dict[int, str]]:
    """Return the names of w, w_comp and indices by layer."""
    found: dict[str, dict[int, str]] = {name: {} for name in _NAMES}
    for name in arrays.names(content):
        if matched := _KEY.fullmatch(name):
            found[matched[2]][int(matched[1] or matched[3] or 0)] = name
    return found


def _recognises(content: Content) -> bool:
    keys = _keys(content)
    return bool(keys["w_comp"]) and keys["w"].keys() == keys["w_comp"].keys()


def _read(request: Request) -> Imported:
    content, keys, options = request.content, _keys(request.content), request.options
    if not keys["w"] or not keys["w"].keys() == keys["w_comp"].keys() == keys["indices"].keys():
        raise content.fault(f"it lacks w, w_comp or indices of a layer; write it with:\n{EXPORTER}")
    told = arrays.read_arrays(content)
    stages = [
        lut_stage(*(told[keys[name][number]] for name in _NAMES)) for number in sorted(keys["w"])
    ]
    notes = ["features are bits, 0 and 1"]
    n_classes = count_of(told, "k")
    if n_classes is None and "classes" not in options:
        raise ConfigError("the file does not say how many classes there are (--classes)")
    classes = options.get("classes", np.arange(n_classes or 1))
    n_inputs = options.get("n_inputs", count_of(told, "n_inputs"))
    if n_inputs is None:
        n_inputs = 1 + int(np.max(stages[0].wires, initial=0))
        notes.append(up_to_the_last(n_inputs))
    tau = options.get("tau", number_of(told, "tau"))
    if tau is None:
        tau = 1.0
        notes.append(
            "scores are counts; the file does not say tau, which changes no answer (--tau)"
        )
    network = chained(n_inputs, stages, lambda n: group_sum(n, classes, tau))
    return Imported(network, tuple(notes))


FORMATS = (
    Format("llnn", "LLNN, arrays of the exporter", _recognises, _read, (CLASSES, TAU, N_INPUTS)),
)
