"""Networks of others, the same function: the LUTs of their tools beside those of lutgen.

Run with: python benchmarks/imported.py --fixtures FOLDER [--logicnets CHECKOUT]
          python benchmarks/imported.py --fixtures FOLDER --evidence
          python benchmarks/imported.py  (writes the page anew)

The fixtures are files of the formats with inputs and expected answers; the checkout is one of
github.com/malifarooq/IIoT-LogicNets, which has Verilog, weights and Vivado's netlists of seven
networks. What came of it is kept in ``results/imported.json``, and docs/contest.md is made of that.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import contest
import evidence
import numpy as np
from cover import by_abc
from fixture_rows import fixture_rows
from numpy.typing import NDArray

from lutgen.core import CoreConfig, make_core
from lutgen.core.build import Core
from lutgen.core.lower import lower
from lutgen.encode.encoder import fit_encoder
from lutgen.files import read_json, write_json
from lutgen.flow.yosys import OPTIMISED, synthesise
from lutgen.importers import import_file
from lutgen.learn.boost import BoostParameters, boost
from lutgen.model import LutNetwork
from lutgen.netlist.ir import LUT, Netlist
from lutgen.netlist.passes.absorb import absorb
from lutgen.netlist.passes.cover import cover
from lutgen.netlist.passes.shrink import shrink
from lutgen.netlist.passes.simplify import simplify
from lutgen.verify.prove import prove_encoder, prove_model
from lutgen.verify.sweep import prove_equal

RECORD = Path(__file__).parent / "results" / "imported.json"
CHIP = "xilinx7"
BITS = "1,2,2"  # of the IIoT networks: input, hidden and last layers, as their train.py says

# folder of the checkout: Vivado's LUTs after placement, and the accuracy that is published
VIVADO: dict[str, tuple[int, float | None]] = {
    "binary_classification/cybernid_sparse_big": (64, 0.9960),
    "binary_classification/cybernid_sparse": (334, 0.9997),
    "binary_classification/cybernid": (980, 0.9999),
    "binary_classification/cybernid_big": (2803, 0.9999),
    "6_classification_sample/cybernid_sparse_big": (193, None),
    "6_classification_sample/cybernid_sparse": (1247, 0.9918),
    "6_classification_sample/cybernid_big": (5940, None),
}
LARGEST_TEXT = 1_000_000  # bytes of a netlist of Vivado's that Yosys reads in a minute or two

# Xilinx's cells as what they compute; registers are wires, as they only delay
CELLS = "".join(
    f"module LUT{k} #(parameter INIT = 0) (input "
    + ", ".join(f"I{i}" for i in range(k))
    + f", output O); wire [{(1 << k) - 1}:0] t = INIT; assign O = t[{{"
    + ", ".join(f"I{i}" for i in reversed(range(k)))
    + "}]; endmodule\n"
    for k in range(1, 7)
) + (
    "module MUXF7 (input I0, I1, S, output O); assign O = S ? I1 : I0; endmodule\n"
    "module MUXF8 (input I0, I1, S, output O); assign O = S ? I1 : I0; endmodule\n"
    "module FDRE #(parameter INIT = 0) (input C, CE, D, R, output Q);"
    " assign Q = D & CE & ~R; endmodule\n"
    "module FDSE #(parameter INIT = 0) (input C, CE, D, S, output Q);"
    " assign Q = D & CE | S; endmodule\n"
)


def luts_of(core: Core) -> dict[str, int]:
    """Return the LUTs of each part, and of all; those that share a LUT6 are one."""
    sites = {
        cell.site or cell.name: cell.part
        for cell in core.netlist.cells
        if cell.kind == LUT and not cell.hard
    }
    return {**Counter(sites.values()), "all": len(sites)}


def is_proved(core: Core) -> bool:
    """Prove that a core is its model, encoder and head included."""
    return all(proof.record.proved for proof in (*prove_encoder(core), *prove_model(core)))


def ours(network: LutNetwork, **options: Any) -> dict[str, Any]:
    """Return what lutgen makes of a network."""
    start = time.process_time()
    core = make_core(network, CoreConfig(chip=CHIP, **options))
    seconds = round(time.process_time() - start, 1)
    return {
        "luts": luts_of(core), "levels": core.netlist.depth, "cpu_s": seconds,
        "proved": is_proved(core),
    }  # fmt: skip


def of_tables(path: Path) -> LutNetwork:
    """Return the network of tables that were read from LogicNets's Verilog."""
    told = np.load(path)
    luts: list[tuple[list[int], int]] = []
    signals = list(range(int(np.load(str(path).replace("tables", "vectors"))["n_in"])))
    first = len(signals)
    for layer in range(int(told["n_layers"])):
        made = []
        wires, codes = told[f"wires{layer}"], told[f"tables{layer}"]
        for reads, table in zip(wires.tolist(), codes, strict=True):
            for bit in range(int(told[f"bits{layer}"])):
                made.append(first + len(luts))
                luts.append(([signals[wire] for wire in reads], number_of(table >> bit & 1)))
        signals = made
    return LutNetwork.from_luts(first, luts, outputs=signals)


def number_of(table: NDArray[Any]) -> int:
    """Return a table as a number, address 0 as its lowest bit."""
    return int.from_bytes(np.packbits(table, bitorder="little").tobytes(), "little")


def one_by_one(network: LutNetwork) -> list[LutNetwork]:
    """Return each layer that counts as a network of its own, as registers between them make it."""
    cone = network.restrict_to_cone()
    read = {int(wire) for wire in cone.wires} | {int(output) for output in cone.outputs}
    parts = []
    for layer in np.unique(cone.layer).tolist():
        members = np.flatnonzero(cone.layer == layer).tolist()
        wires = {lut: cone.lut_wires(lut).tolist() for lut in members}
        places = {
            net: i for i, net in enumerate(sorted({net for w in wires.values() for net in w}))
        }
        luts = [
            (
                [places[net] for net in wires[lut]],
                number_of(cone.lut_table(lut)),
            )
            for lut in members
        ]  # fmt: skip
        shown = [len(places) + i for i, lut in enumerate(members) if cone.n_inputs + lut in read]
        parts.append(LutNetwork.from_luts(len(places), luts, outputs=shown))
    return parts


def vivado_netlist(path: Path, n_inputs: int, folder: Path) -> LutNetwork:
    """Return the function of a netlist that Vivado wrote, its registers taken for wires."""
    text = path.read_text(encoding="utf-8").split("`ifndef GLBL")[0]
    text = re.sub(r"`timescale[^\n]*", "", text)
    top = text[text.index("module logicnet") :]
    width, name = re.findall(r"output \[(\d+):0\](\w+);", top)[0]
    wrapper = (
        f"module contest (input [{n_inputs - 1}:0] x, output [{width}:0] y);\n"
        f"logicnet inner (.M0(x), .{name}(y), .clk(1'b0), .rst(1'b0));\nendmodule\n"
    )
    (folder / "vivado.v").write_text(CELLS + text + wrapper, encoding="utf-8")
    # what is undefined lies beyond the ends of a table, where no index points
    return import_file(folder / "vivado.v", "verilog", top="contest", undefined="0").network


def equal(first: LutNetwork, second: LutNetwork | Netlist) -> bool:
    """Prove that two networks have the same outputs for every input."""
    other = lower(second) if isinstance(second, LutNetwork) else second
    return prove_equal(lower(first), other).proved


def logicnets(fixtures: Path, checkout: Path | None) -> Iterator[dict[str, Any]]:
    """Yield a row for each network of IIoT-LogicNets that is at hand."""
    for name, (luts, accuracy) in VIVADO.items():
        folder = (checkout or Path()) / "experiments" / name
        short = f"iiot_binary_{name.rpartition('cybernid_')[2]}"
        tables = fixtures / "logicnets" / f"{short}_tables.npz"
        netlist = folder / "verilog" / "results_logicnet" / "logicnet_post_synth.v"
        if checkout:
            network = import_file(folder / "verilog").network
            weights = folder / "verilog" / "lut_based_model.pth"
        elif name.startswith("binary") and tables.exists():
            network = of_tables(tables)
            weights = tables.with_name(f"{short}_lut_based_model.pth")
        else:
            continue
        row = {
            "network": name, "accuracy": accuracy, "vivado": luts,
            "neurons": network.n_luts // 2, "fan_in": int(network.fan_in.max()),
            "ours": ours(network),
            "layer by layer": sum(ours(part)["luts"]["all"] for part in one_by_one(network)),
            "free entries": int(free_entries(network)),
            "weights equal tables": equal(network, import_file(weights, bits=BITS).network)
            if weights.exists() else None,
            "retimed": "_fret" in netlist.read_text(encoding="utf-8") if netlist.exists() else None,
            "vivado's netlist equal": None,
        }  # fmt: skip
        if netlist.exists() and netlist.stat().st_size < LARGEST_TEXT:
            with tempfile.TemporaryDirectory() as work:
                theirs = vivado_netlist(netlist, network.n_inputs, Path(work))
                row["vivado's netlist equal"] = equal(network, theirs)
        yield row


def free_entries(network: LutNetwork) -> int:
    """Return the table entries that a text did not give."""
    n_seen = sum(int(word).bit_count() for word in network.seen)
    return sum(1 << int(k) for k in network.fan_in) - n_seen


GATES = (
    "1'b0", "{a} & {b}", "{a} & ~{b}", "{a}", "~{a} & {b}", "{b}", "{a} ^ {b}", "{a} | {b}",
    "~({a} | {b})", "~({a} ^ {b})", "~{b}", "{a} | ~{b}", "~{a}", "~{a} | {b}", "~({a} & {b})",
    "1'b1",
)  # fmt: skip


def votes_verilog(gates: list[str], n_inputs: int, groups: list[list[str]]) -> str:
    """Return a module that counts votes with ``+`` and compares them with ``>``, class by class."""
    width = max(len(group) for group in groups).bit_length()
    number = max(1, (len(groups) - 1).bit_length())
    lines = [f"module circuit (input [{n_inputs - 1}:0] x, output reg [{number - 1}:0] y);", *gates]
    for place, group in enumerate(groups):
        lines.append(f"wire [{width - 1}:0] s{place} = {' + '.join(group)};")
    lines += [f"reg [{width - 1}:0] best;", "always @* begin", "  best = s0; y = 0;"]
    for place in range(1, len(groups)):
        lines.append(f"  if (s{place} > best) begin best = s{place}; y = {place}; end")
    return "\n".join([*lines, "end", "endmodule", ""])


def difflogic_verilog(path: Path) -> str:
    """Return a difflogic network as its gates are written, a line each, with sums and argmax."""
    told = np.load(path)
    n_inputs, n_classes = int(told["n_inputs"]), int(told["n_classes"])
    names = [f"x[{i}]" for i in range(n_inputs)]
    lines = []
    for op, a, b in zip(told["op"].tolist(), told["a"].tolist(), told["b"].tolist(), strict=True):
        text = GATES[op].format(a=names[max(a, 0)], b=names[max(b, 0)])
        names.append(f"g{len(names)}")
        lines.append(f"wire {names[-1]} = {text};")
    votes = names[-int(told["n_outputs"]) :]
    size = len(votes) // n_classes
    return votes_verilog(lines, n_inputs, [votes[i : i + size] for i in range(0, len(votes), size)])


def torchlogix_verilog(path: Path) -> str:
    """Return torchlogix's own Verilog with an argmax behind its scores."""
    text = path.read_text(encoding="utf-8")
    n_classes, width = map(int, re.findall(r"scores_flat = (\d+) x (\d+)-bit", text)[0])
    head, _, body = text.rpartition("endmodule")[0].partition(");")
    ports = re.sub(r"output reg +\[\d+:0\] scores_flat", "output reg [3:0] y", head)
    lines = [f"{ports});", f"reg [{n_classes * width - 1}:0] s;", body.replace("scores_flat", "s")]
    lines += [f"reg [{width - 1}:0] best;", "always @* begin", f"  best = s[0 +: {width}]; y = 0;"]
    for place in range(1, n_classes):
        score = f"s[{place * width} +: {width}]"
        lines.append(f"  if ({score} > best) begin best = {score}; y = {place}; end")
    return "\n".join([*lines, "end", "endmodule", ""])


def by_yosys(verilog: str) -> int:
    """Return the LUTs that ``synth_xilinx`` makes of a module called circuit."""
    with tempfile.TemporaryDirectory() as folder:
        return synthesise(
            verilog, language="verilog", top="circuit", target=CHIP, mode=OPTIMISED,
            out_dir=Path(folder), timeout_seconds=180,
        ).n_luts  # fmt: skip


def gate_networks(fixtures: Path) -> Iterator[dict[str, Any]]:
    """Yield rows of networks of gates: their text through Yosys beside the import."""
    texts: list[tuple[str, Path, Callable[[Path], str], Path]] = [
        (f"difflogic, {size} x 4", fixtures / "difflogic" / f"gates_{size}.npz", difflogic_verilog,
         fixtures / "difflogic" / f"gates_{size}.npz")
        for size in (200, 300)
    ]  # fmt: skip
    circuit = fixtures / "torchlogix" / "tl_raw_circuit.json"
    texts.append(("torchlogix circuit", circuit, torchlogix_verilog, circuit.with_suffix(".v")))
    for name, path, write, source in texts:
        network = import_file(path).network
        vectors = np.load(str(path).replace("gates", "vectors")) if "gates" in path.name else (
            np.load(path.with_name("tl_raw_circuit_vectors.npz")))  # fmt: skip
        x = (
            np.unpackbits(vectors["x"], axis=1, bitorder="little")
            if "x" in vectors.files
            else vectors["bits"]
        )
        scores = network.scores(network.encode(x))
        bare, _ = shrink(lower(network))
        small, _ = absorb(bare, 6)
        covered, _ = simplify(cover(bare, 6, max_depth=small.depth)[0])
        yield {
            "network": name, "gates": network.n_luts,
            "rows equal": [int((scores == vectors["scores"]).all(axis=1).sum()), len(scores)],
            "ours": ours(network),
            "yosys": by_yosys(write(source)),
            "core alone": {"cover": covered.count(LUT), "abc": by_abc(lower(network))[6]},
        }  # fmt: skip


def dwn(fixtures: Path) -> Iterator[dict[str, Any]]:
    """Yield rows of the jets' network: without encoder, and with it, as numbers come in."""
    path = next((fixtures / "dwn").glob("*checkpoint.pt"))
    vectors = np.load(next((fixtures / "dwn").glob("*testvectors.npz")))
    X = vectors["x_raw"].astype(np.float64)
    network = import_file(path, samples=X).network
    right = network.predict(X) == np.asarray(network.classes)[vectors["pred"]]
    accuracy = float((vectors["pred"] == vectors["y"]).mean())
    for inside, options in (
        ("core, head", {}),
        ("encoder, core, head", {"input_format": "auto"}),
        ("encoder, core, head", {"input_format": "q4.8", "accept_rounding": True}),
    ):
        yield {
            "network": "DWN, jets, 300-100 of 4 inputs", "inside": inside,
            "format": options.get("input_format", ""), "accuracy": accuracy,
            "rows equal": [int(right.sum()), len(right)], "ours": ours(network, **options),
        }  # fmt: skip


def logic(fixtures: Path) -> Iterator[dict[str, Any]]:
    """Yield rows of EPFL's functions: the original mapped, and the best known LUT6 network."""
    for original in sorted((fixtures / "epfl").glob("*.aig")):
        network = import_file(original).network
        bare, _ = shrink(lower(network))
        small, _ = absorb(bare, 6)
        covered, _ = simplify(cover(bare, 6, max_depth=small.depth)[0])
        row: dict[str, Any] = {
            "function": original.stem, "gates": network.n_luts, "lut6": covered.count(LUT),
            "levels": covered.depth, "proved": equal(network, covered),
            "abc": by_abc(lower(network))[6],
            "xilinx7": ours(network),
        }  # fmt: skip
        text = original.with_suffix(".blif")
        if text.exists():
            row["BLIF equals AIGER"] = equal(network, import_file(text).network)
        for best in original.parent.glob(f"{original.stem}_size_*.blif"):
            theirs = import_file(best).network
            row["best"] = {
                "file": best.name, "lut6": theirs.n_luts, "equal": equal(network, theirs),
                "xilinx7": ours(theirs)["luts"]["all"],
            }  # fmt: skip
        yield row


def learnt(fixtures: Path) -> Iterator[dict[str, Any]]:
    """Yield rows of the digits: the LUTs that lutgen's own learner needs to answer as well."""
    from sklearn.datasets import load_digits  # noqa: PLC0415 - slow to load

    X, y = load_digits(return_X_y=True)
    above = (X[:, :, None] > np.array([4, 8, 12])).astype(np.uint8)
    least = (X[:, None, :] >= np.array([4, 8, 12])[:, None]).astype(np.uint8)
    first, every_fourth = np.arange(200), np.arange(0, len(y), 4)  # of which answers are kept
    for name, path, options in (
        ("torchlogix, raw", "torchlogix/tl_raw.pt", {"classes": 10, "tau": 8}),
        ("torchlogix, WARP of 4 inputs", "torchlogix/tl_warp4.pt",
         {"classes": 10, "tau": 8, "parametrization": "warp"}),
        ("torchlogix, light of 4 inputs", "torchlogix/tl_light.pt",
         {"classes": 10, "tau": 8, "parametrization": "light"}),
        ("green-tsetlin, 300 clauses", "tsetlin/green_tsetlin_digits.npz", {}),
        ("pytsetlin, 300 clauses", "tsetlin/pytsetlin_digits.npz", {}),
    ):  # fmt: skip
        network = import_file(fixtures / path, **options).network
        is_tsetlin = path.startswith("tsetlin")
        rows = every_fourth if is_tsetlin else first
        bits = (least if is_tsetlin else above).reshape(len(y), -1)
        given = bits if network.encoder.n_features == bits.shape[1] else X
        theirs = accuracy_of(network, given[rows], y[rows])
        yield {
            "network": name, "accuracy": theirs, "n_test": len(rows), "ours": ours(network),
            **as_good(bits, y, rows, theirs),
        }  # fmt: skip


def accuracy_of(network: LutNetwork, X: NDArray[Any], y: NDArray[Any]) -> float:
    """Return the share of right answers, classes being digits."""
    return round(float((network.class_numbers(network.encode(X)) == y).mean()), 4)


def as_good(
    bits: NDArray[Any], y: NDArray[Any], test: NDArray[Any], wanted: float
) -> dict[str, Any]:
    """Return the smallest network of the boosting learner that answers as many test rows right."""
    train = np.setdiff1d(np.arange(len(y)), test)
    encoder = fit_encoder("binary", bits[train], y[train])
    for n in (4, 6, 8, 10, 12, 16, 20, 25, 30, 40, 60):
        network = boost(
            encoder.encode(bits[train]), y[train], BoostParameters(luts_per_class=n),
            encoder=encoder, classes=np.arange(10),
        )  # fmt: skip
        accuracy = accuracy_of(network, bits[test], y[test])
        if accuracy >= wanted:
            return {"learner": {"luts_per_class": n, "accuracy": accuracy, "ours": ours(network)}}
    return {"learner": None}


PARTS: dict[str, Callable[[Path], Iterator[dict[str, Any]]]] = {
    "gates": gate_networks,
    "dwn": dwn,
    "logic": logic,
    "learnt": learnt,
}


def main() -> None:
    """Measure what is asked for, keep it and write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fixtures", type=Path)
    parser.add_argument("--logicnets", type=Path)
    parser.add_argument("--only", choices=("logicnets", *PARTS))
    parser.add_argument("--evidence", action="store_true")
    parser.add_argument("--prove", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.prove:
        print(json.dumps(evidence.prove_kind(options.fixtures, options.prove)))
        return
    if options.evidence:
        measure("fixtures", fixture_rows(options.fixtures))
        measure("proofs", evidence.proofs(options.fixtures))
        measure("bitstreams", evidence.bitstreams(options.fixtures))
    elif options.fixtures:
        if options.only in (None, "logicnets"):
            measure("logicnets", logicnets(options.fixtures, options.logicnets))
        for name, make in PARTS.items():
            if options.only in (None, name):
                measure(name, make(options.fixtures))
    contest.PAGE.write_text(contest.page(read_json(RECORD)), encoding="utf-8")


def measure(name: str, rows: Iterator[dict[str, Any]]) -> None:
    """Put rows into the record, in place of those of before, once all are there."""
    found = []
    for row in rows:
        print(json.dumps(row), flush=True)
        found.append(row)
    before: dict[str, Any] = read_json(RECORD) if RECORD.exists() else {}
    write_json(RECORD, {**before, name: found})


if __name__ == "__main__":
    main()
