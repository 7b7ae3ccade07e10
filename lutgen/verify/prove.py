"""Proof that each form of a network computes what the form before it does, for every input.

Model = netlist after every pass = mapped netlist = Verilog as Yosys reads it = what Yosys makes of
it. Registers are cut by time: where every path takes the stated number of cycles, each output is a
function of one input vector; where not, of the vectors of several cycles.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from lutgen.bits import Bits, Words
from lutgen.core.build import HEAD_STEP, Core
from lutgen.core.lower import lower
from lutgen.emit.tables import table_text
from lutgen.emit.verilog import core_verilog
from lutgen.encode.encoder import CODE
from lutgen.errors import ConfigError, MismatchError
from lutgen.flow.elaborate import elaborate
from lutgen.flow.yosys import netlist_file, yosys_module
from lutgen.netlist.compose import compose
from lutgen.netlist.evaluate import evaluate
from lutgen.netlist.head import Head, Votes
from lutgen.netlist.ir import Cell, Netlist
from lutgen.netlist.loadable import cut, tables
from lutgen.netlist.passes.triplicate import NAME as TMR
from lutgen.records.proof import EqualityRecord, MaskingRecord
from lutgen.records.synthesis import SynthesisRecord
from lutgen.verify.encoder import built_encoder, formula
from lutgen.verify.head import HeadProof, prove_head
from lutgen.verify.head_search import wanted_bits
from lutgen.verify.loading import require_loading
from lutgen.verify.readback import read_netlist
from lutgen.verify.sweep import Counterexample, Effort, Equivalence, prove_equal
from lutgen.verify.unroll import has_latency, unroll


@dataclass(frozen=True)
class Proof:
    """Two forms of a network compared for every input.

    Parameters
    ----------
    name : str
        The two forms: ``model = mapped netlist``.
    result : Equivalence
    seconds : float
    n_cycles : int
        0 if each output depends on one input vector; else the inputs of a counterexample are
        those of this many cycles before the present one, too.
    """

    name: str
    result: Equivalence
    seconds: float
    n_cycles: int = 0

    def __str__(self) -> str:
        return str(self.record)

    @property
    def record(self) -> EqualityRecord:
        """What it says, for a file."""
        result, found = self.result, self.result.counterexample
        return EqualityRecord(
            name=self.name,
            seconds=round(self.seconds, 3),
            n_cycles=self.n_cycles,
            n_outputs=result.n_outputs,
            n_proved=result.n_proved,
            n_points=result.n_points,
            n_points_proved=result.n_points_proved,
            ways=dict(result.ways),
            counterexample=None if found is None else found.record,
        )


def prove(
    name: str,
    first: Netlist,
    second: Netlist,
    *,
    latency: int | None = None,
    samples: Words | None = None,
    effort: Effort | None = None,
) -> Proof:
    """Prove that the second netlist answers as the first, after some cycles.

    Tables that are loaded are free: that the answers are equal, and what every table is asked,
    is proved whatever the tables answer, so for all their contents.

    Parameters
    ----------
    first : Netlist
        Registers are transparent here: it says what is computed, not when.
    latency : int, optional
        Cycles that the second netlist takes; by default as many as it says.
    samples : ndarray, optional
        See :func:`lutgen.verify.sweep.prove_equal`.
    """
    start = time.monotonic()
    wanted = second.latency if latency is None else latency
    n_cycles = 0
    if loaded := tables(first):
        _require_tables(name, loaded, second, wanted)
        shown = [cell.name for cell in tables(second)]
        first, second = cut(first, loaded, shown), cut(second, loaded, shown)
        samples = None
        name += ", whatever the tables hold"
    elif not has_latency(second, wanted):
        n_cycles = max(wanted, second.latency)
        first = unroll(first, n_cycles, wanted, transparent=True)
        second = unroll(second, n_cycles)
        samples = None
    result = prove_equal(first, second, samples, effort)
    return Proof(name, result, time.monotonic() - start, n_cycles)


def _require_tables(name: str, loaded: list[Cell], second: Netlist, latency: int) -> None:
    """Refuse loaded tables that are not those of the first netlist, and another latency.

    Raises
    ------
    MismatchError
        The message names the first table that is wrong.
    """
    wanted = {cell.name: (len(cell.inputs), cell.init) for cell in loaded}
    for cell in tables(second):
        if wanted.get(cell.name) != (len(cell.inputs), cell.init):
            raise MismatchError(
                f"{name}: table {cell.name} of {len(cell.inputs)} inputs is none of the model's, "
                "or holds something else at first"
            )
    if not has_latency(second, latency):
        raise MismatchError(f"{name}: not every path takes {latency} cycle(s)")


def _lowered(core: Core) -> Netlist:
    return lower(core.network, core.interface.formats, loadable=core.config.reloadable)


def reference(core: Core) -> Netlist:
    """Return the trained LUTs as the model has them, between the core's encoder and its head.

    It is the model if the head is: :func:`prove_model` proves that, too.
    """
    function = _lowered(core)
    if core.head is not None:
        function = compose(function, core.head.netlist)
    return repeated(function, core.interface.copies)


def repeated(netlist: Netlist, copies: int) -> Netlist:
    """Return a netlist whose outputs come out so many times, one after the other."""
    return replace(netlist, outputs=netlist.outputs * copies)


def prove_steps(core: Core, effort: Effort | None = None) -> Iterator[Proof]:
    """Prove every step from the model to the mapped netlist: the very netlists of the core.

    Raises
    ------
    MismatchError
        If a step does not begin where the one before ended, the first not with the model, or the
        last does not end with the core's netlist: then nothing would be proved of that.
    """
    before = _lowered(core)
    for step in core.steps:
        if step.before != before:
            raise MismatchError(f"{step.name}: the step does not begin where the one before ended")
        wanted = step.before
        if step.name == HEAD_STEP:
            assert core.head is not None
            wanted = compose(step.before, core.head.netlist)
        if step.name == TMR:
            wanted = repeated(step.before, core.interface.copies)
        yield prove(f"before {step.name} = after {step.name}", wanted, step.after, effort=effort)
        before = step.after
    if before != core.netlist:
        raise MismatchError("the last step does not end with the netlist of the core")


def prove_encoder(core: Core, effort: Effort | None = None) -> Iterator[Proof]:
    """Prove that the encoder in hardware is the formula, for every code; nothing if there is none.

    The formula is ``scale * code + offset >= threshold``, of each bit that the model uses; the
    proof takes nothing from what built the encoder, see :mod:`lutgen.verify.encoder`.
    """
    if core.interface.formats:
        is_code = core.network.encoder.kind == CODE
        name = f"{'bits of codes' if is_code else 'scale * code + offset >= threshold'} = encoder"
        yield prove(name, formula(core), built_encoder(core), effort=effort)


def prove_model(core: Core, effort: Effort | None = None) -> Iterator[Proof]:
    """Prove that a core's head, and its netlists before and after mapping, are the model."""
    if core.head is not None:
        yield prove_votes(core, core.head)
    model = reference(core)
    logic = repeated(core.logic, core.interface.copies)
    for name, netlist in (("netlist", logic), ("mapped netlist", core.netlist)):
        yield prove(f"model = {name}", model, netlist, effort=effort)


def prove_votes(core: Core, head: Head) -> Proof:
    """Prove that a head answers what the model does of its outputs.

    That is the class of the largest score, the lowest among equals, or the scores. The points of
    the result are counters and comparisons; a counterexample's inputs are the network's outputs.
    """
    start = time.monotonic()
    votes = core.interface.votes
    assert votes is not None, "a head where nothing votes"
    found = prove_head(head, votes)
    n_outputs = len(head.netlist.outputs)
    result = Equivalence(
        n_outputs=n_outputs,
        n_proved=n_outputs if found.proved else 0,
        n_points=found.n_counters + found.n_nodes,
        n_points_proved=found.n_counters_proved + found.n_nodes_proved,
        ways={"structure": found.n_counters_proved + found.n_nodes_proved},
        counterexample=_wrong_answer(head, votes, found),
    )
    return Proof("votes of the model = head", result, time.monotonic() - start)


def _wrong_answer(head: Head, votes: Votes, found: HeadProof) -> Counterexample | None:
    """Return the input of a refuted head as the first output bit that is wrong there."""
    bits = found.counterexample
    if bits is None:
        return None
    expected = wanted_bits(head, votes, bits[None, :])[0]
    seen = Bits(evaluate(head.netlist, Bits.from_dense(bits[None, :]).words), 1).to_dense()[0]
    output = int(np.flatnonzero(seen != expected)[0])
    point = found.failed[0] if found.failed else ""
    return Counterexample(bits, output, int(expected[output]), int(seen[output]), point)


def prove_verilog(
    core: Core, folder: Path, effort: Effort | None = None, *, verilog: str | None = None
) -> Proof:
    """Prove that a core's Verilog, as Yosys reads it, is the model and has the core's latency.

    Parameters
    ----------
    folder, verilog
        See :func:`verilog_netlist`.
    """
    return prove_netlist(core, "Verilog", verilog_netlist(core, folder, verilog=verilog), effort)


def prove_netlist(core: Core, name: str, netlist: Netlist, effort: Effort | None = None) -> Proof:
    """Prove that a netlist that was read back is the model and has the core's latency."""
    latency = core.netlist.latency
    return prove(f"model = {name}", reference(core), netlist, latency=latency, effort=effort)


def verilog_netlist(core: Core, folder: Path, *, verilog: str | None = None) -> Netlist:
    """Return a core's Verilog as Yosys reads it.

    Every register is read as the one kind that the core's reset and enable ask for; what is proved
    of it is what it answers while these are idle.

    Parameters
    ----------
    folder : Path
        Gets Yosys's files.
    verilog : str, optional
        Text to read in place of the core's own.
    """
    loaded = table_text(core)
    module = elaborate(
        core_verilog(core) if verilog is None else verilog,
        top=core.module,
        target=core.family.name if core.family.primitives else None,
        folder=folder,
        controls=not core.config.controls.is_plain,
        opaque=loaded.module if loaded else "",
    )
    if loaded:
        require_loading(module, loaded, core.config.controls.clock)
    return read_netlist(module, core.family, core.config.controls, loaded)


def prove_synthesised(
    core: Core, synthesis: SynthesisRecord, out_dir: Path, effort: Effort | None = None
) -> Proof:
    """Prove that what synthesis left is the model and has the core's latency.

    Parameters
    ----------
    synthesis, out_dir
        See :func:`synthesised_netlist`.
    """
    netlist = synthesised_netlist(core, synthesis, out_dir)
    return prove_netlist(core, after_synthesis(synthesis), netlist, effort)


def after_synthesis(synthesis: SynthesisRecord) -> str:
    """Return what to call a netlist that synthesis left."""
    return f"netlist after synthesis ({synthesis.mode})"


def synthesised_netlist(core: Core, synthesis: SynthesisRecord, out_dir: Path) -> Netlist:
    """Return what synthesis left.

    Parameters
    ----------
    out_dir : Path
        The folder that was given to :func:`lutgen.flow.yosys.synthesise`.

    Raises
    ------
    ConfigError
        If registers have a reset or an enable, or tables are loaded.
    """
    if core.interface.loading is not None:
        raise ConfigError(
            "what synthesis makes of tables that are loaded is simulated, not proved; the Verilog "
            "that goes in is proved"
        )
    controls = core.config.controls
    if core.has_registers and not controls.is_plain:
        raise ConfigError(
            "what synthesis makes of registers with reset or clock enable is simulated, not "
            "proved; prove the core without --reset and --enable, whose logic is the same"
        )
    path = netlist_file(out_dir, synthesis.mode).with_suffix(".json")
    return read_netlist(yosys_module(path, core.module), core.family, controls)


def require_proved(
    proofs: Iterable[Proof | EqualityRecord | MaskingRecord], *, allow_open: bool = False
) -> None:
    """Raise unless everything is proved.

    Parameters
    ----------
    allow_open : bool
        Let pass what is neither proved nor refuted.

    Raises
    ------
    MismatchError
        Its message has a clause for each proof that failed.
    """
    records = (proof.record if isinstance(proof, Proof) else proof for proof in proofs)
    failed = [
        str(record)
        for record in records
        if not record.proved and (record.counterexample or not allow_open)
    ]
    if failed:
        raise MismatchError("not proved: " + "; ".join(failed))
