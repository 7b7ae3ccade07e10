"""torchlogix's circuits, as ``Circuit.write_json`` writes them.

A circuit says all of its function but what features are compared with before. Its Verilog does not:
``get_verilog_code`` leaves out the beta that simplifying folded constant votes into.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.errors import ModelError
from lutgen.importers.content import Content
from lutgen.importers.format import Format, Imported, Option, Request
from lutgen.importers.parts import THRESHOLDS, flat_encoder, labels, real, whole
from lutgen.model import Argmax, Bits, Head, LutNetwork, Sum

Array = NDArray[Any]

_OPERATIONS = {
    "CONST_FALSE": 0,
    "NOR": 1,
    "AND_NOT_B": 2,
    "NOT_B": 3,
    "AND_NOT_A": 4,
    "NOT": 5,
    "NOT_A": 5,
    "XOR": 6,
    "NAND": 7,
    "AND": 8,
    "XNOR": 9,
    "WIRE": 10,
    "OR_NOT_B": 11,
    "OR_NOT_A": 13,
    "OR": 14,
    "CONST_TRUE": 15,
}
"""Tables of the gates: bit a + 2b."""


def _recognises_circuit(content: Content) -> bool:
    return (
        isinstance(content.json, dict)
        and {"n_inputs", "gates", "outputs"} <= content.json.keys()
        and isinstance(content.json["gates"], list)
        and isinstance(content.json["outputs"], list)
        and all(isinstance(gate, dict) and "gate_id" in gate for gate in content.json["gates"][:1])
    )


def _read_circuit(request: Request) -> Imported:
    told = request.content.json
    if not _recognises_circuit(request.content):
        raise request.content.fault("it is no circuit of torchlogix: n_inputs, gates, outputs")
    n_inputs = _whole(told["n_inputs"], "n_inputs")
    signals = {number: number for number in range(n_inputs)}
    gates: list[tuple[tuple[int, int], int]] = []
    for gate in told["gates"]:
        wires, table = _gate(gate, signals)
        identifier = _whole(gate.get("gate_id"), "gate_id", 0)
        if identifier in signals:
            raise ModelError(f"gate {identifier} is there twice, or an input")
        signals[identifier] = n_inputs + len(gates)
        gates.append((wires, table))
    outputs, head = _circuit_head(told, signals, request.options.get("classes"))
    encoder, _ = flat_encoder(request.options.get("thresholds"), n_inputs)
    network = LutNetwork.from_luts(n_inputs, gates, outputs=outputs, head=head, encoder=encoder)
    bits = "features are bits, 0 and 1 (--thresholds)"
    return Imported(network, (bits,) if network.encoder.kind == "binary" else ())


def _whole(value: Any, name: str, least: int = 1) -> int:
    try:
        if type(value) is not int:
            raise ValueError(value)
        return whole(value, least)
    except ValueError as error:
        raise ModelError(f"{name} is {str(value)[:40]!r}, not a whole number") from error


def _gate(gate: Any, signals: Mapping[int, int]) -> tuple[tuple[int, int], int]:
    """Return wires and table of a gate; an operand that is not there is 0."""
    if not isinstance(gate, dict) or str(gate.get("op")) not in _OPERATIONS:
        raise ModelError(f"{str(gate)[:60]} is no gate of torchlogix")
    table = _OPERATIONS[str(gate["op"])]
    operands = [_whole(gate.get(name, -1), name, -1) for name in ("in0", "in1")]
    for mask, shift, operand in zip((0b0101, 0b0011), (1, 2), operands, strict=True):
        if operand < 0:
            table = table & mask | (table & mask) << shift
    there = [operand for operand in operands if operand >= 0]
    try:
        first = signals[there[0]] if there else 0
        wires = [signals[operand] if operand >= 0 else first for operand in operands]
    except KeyError as error:
        raise ModelError(f"gate {gate.get('gate_id')} reads {error.args[0]}, not before it") from (
            error
        )
    return (wires[0], wires[1]), table


def _circuit_head(
    told: Mapping[str, Any], signals: Mapping[int, int], classes: Array | None
) -> tuple[list[int], Head]:
    """Return what the head reads, and the head."""
    outputs = [_whole(output, "an output", 0) for output in told["outputs"]]
    sums = {}
    nodes = told.get("sum_nodes") or []
    for node in nodes if isinstance(nodes, list) else [nodes]:
        if not isinstance(node, dict) or not isinstance(node.get("input_ids"), list):
            raise ModelError(f"{str(node)[:60]} is no sum of torchlogix")
        sums[_whole(node.get("node_id"), "a node_id", 0)] = node
    summed = [output in sums for output in outputs]
    if not outputs or any(summed) != all(summed):
        raise ModelError("its outputs are sums in part, or there are none")
    try:
        if not any(summed):
            return [signals[output] for output in outputs], Bits()
        votes = [
            [signals[_whole(vote, "an input of a sum", 0)] for vote in sums[output]["input_ids"]]
            for output in outputs
        ]
    except KeyError as error:
        raise ModelError(f"an output reads {error.args[0]}, which is no gate") from error
    read, places = np.unique(np.array([s for row in votes for s in row], int), return_inverse=True)
    if not read.size:
        read = np.zeros(1, int)
    weights = np.zeros((len(votes), read.size), np.int64)
    rows = np.repeat(np.arange(len(votes)), [len(row) for row in votes])
    np.add.at(weights, (rows, places), 1)
    return read.tolist(), _sum_head(weights, [sums[output] for output in outputs], classes)


def _sum_head(weights: Array, nodes: Sequence[Mapping[str, Any]], classes: Array | None) -> Head:
    """Return the head of sums ``(count + beta) / tau``; simplifying folds votes into beta."""
    try:
        taus = {real(node.get("tau", 1.0)) for node in nodes}
        betas = [real(node.get("beta", 0.0)) for node in nodes]
    except (TypeError, ValueError) as error:
        raise ModelError(f"tau or beta of a sum: {error}") from error
    bias = np.floor(betas)
    fractions = set(betas - bias)
    if len(taus) != 1 or len(fractions) != 1 or min(taus) <= 0 or np.abs(bias).max() >= 1 << 30:
        raise ModelError(f"its sums have several tau ({taus}) or parts of beta ({fractions})")
    tau, fraction = taus.pop(), fractions.pop()
    scale, offset = 1 / tau, fraction / tau
    if len(nodes) == 1:
        return Sum.of(weights, bias, scale=scale, offset=offset)
    return Argmax.votes(weights, bias, classes=classes, scale=scale, offset=offset)


FORMATS = (
    Format(
        "torchlogix-json",
        "torchlogix, a circuit as JSON",
        _recognises_circuit,
        _read_circuit,
        (Option("classes", "labels separated by commas", labels), THRESHOLDS),
    ),
)
