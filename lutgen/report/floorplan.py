"""Pictures of a build, as SVG text for inlining in HTML: bars of resources, and the floorplan.

Written by hand, with whole numbers, so that a chip of many thousand cells stays a small page. The
colours are CSS variables of the page; the layers of the core are shades between two of them.
"""

from __future__ import annotations

import html
import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from lutgen.records.build import PlacedLayer, PlacementRecord

_WIDTH = 500
_FREE = "free"
_COLOURS = {"encoder": "encoder", "core": "first", "head": "second", "shell": "shell"}
_SHADES = (35, 100)  # per cent of --core-last against --core-first
_LEGEND_COLUMNS = 3
_LEGEND_LAYERS = 6
_ROW = 18


def draw_resources(parts: Mapping[str, Mapping[str, int]], room: Mapping[str, int]) -> str:
    """Draw what share of the chip each part of the design takes, a bar for each resource.

    Parameters
    ----------
    parts : mapping of str to mapping of str to int
        Number of each resource, by part.
    room : mapping of str to int
        Number of each resource that the chip has; a bar is so long.
    """
    left, top, height = 70, 4, 22
    lines = []
    y = top
    for what, available in room.items():
        used = sum(part.get(what, 0) for part in parts.values())
        end = max(available, used)
        x = float(left)
        label = "LUTs" if what == "luts" else what
        lines.append(f'<text x="0" y="{y + 15}">{label}</text>')
        width = _WIDTH - left
        lines.append(
            f'<rect x="{left}" y="{y}" width="{width}" height="{height}" fill="var(--panel)"/>'
        )
        for name, part in parts.items():
            share = width * part.get(what, 0) / end
            if share:
                lines.append(
                    f'<rect x="{x:.2f}" y="{y}" width="{share:.2f}" height="{height}" '
                    f'fill="var(--{_COLOURS[name]})"/>'
                )
            x += share
        text = f"{used:,} / {available:,} = {100 * used / available:.1f} %".replace(",", " ")
        lines.append(
            f'<text x="{_WIDTH}" y="{y + height + 14}" text-anchor="end" class="quiet">'
            f"{text}</text>"
        )
        y += height + 28
    items = [(f"var(--{_COLOURS[name]})", name) for name in parts]
    legend, y = _legend([*items, ("var(--panel)", _FREE)], y + 4, columns=5)
    return _svg(lines + legend, y, "Share of the chip that each part takes")


def draw_floorplan(plan: PlacementRecord) -> str:
    """Draw the tiles of a chip, the cells in each coloured by the layer they belong to."""
    tiles: dict[tuple[int, int], list[int]] = defaultdict(list)
    for index, layer in enumerate(plan.layers):
        for tile in layer.cells:
            tiles[tile].append(index)
    across, down = _grid_of_tile(max(map(len, tiles.values()), default=1))
    side = across * down
    pitch = side + 1  # a tile, and a line between it and the next
    paths: dict[int, list[str]] = defaultdict(list)
    for (column, row), indices in sorted(tiles.items()):
        y = plan.rows - 1 - row if plan.row_0 == "bottom" else row
        for start, length, index in _runs(sorted(indices), across):
            left = column * pitch + start % across * down
            above = y * pitch + start // across * across
            paths[index].append(f"M{left} {above}h{length * down}v{across}h-{length * down}z")
    width, depth = plan.columns * pitch, plan.rows * pitch
    scale = _WIDTH / width
    colours = _layer_colours(plan.layers)
    body = [
        f'<pattern id="tile" width="{pitch}" height="{pitch}" patternUnits="userSpaceOnUse">'
        f'<rect width="{side}" height="{side}" fill="var(--panel)"/></pattern>',
        f'<rect width="{width}" height="{depth}" fill="url(#tile)"/>',
    ]
    body += [
        f'<path fill="{colours[index]}" d="{"".join(path)}"/>'
        for index, path in sorted(paths.items())
    ]
    drawing = f'<g transform="scale({scale:.5f})">{"".join(body)}</g>'
    items = _legend_items(plan.layers, colours)
    legend, end = _legend(items, math.ceil(depth * scale) + 12, columns=_LEGEND_COLUMNS)
    return _svg([drawing, *legend], end, "Floorplan: the placed cells, coloured by layer")


def _grid_of_tile(n_cells: int) -> tuple[int, int]:
    """Return how many cells a tile has room for, across and down, with as little left as can be."""
    n_cells += n_cells > 2 and n_cells % 2
    across = max(n for n in range(1, math.isqrt(n_cells) + 1) if n_cells % n == 0)
    return across, n_cells // across


def _runs(indices: Sequence[int], across: int) -> list[tuple[int, int, int]]:
    """Return the cells of a tile as (first place, how many, layer), none wider than a row."""
    runs: list[tuple[int, int, int]] = []
    for place, index in enumerate(indices):
        if runs and runs[-1][2] == index and place % across:
            start, length, _ = runs[-1]
            runs[-1] = start, length + 1, index
        else:
            runs.append((place, 1, index))
    return runs


def _layer_colours(layers: Sequence[PlacedLayer]) -> list[str]:
    core = [layer.layer for layer in layers if layer.layer is not None]
    low, high = _SHADES
    colours = []
    for layer in layers:
        if layer.layer is None:
            colours.append(f"var(--{_COLOURS[layer.part]})")
            continue
        share = (
            high
            if len(core) < 2
            else low + (high - low) * core.index(layer.layer) // (len(core) - 1)
        )
        colours.append(f"color-mix(in srgb, var(--first) {share}%, var(--first-pale))")
    return colours


def _legend_items(layers: Sequence[PlacedLayer], colours: Sequence[str]) -> list[tuple[str, str]]:
    """Return colour and text of the layers with cells; of many, the middle ones are left out."""
    counts = Counter({index: len(layer.cells) for index, layer in enumerate(layers)})
    core = [i for i, layer in enumerate(layers) if layer.layer is not None and counts[i]]
    hidden = core[_LEGEND_LAYERS // 2 : -_LEGEND_LAYERS // 2] if len(core) > _LEGEND_LAYERS else []
    items = []
    for index, layer in enumerate(layers):
        if index in hidden[1:] or not counts[index]:
            continue
        cells = f"{counts[index]:,}".replace(",", " ")
        name = f"{layer.name}: {cells} cells" if index not in hidden else "…"
        items.append((colours[index], name))
    return items


def _legend(items: Sequence[tuple[str, str]], top: int, *, columns: int) -> tuple[list[str], int]:
    """Return the legend's lines, and where it ends."""
    lines = []
    for number, (colour, text) in enumerate(items):
        x = number % columns * (_WIDTH // columns)
        y = top + number // columns * _ROW
        edge = ' stroke="var(--line)"' if text == _FREE else ""
        lines.append(f'<rect x="{x}" y="{y}" width="11" height="11" fill="{colour}"{edge}/>')
        lines.append(f'<text x="{x + 17}" y="{y + 10}">{html.escape(text)}</text>')
    return lines, top + math.ceil(len(items) / columns) * _ROW


def _svg(lines: Sequence[str], height: int, label: str) -> str:
    return (
        f'<svg viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{label}" class="drawn">'
        + "".join(lines)
        + "</svg>"
    )
