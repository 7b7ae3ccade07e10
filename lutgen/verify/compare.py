"""Model = netlist = simulation of the RTL = simulation of what synthesis left, bit for bit.

The model is the reference. Every check is a value that says how many samples were equal and, if
not all, names the first sample that is not and the first LUT, in the order of evaluation, whose
value differs from the model's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import Bits
from lutgen.core import Core, Interface
from lutgen.emit.vectors import EXPECTED, INPUTS, vectors
from lutgen.emit.verilog import core_verilog
from lutgen.errors import DataError, MismatchError
from lutgen.files import write_files
from lutgen.flow.simulate import SimResult, simulate
from lutgen.flow.yosys import netlist_file, simulation_models, yosys_family
from lutgen.model.network import LutNetwork
from lutgen.netlist.evaluate import evaluate, evaluate_nets
from lutgen.netlist.ir import Netlist
from lutgen.records.checks import Check, Difference, LutDifference
from lutgen.records.synthesis import SynthesisRecord

RTL = "RTL simulation"


def require_equal(checks: Iterable[Check]) -> None:
    """Raise if a check failed.

    Raises
    ------
    MismatchError
        Its message has one clause for each check that failed.
    """
    failed = [str(check) for check in checks if not check.passed]
    if failed:
        raise MismatchError("not the same function as the model: " + "; ".join(failed))


def check_netlist(
    interface: Interface,
    netlist: Netlist,
    bits: Bits,
    *,
    name: str = "netlist",
    answers: Bits | None = None,
) -> Check:
    """Evaluate a netlist on samples and compare with the model.

    Parameters
    ----------
    interface : Interface
        Whose netlist it is.
    bits : Bits
        Samples as they come in at the ports, see
        :meth:`lutgen.core.interface.Interface.samples`; so in every check.
    answers : Bits, optional
        The model's answers to them, `interface.answers(bits)`, where they are known already.

    Raises
    ------
    DataError
        If there are no samples.
    """
    _require_samples(bits)
    expected = (answers or interface.answers(bits)).to_dense()
    seen = Bits(evaluate(netlist, bits.words), bits.n_samples).to_dense()
    wrong = np.flatnonzero((expected != seen).any(axis=1))
    n_equal = bits.n_samples - wrong.size
    if not wrong.size:
        return Check(name, n_equal, bits.n_samples)
    sample = int(wrong[0])
    nets = evaluate_nets(netlist, bits.take(np.array([sample])).words)[:, 0] & np.uint64(1)
    values = {
        cell.name: str(int(nets[net])) for net, cell in enumerate(netlist.cells, netlist.first_cell)
    }
    difference = Difference(
        sample,
        _bit_string(expected[sample]),
        _bit_string(seen[sample]),
        first_difference(interface.network, interface.encoded(bits), sample, values),
    )
    return Check(name, n_equal, bits.n_samples, difference)


def check_rtl(
    core: Core,
    bits: Bits,
    folder: Path,
    *,
    verilog: str | None = None,
    answers: Bits | None = None,
    simulator: str = "verilator",
    timeout_seconds: float | None = None,
) -> Check:
    """Simulate a core's Verilog and compare with the model.

    Parameters
    ----------
    folder : Path
        Gets the core, the vectors and the simulator's files.
    verilog : str, optional
        Text to simulate in place of the core's own.
    answers : Bits, optional
        See :func:`check_netlist`.
    """
    source = folder / f"{core.module}.v"
    write_files(folder, {source.name: core_verilog(core) if verilog is None else verilog})
    return _check_simulation(
        core, bits, [source], folder, RTL, simulator, timeout_seconds, answers=answers
    )


def check_synthesised(
    core: Core,
    bits: Bits,
    synthesis: SynthesisRecord,
    out_dir: Path,
    folder: Path,
    *,
    simulator: str = "verilator",
    timeout_seconds: float | None = None,
) -> Check:
    """Simulate what synthesis left, with Yosys's own models of the primitives.

    Parameters
    ----------
    core : Core
        The core that was synthesised; its names and its latency are looked for.
    out_dir : Path
        The folder that was given to :func:`lutgen.flow.yosys.synthesise`.
    folder : Path
        Gets the vectors and the simulator's files.
    """
    name = f"post-synthesis simulation ({synthesis.mode})"
    source = netlist_file(out_dir, synthesis.mode)
    return _check_simulation(
        core, bits, [source], folder, name, simulator, timeout_seconds, synthesis.target
    )


def _check_simulation(
    core: Core,
    bits: Bits,
    sources: list[Path],
    folder: Path,
    name: str,
    simulator: str,
    timeout_seconds: float | None,
    primitives_of: str | None = None,
    answers: Bits | None = None,
) -> Check:
    _require_samples(bits)
    if primitives_of is None and core.family.primitives:
        primitives_of = core.family.name
    models = [simulation_models(primitives_of)] if primitives_of else []
    write_files(folder, vectors(bits, answers or core.interface.answers(bits), core.header))
    luts = set(core.network.lut_names())
    result = simulate(
        [*sources, *models],
        top=core.module,
        inputs=folder / INPUTS,
        expected=folder / EXPECTED,
        latency=core.netlist.latency,
        build_dir=folder / "simulation",
        nets=[cell.name for cell in core.netlist.cells if cell.name in luts],
        defines=yosys_family(primitives_of).defines if primitives_of else {},
        clock=core.config.controls.clock,
        held=core.held,
        simulator=simulator,
        timeout_seconds=timeout_seconds,
    )
    return _from_simulation(core.network, core.interface.encoded(bits), name, result)


def _from_simulation(network: LutNetwork, bits: Bits, name: str, result: SimResult) -> Check:
    """Return the check; the samples are encoded ones."""
    difference = None
    if result.mismatches:
        first = result.mismatches[0]
        lut = first_difference(network, bits, first.sample, result.net_values)
        difference = Difference(first.sample, first.expected, first.seen, lut)
    return Check(
        name,
        result.n_equal,
        result.n_vectors,
        difference,
        f"{result.simulator} {result.version}",
        round(result.build_seconds, 3),
        round(result.run_seconds, 3),
        result.cycles if name == RTL else (),
    )


def first_difference(
    network: LutNetwork, bits: Bits, sample: int, values: Mapping[str, str]
) -> LutDifference | None:
    """Return the first LUT, in the order of evaluation, whose value is not the model's.

    Parameters
    ----------
    bits : Bits
        Encoded samples.
    values : mapping of str to str
        Value of each net by its name; LUTs that it lacks are passed over.
    """
    one = bits.take(np.array([sample]))
    signals = network.signals(one, network.cone).to_dense()[0, network.n_inputs :]
    for lut, name in enumerate(network.lut_names()):
        expected = str(signals[lut])
        if network.cone[lut] and values.get(name, expected) != expected:
            return LutDifference(name, expected, values[name])
    return None


def _bit_string(outputs: NDArray[np.uint8]) -> str:
    return "".join(str(bit) for bit in outputs[::-1])


def _require_samples(bits: Bits) -> None:
    if not bits.n_samples:
        raise DataError("there are no samples to compare on; give at least one")
