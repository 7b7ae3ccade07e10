"""Mutation score: random faults, one at a time, and which of the checks catches each.

In a core with three copies most faults are outvoted: no output shows them, and the proof of
equality has nothing to say. But the proof that single flips do not show fails, as two copies are
left where there were three. Such faults are *masked*.

A fault is caught by samples if an output of the faulty netlist differs from the model's on one of
them. The netlist's interpreter decides that, clock cycle by clock cycle, as a simulator would take
hours for hundreds of faults; a few go through the simulator as well to see that the two agree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lutgen.bits import Bits
from lutgen.core import Core
from lutgen.emit.verilog import emit_verilog
from lutgen.errors import ConfigError
from lutgen.netlist.evaluate import evaluate
from lutgen.netlist.ir import FIRST_INPUT, LUT, REGISTER, Netlist
from lutgen.netlist.passes.triplicate import ALL, NONE
from lutgen.records.mutation import FaultCounts
from lutgen.verify.compare import check_rtl
from lutgen.verify.masking import keeps_masking
from lutgen.verify.mutate import (
    drop_register,
    first_on_pin,
    flip_init_bit,
    invert,
    rewire,
    swap_wires,
)
from lutgen.verify.prove import Proof, prove
from lutgen.verify.sweep import Effort
from lutgen.verify.unroll import has_latency, look_back, unroll

INIT_BIT = "INIT bit flipped"
SWAP = "wires swapped"
REWIRE = "wire moved"
MUX_SWAP = "multiplexer's inputs swapped"
CARRY_MOVE = "carry's data moved"
DROP = "register dropped"
FLIP = "register flipped"
KINDS = (INIT_BIT, SWAP, REWIRE, MUX_SWAP, CARRY_MOVE, DROP, FLIP)


@dataclass(frozen=True, eq=False)
class Fault:
    """A planted fault: what kind, where, and the netlist that has it."""

    kind: str
    description: str
    netlist: Netlist


@dataclass(frozen=True, eq=False)
class Mutation:
    """What the checks say of a fault.

    Parameters
    ----------
    n_wrong, n_wrong_random : int
        Test samples, and random vectors, on which the output is wrong.
    proof : Proof
        Faultless = faulty netlist: refuted, proved (the fault changes no function), or open.
    masked : bool
        Whether it changes no function for the only reason that voters outvote it.
    """

    fault: Fault
    n_wrong: int
    n_wrong_random: int
    proof: Proof
    masked: bool = False

    @property
    def harmless(self) -> bool:
        """Whether the fault is proved to change nothing, at any input, redundancy included."""
        return self.proof.result.proved and not self.masked

    @property
    def refuted(self) -> bool:
        """Whether the proof has a counterexample."""
        return self.proof.result.counterexample is not None

    @property
    def is_open(self) -> bool:
        """Whether nothing is known of the fault."""
        return not (self.harmless or self.masked or self.refuted)


@dataclass(frozen=True)
class MutationScore:
    """All faults; `n_samples` test samples and as many random vectors were tried on each."""

    mutations: tuple[Mutation, ...]
    n_samples: int

    @property
    def caught_by_samples(self) -> list[Mutation]:
        """Faults that test samples show."""
        return [mutation for mutation in self.mutations if mutation.n_wrong]

    @property
    def open(self) -> list[Mutation]:
        """Faults that are neither refuted nor proved harmless."""
        return [m for m in self.mutations if m.is_open]

    def counts(self, kind: str | None = None) -> FaultCounts:
        """Return how many faults of a kind, or of all, each check catches."""
        some = [m for m in self.mutations if kind in (None, m.fault.kind)]
        return FaultCounts(
            planted=len(some),
            samples=sum(m.n_wrong > 0 for m in some),
            random=sum(m.n_wrong_random > 0 for m in some),
            proof=sum(m.refuted for m in some),
            harmless=sum(m.harmless for m in some),
            open=sum(m.is_open for m in some),
            masked=sum(m.masked for m in some),
        )


def score(
    core: Core,
    bits: Bits,
    n_faults: int,
    seed: int,
    effort: Effort | None = None,
    *,
    progress: Callable[[int, int], None] | None = None,
) -> MutationScore:
    """Plant faults in a core's mapped netlist, one at a time, and try every check on each.

    Raises
    ------
    ConfigError
        If the netlist has no cell to plant a fault in.
    """
    rng = np.random.default_rng(seed)
    shape = (bits.n_samples, core.netlist.n_inputs)
    noise = Bits.from_dense(rng.integers(0, 2, size=shape, dtype=np.uint8))
    latency = core.netlist.latency
    answers = [core.interface.answers(samples) for samples in (bits, noise)]
    done = []
    for number in range(n_faults):
        fault = plant(core.netlist, rng)
        n_wrong, n_wrong_random = (
            count_wrong(fault.netlist, latency, samples, expected)
            for samples, expected in zip((bits, noise), answers, strict=True)
        )
        name = f"netlist = netlist with {fault.description}"
        proof = prove(name, core.netlist, fault.netlist, latency=latency, effort=effort)
        visible = n_wrong or n_wrong_random
        assert not (proof.result.proved and visible), f"{fault.description}: proved, yet seen"
        masked = proof.result.proved and not _whole(core, fault.netlist)
        done.append(Mutation(fault, n_wrong, n_wrong_random, proof, masked))
        if progress:
            progress(number + 1, n_faults)
    return MutationScore(tuple(done), bits.n_samples)


def _whole(core: Core, netlist: Netlist) -> bool:
    """Return whether what has three copies in a core still has them in a netlist made of its."""
    return core.config.tmr == NONE or keeps_masking(
        netlist, luts=core.config.tmr == ALL, copies=core.interface.copies
    )


def plant(netlist: Netlist, rng: np.random.Generator) -> Fault:
    """Plant one fault: a kind that the netlist allows, then a place, each equally likely.

    Raises
    ------
    ConfigError
        If no kind fits.
    """
    places = _places(netlist)
    kinds = [kind for kind in KINDS if places[kind]]
    if not kinds:
        raise ConfigError("the netlist has no cells to plant faults in")
    kind = kinds[int(rng.integers(len(kinds)))]
    place = places[kind][int(rng.integers(len(places[kind])))]
    cell = netlist.cells[place]
    k = len(cell.inputs)
    if kind == INIT_BIT:
        entry = int(rng.integers(1 << k))
        return Fault(
            kind, f"bit {entry} of {cell.name} flipped", flip_init_bit(netlist, place, entry)
        )
    if kind == SWAP:
        a, b = _different_inputs(cell.inputs, rng)
        text = f"inputs {a} and {b} of {cell.name} swapped"
        return Fault(kind, text, swap_wires(netlist, place, a, b))
    if kind in (REWIRE, CARRY_MOVE):
        wire = 0 if kind == CARRY_MOVE else int(rng.integers(k))
        first = first_on_pin(netlist, place, wire)
        net = int(rng.integers(FIRST_INPUT, netlist.first_cell + first))
        text = f"input {wire} of {cell.name} moved to {netlist.net_name(net)}"
        return Fault(kind, text, rewire(netlist, place, wire, net))
    if kind == MUX_SWAP:
        text = f"data inputs of multiplexer {cell.name} swapped"
        return Fault(kind, text, swap_wires(netlist, place, 0, 1))
    if kind == FLIP:
        return Fault(kind, f"register {cell.name} flipped", invert(netlist, place))
    return Fault(kind, f"register {cell.name} dropped", drop_register(netlist, place))


def _places(netlist: Netlist) -> dict[str, list[int]]:
    cells = list(enumerate(netlist.cells))
    luts = [(i, cell) for i, cell in cells if cell.kind == LUT and not cell.hard]
    return {
        INIT_BIT: [i for i, _ in luts],
        SWAP: [i for i, cell in luts if len(set(cell.inputs)) > 1],
        REWIRE: [i for i, _ in luts],
        MUX_SWAP: [i for i, cell in cells if cell.hard and not cell.site],
        CARRY_MOVE: [i for i, cell in cells if cell.hard and cell.site and len(cell.inputs) == 3],
        DROP: [i for i, cell in cells if cell.kind == REGISTER],
        FLIP: [i for i, cell in cells if cell.kind == REGISTER],
    }


def _different_inputs(inputs: tuple[int, ...], rng: np.random.Generator) -> tuple[int, int]:
    pairs = [(a, b) for b in range(len(inputs)) for a in range(b) if inputs[a] != inputs[b]]
    return pairs[int(rng.integers(len(pairs)))]


def count_wrong(netlist: Netlist, latency: int, bits: Bits, expected: Bits) -> int:
    """Stream samples through a netlist, one a cycle, and count the wrong answers."""
    if has_latency(netlist, latency):
        seen = Bits(evaluate(netlist, bits.words), bits.n_samples).to_dense()
        return int((seen != expected.to_dense()).any(axis=1).sum())
    n_cycles = max(latency, netlist.latency)
    now = evaluate(unroll(netlist, n_cycles), look_back(bits, n_cycles))
    seen = Bits(now, bits.n_samples).to_dense()[n_cycles:]
    due = expected.to_dense()[n_cycles - latency : bits.n_samples - latency]
    return int((seen != due).any(axis=1).sum())


def simulate_mutant(core: Core, mutation: Mutation, bits: Bits, folder: Path) -> bool:
    """Run a fault's Verilog through the simulator; return whether it agrees.

    It has to find as many wrong answers as the interpreter; where the fault upsets the latency,
    any at all, as the ends of the two streams differ.
    """
    verilog = emit_verilog(
        mutation.fault.netlist,
        core.family,
        module=core.module,
        controls=core.config.controls,
    )
    check = check_rtl(core, bits, folder, verilog=verilog)
    n_wrong = check.n_samples - check.n_equal
    return n_wrong > 0 if mutation.proof.n_cycles else n_wrong == mutation.n_wrong
