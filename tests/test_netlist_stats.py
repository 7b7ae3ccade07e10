"""Counting a netlist."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
from strategies import random_network

from lutgen.core.lower import lower
from lutgen.netlist.ir import ENCODER, HEAD, LUT, REGISTER, Cell, Netlist
from lutgen.netlist.stats import LayerStats, netlist_stats


def test_cells_are_counted_by_layer_and_by_primitive() -> None:
    cells = (
        Cell(LUT, (2, 3), 6, "a", 1, "SB_LUT4"),
        Cell(LUT, (5, 3), 6, "b", 1, "SB_LUT4"),
        Cell(REGISTER, (6,), 0, "b_r1", 1, "SB_DFF"),
        Cell(LUT, (7,), 1, "c", 2),
    )
    stats = netlist_stats(Netlist(3, cells, (8,)))
    assert (stats.n_inputs, stats.n_inputs_read, stats.n_outputs) == (3, 2, 1)
    assert (stats.luts, stats.registers, stats.depth, stats.latency_cycles) == (3, 1, 2, 1)
    assert stats.cells == {"LUT1": 1, "SB_DFF": 1, "SB_LUT4": 2}
    assert stats.layers == (
        LayerStats("core", 1, 2, 1, 2, {"SB_DFF": 1, "SB_LUT4": 2}),
        LayerStats("core", 2, 1, 0, 1, {"LUT1": 1}),
    )


def test_layers_add_up_and_the_record_is_json() -> None:
    stats = netlist_stats(lower(random_network(np.random.default_rng(0), 9, [5, 3, 1], (1, 6))))
    assert sum(layer.luts for layer in stats.layers) == stats.luts == 9
    record = json.loads(json.dumps(asdict(stats)))
    assert [layer["luts"] for layer in record["layers"]] == [5, 3, 1]


def test_encoder_and_head_are_parts() -> None:
    cells = (
        Cell(LUT, (2, 3), 6, "e", 0, part=ENCODER),
        Cell(LUT, (2, 4), 6, "l", 1),
        Cell(LUT, (5, 4), 6, "h", 0, part=HEAD),
        Cell(REGISTER, (6,), 0, "h_r1", 0, part=HEAD),
    )
    layers = netlist_stats(Netlist(2, cells, (7,))).layers
    parts = [(row.part, row.layer, row.luts, row.registers) for row in layers]
    assert parts == [("encoder", 0, 1, 0), ("core", 1, 1, 0), ("head", 0, 1, 1)]
