"""Pictures of a network and of its simulation, as SVG text for inlining in HTML.

Written by hand; the colours are CSS variables of the page. LUTs carry their number
(``data-lut``), by which the page's script shows their truth tables.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from lutgen.core.ports import ClassCode
from lutgen.model import LutNetwork
from lutgen.model.head import Argmax, Bits
from lutgen.model.structure import levels
from lutgen.records.checks import Cycle

_WIDTH = 500
_MOST_LUTS, _MOST_INPUTS, _MOST_OUTPUTS = 40, 40, 40
_NAME_CHARACTERS = 15


def can_draw_graph(network: LutNetwork) -> bool:
    """Return whether a network is small enough for a picture of each LUT and wire."""
    read = np.unique(_cone_wires(network))
    n_read = int((read < network.n_inputs).sum())
    return (
        0 < int(network.cone.sum()) <= _MOST_LUTS
        and n_read <= _MOST_INPUTS
        and network.outputs.size <= _MOST_OUTPUTS
    )


def _cone_wires(network: LutNetwork) -> NDArray[np.int32]:
    outputs = network.outputs[network.outputs >= 0]
    return np.concatenate([network.wires[np.repeat(network.cone, network.fan_in)], outputs])


def draw_graph(network: LutNetwork) -> str:
    """Draw inputs, LUTs and outputs in columns, from left to right, and every wire.

    Only what can reach an output is drawn; see :func:`can_draw_graph`.
    """
    luts = np.flatnonzero(network.cone).tolist()
    depth = levels(network)
    read = np.unique(_cone_wires(network))
    inputs = read[read < network.n_inputs].tolist()
    columns: list[list[int]] = [inputs]
    for level in range(1, int(depth[luts].max()) + 1):
        columns.append([network.n_inputs + lut for lut in luts if depth[lut] == level])
    names = network.encoder.get_feature_names_out(network.feature_names or None).tolist()
    rows = max(*map(len, columns), network.outputs.size)
    height = 26 * rows + 16
    left, right = 130, _WIDTH - 105
    step = (right - left) / len(columns)
    place: dict[int, tuple[float, float]] = {}
    for column, signals in enumerate(columns):
        for row, signal in enumerate(signals):
            place[signal] = left + step * column, height * (row + 0.5) / len(signals)
    wires, nodes = [], []
    for signal in inputs:
        x, y = place[signal]
        name = _escaped(_bit_name(str(names[signal])))
        nodes.append(f'<text x="{x - 8:.0f}" y="{y + 4:.1f}" text-anchor="end">{name}</text>')
        nodes.append(f'<circle cx="{x:.0f}" cy="{y:.1f}" r="3" fill="var(--quiet)"/>')
    for lut, name in enumerate(network.lut_names()):
        if network.cone[lut]:
            x, y = place[network.n_inputs + lut]
            wires += [_wire(place[int(wire)], (x - 9, y)) for wire in network.lut_wires(lut)]
            nodes.append(
                f'<g class="lut" data-lut="{lut}"><title>{name}</title><rect x="{x - 9:.1f}" '
                f'y="{y - 9:.1f}" width="18" height="18" rx="3"/></g>'
            )
    for row, output in enumerate(network.outputs.tolist()):
        x, y = right, height * (row + 0.5) / network.outputs.size
        name = _escaped(_short(_output_name(network, row)))
        if output >= 0:
            wires.append(_wire(place[output], (x, y)))
        nodes.append(f'<text x="{x + 6}" y="{y + 4:.1f}">{name}</text>')
    drawn = f'<path class="wires" d="{"".join(wires)}"/>'
    label = f"Graph of {len(luts)} LUTs, from the inputs at the left to the outputs at the right"
    return _svg([drawn, *nodes], height, label, role="group")


def _output_name(network: LutNetwork, row: int) -> str:
    constant = {-1: "0", -2: "1"}.get(int(network.outputs[row]), "")
    head = network.head
    if isinstance(head, Bits) and head.names:
        return f"{head.names[row]} {constant}".strip()
    if isinstance(head, Argmax) and not head.is_class_number:
        weights = head.weights[:, row]
        if np.count_nonzero(weights) == 1:
            for_class = int(np.flatnonzero(weights)[0])
            return f"{int(weights[for_class]):+d} for {head.classes[for_class]} {constant}".strip()
    return f"output {row} {constant}".strip()


def _wire(start: tuple[float, float], end: tuple[float, float]) -> str:
    middle = (start[0] + end[0]) / 2
    return (
        f"M{start[0]:.0f} {start[1]:.1f}C{middle:.0f} {start[1]:.1f} {middle:.0f} {end[1]:.1f} "
        f"{end[0]:.0f} {end[1]:.1f}"
    )


def draw_pixels(
    reads: NDArray[np.int64], parts: Mapping[str, NDArray[np.int64]], shape: tuple[int, int]
) -> str:
    """Draw how many wires read each pixel of an image, in all and by part.

    Parameters
    ----------
    reads : ndarray of shape (rows * columns,)
    parts : mapping of str to ndarray of that shape
        Such counts of parts of the network, by name, each drawn small.
    shape : tuple of int
        Rows and columns.
    """
    side = 300
    scale = side / max(shape)
    lines = [_heat(reads, shape, 0.0, 0.0, scale)]
    x = shape[1] * scale + 16
    most = int(reads.max())
    lines += [
        f'<text x="{x:.0f}" y="14">all LUTs</text>',
        f'<text x="{x:.0f}" y="34" class="quiet">darkest: {most:,} wires</text>',
    ]
    y = shape[0] * scale + 16
    small = (_WIDTH - 4 * 10) / 5 / shape[1]
    for index, (name, counts) in enumerate(parts.items()):
        left = index % 5 * (small * shape[1] + 10)
        top = y + index // 5 * (small * shape[0] + 26)
        lines.append(f'<text x="{left:.1f}" y="{top + 12:.1f}">{_escaped(_short(name))}</text>')
        lines.append(_heat(counts, shape, left, top + 18, small))
    rows = -(-len(parts) // 5)
    height = int(y + rows * (small * shape[0] + 26))
    where = np.unravel_index(int(reads.argmax()), shape)
    label = (
        f"Heat map: {int((reads > 0).sum())} of {reads.size} pixels are read, most often that of "
        f"row {where[0]}, column {where[1]}, by {most} wires"
    )
    return _svg(lines, height, label)


def _heat(
    counts: NDArray[np.int64], shape: tuple[int, int], left: float, top: float, scale: float
) -> str:
    """Return an image, its pixels shaded in eight steps."""
    most = max(1, int(counts.max()))
    steps = np.ceil(8 * counts / most).astype(int).reshape(shape)
    lines = [
        f'<g transform="translate({left:.1f} {top:.1f}) scale({scale:.4f})">'
        f'<rect width="{shape[1]}" height="{shape[0]}" fill="var(--panel)"/>'
    ]
    for step in range(1, 9):
        rows, columns = np.nonzero(steps == step)
        path = "".join(
            f"M{x} {y}h1v1h-1z" for y, x in zip(rows.tolist(), columns.tolist(), strict=True)
        )
        if path:
            lines.append(f'<path fill="var(--first)" fill-opacity="{step / 8}" d="{path}"/>')
    return "".join([*lines, "</g>"])


def draw_waveform(cycles: Sequence[Cycle], latency: int, classes: Sequence[ClassCode] = ()) -> str:
    """Draw what stood at the ports of a simulated core in its first clock cycles.

    Parameters
    ----------
    latency : int
        Clock cycles from a sample to its answer; what stands at ``y`` before is of none.
    classes : sequence of ClassCode
        What the numbers at ``y`` are called, where they are class numbers.
    """
    shown = cycles[:12]
    left, pitch = 34, (_WIDTH - 36) / len(shown)
    rows = [("clk", 8), ("x", 46), ("y", 84)] if latency else [("x", 8), ("y", 46)]
    at = dict(rows)
    lines = [f'<text x="0" y="{y + 17}">{name}</text>' for name, y in rows]
    labels = {code.number: code.label for code in classes}
    for i, cycle in enumerate(shown):
        x = left + i * pitch
        if latency:
            y = at["clk"]
            half = f"{pitch / 2:.1f}"
            lines.append(f'<path class="trace" d="M{x:.1f} {y + 22}h{half}v-20h{half}v20"/>')
        lines.append(_bus(x, at["x"], pitch, f"s{i}", f"cycle {i}, sample {i}: x = {cycle.x}"))
        sample = i - latency
        told = _answer(cycle.y, labels)
        if sample < 0:
            lines.append(_bus(x, at["y"], pitch, "", f"cycle {i}, of no sample: y = {cycle.y}"))
        else:
            title = f"cycle {i}, answer to sample {sample}: y = {cycle.y}"
            lines.append(_bus(x, at["y"], pitch, told, title))
    answers = [
        f"s{i - latency}: {_answer(cycle.y, labels)}"
        for i, cycle in enumerate(shown)
        if i >= latency
    ]
    told = f"; answers {', '.join(answers)}" if answers else ""
    label = f"Waveform of the first {len(shown)} clock cycles; latency {latency}{told}"
    return _svg(lines, at["y"] + 38, label)


def _answer(bits: str, labels: Mapping[int, str]) -> str:
    if set(bits) - {"0", "1"}:
        return bits[:6]
    value = int(bits, 2)
    return labels.get(value, f"{value:x}")


def _bus(x: float, y: int, width: float, text: str, title: str) -> str:
    # a hexagon: a value between two changes
    points = f"M{x:.1f} {y + 12}l3 -10h{width - 6:.1f}l3 10l-3 10h-{width - 6:.1f}z"
    shown = _escaped(text[: max(1, int(width / 8))])
    kind = "bus" if text else "bus none"
    return (
        f'<g><title>{_escaped(title)}</title><path class="{kind}" d="{points}"/>'
        f'<text x="{x + width / 2:.1f}" y="{y + 16.5}" text-anchor="middle">{shown}</text></g>'
    )


def _bit_name(text: str) -> str:
    """Return the name of an input bit in short, with its threshold."""
    name, sign, threshold = text.partition(">=")
    room = _NAME_CHARACTERS - len(threshold) - 1
    if not sign or len(name) <= room:
        return _short(text.replace(">=", "≥"))
    return f"{name[: max(3, room - 1)]}…≥{threshold[:9]}"


def _short(text: str) -> str:
    return text if len(text) <= _NAME_CHARACTERS else text[: _NAME_CHARACTERS - 1] + "…"


def _escaped(text: str) -> str:
    return html.escape(text)


def _svg(lines: Sequence[str], height: float, label: str, role: str = "img") -> str:
    return (
        f'<svg class="drawn" viewBox="0 0 {_WIDTH} {height:.0f}" role="{role}" '
        f'aria-label="{_escaped(label)}">{"".join(lines)}</svg>'
    )
