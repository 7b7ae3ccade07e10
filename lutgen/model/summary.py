"""What notebooks show of a network: its sizes, what is known of its accuracy, and a thumbnail."""

from __future__ import annotations

import html

import numpy as np
from numpy.typing import NDArray

from lutgen.model.network import LutNetwork
from lutgen.model.structure import levels

_WIDTH, _HEIGHT = 240, 96
_MOST_DOTS, _MOST_COLUMNS, _MOST_WIRES = 16, 8, 240


def summary_html(network: LutNetwork) -> str:
    """Return a network as a piece of HTML, in the colours of what it stands in."""
    rows = [
        f"<tr><th>{name}</th><td>{html.escape(value)}</td></tr>" for name, value in _facts(network)
    ]
    return (
        '<div style="display:flex;flex-wrap:wrap;gap:1.5em;align-items:center;margin:0.5em 0">'
        f'{thumbnail(network)}<table style="text-align:left">{"".join(rows)}</table></div>'
    )


def _facts(network: LutNetwork) -> list[tuple[str, str]]:
    n_cone = int(network.cone.sum())
    layers = f"{network.n_layers} layer{'s' * (network.n_layers != 1)}"
    facts = [
        ("LUTs", f"{n_cone:,} that reach the output, of {network.n_luts:,} in {layers}"),
        ("fan-in", ", ".join(map(str, np.unique(network.fan_in).tolist()))),
        ("encoder", network.encoder.describe()),
        ("head", network.describe_head()),
    ]
    known = network.provenance
    name = known.metric or "accuracy"
    shares = (("test", known.test_accuracy), ("training", known.train_accuracy))
    told = [f"{value:.4f} {part}" for part, value in shares if value is not None]
    if told:
        facts.append((name, ", ".join(told)))
    facts.append(("digest", network.digest[:12]))
    return facts


def thumbnail(network: LutNetwork) -> str:
    """Return a small picture as SVG: a column of dots a level, a dot for some LUTs, and wires.

    Of large networks it is a sample: at most 16 LUTs of at most 8 levels, evenly spread.
    """
    luts = np.flatnonzero(network.cone)
    if not luts.size:
        return ""
    depth = levels(network)
    deepest = int(depth[luts].max())
    shown = np.unique(np.linspace(1, deepest, min(deepest, _MOST_COLUMNS)).round().astype(int))
    columns = [_some(luts[depth[luts] == level]) + network.n_inputs for level in shown]
    read = np.concatenate([network.lut_wires(int(lut) - network.n_inputs) for lut in columns[0]])
    columns.insert(0, _some(np.unique(read[read < network.n_inputs])))
    place = {}
    for number, signals in enumerate(columns):
        x = 12 + (_WIDTH - 24) * number / (len(columns) - 1)
        for row, signal in enumerate(signals.tolist()):
            place[signal] = x, _HEIGHT * (row + 0.5) / len(signals)
    wires = [
        (place[wire], place[lut])
        for signals in columns[1:]
        for lut in signals.tolist()
        for wire in network.lut_wires(lut - network.n_inputs).tolist()
        if wire in place
    ][:_MOST_WIRES]
    path = "".join(f"M{a:.0f} {b:.1f}L{c:.0f} {d:.1f}" for (a, b), (c, d) in wires)
    dots = "".join(
        f'<circle cx="{x:.0f}" cy="{y:.1f}" r="2.4"/>'
        if signal < network.n_inputs
        else f'<rect x="{x - 2.5:.1f}" y="{y - 2.5:.1f}" width="5" height="5"/>'
        for signal, (x, y) in place.items()
    )
    label = f"{luts.size} LUTs in {deepest} level{'s' * (deepest != 1)}"
    return (
        f'<svg width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" '
        f'aria-label="{label}"><path d="{path}" fill="none" stroke="currentColor" '
        f'stroke-opacity="0.25"/><g fill="currentColor">{dots}</g></svg>'
    )


def _some(signals: NDArray[np.integer]) -> NDArray[np.integer]:
    places = np.linspace(0, signals.size - 1, min(signals.size, _MOST_DOTS)).round().astype(int)
    some: NDArray[np.integer] = signals[np.unique(places)]
    return some
