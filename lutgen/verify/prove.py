"""Proof that each form of a network computes what the form before it does, for every input.

Model = netlist after every pass = mapped netlist = Verilog as Yosys reads it = what Yosys makes of
it. Registers are cut by time: where every path takes the stated number of cycles, each output is a
function of one input vector; where not, of the vectors of several cycles.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lutgen.emit.core import Core
from lutgen.errors import MismatchError
from lutgen.flow.elaborate import elaborate, yosys_module
from lutgen.flow.yosys import SynthResult, netlist_file
from lutgen.model import LutNetwork
from lutgen.netlist.evaluate import Words
from lutgen.netlist.ir import Netlist
from lutgen.netlist.lower import lower
from lutgen.netlist.passes.shrink import shrink
from lutgen.target.registry import get_family
from lutgen.verify.readback import read_netlist
from lutgen.verify.sweep import Effort, Equivalence, prove_equal
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
        result = self.result
        ways = ", ".join(f"{count} by {way}" for way, count in result.ways.items() if count)
        text = (
            f"{self.name}: {result.n_proved} of {result.n_outputs} outputs proved, "
            f"{result.n_open} open; {result.n_points_proved} of {result.n_points} LUTs of the same "
            f"name proved; nodes matched {ways or 'none'}; {self.seconds:.1f} s"
        )
        return text if result.counterexample is None else f"{text}; {self._difference()}"

    def _difference(self) -> str:
        found = self.result.counterexample
        assert found is not None
        where = f"; first differing LUT {found.point}" if found.point else ""
        history = f" (this and {self.n_cycles} cycle(s) before, highest)" if self.n_cycles else ""
        return (
            f"NOT EQUAL: y[{found.output}] is {found.seen}, expected {found.expected}, "
            f"for x = {found.hex}{history}{where}"
        )

    def to_json(self) -> dict[str, Any]:
        """Return the proof as plain JSON."""
        result = asdict(self.result)
        found = self.result.counterexample
        result["counterexample"] = found and {
            "x": found.hex,
            "output": found.output,
            "expected": found.expected,
            "seen": found.seen,
            "lut": found.point,
        }
        return {
            "name": self.name,
            "proved": self.result.proved,
            "n_open": self.result.n_open,
            "seconds": round(self.seconds, 3),
            "n_cycles": self.n_cycles,
            **result,
        }


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
    if not has_latency(second, wanted):
        n_cycles = max(wanted, second.latency)
        first = unroll(first, n_cycles, wanted, transparent=True)
        second = unroll(second, n_cycles)
        samples = None
    result = prove_equal(first, second, samples, effort)
    return Proof(name, result, time.monotonic() - start, n_cycles)


def prove_passes(network: LutNetwork, core: Core, effort: Effort | None = None) -> Iterator[Proof]:
    """Prove every pass from the model to the mapped netlist, one after the other."""
    before = lower(network)
    steps: list[tuple[str, Netlist]] = []
    shrink(before, watch=lambda name, netlist: steps.append((name, netlist)))
    if core.pipeline or core.logic.latency:
        steps.append(("pipeline", core.logic))
    steps.append(("mapping", core.netlist))
    for name, after in steps:
        yield prove(f"before {name} = after {name}", before, after, effort=effort)
        before = after


def prove_model(network: LutNetwork, core: Core, effort: Effort | None = None) -> Iterator[Proof]:
    """Prove that the netlists of a core, before and after mapping, are the model."""
    model = lower(network)
    for name, netlist in (("netlist", core.logic), ("mapped netlist", core.netlist)):
        yield prove(f"model = {name}", model, netlist, effort=effort)


def prove_verilog(
    network: LutNetwork, core: Core, folder: Path, effort: Effort | None = None
) -> Proof:
    """Prove that a core's Verilog, as Yosys reads it, is the model and has the core's latency.

    Parameters
    ----------
    folder : Path
        Gets Yosys's files.
    """
    family = get_family(core.target)
    module = elaborate(
        core.verilog,
        top=core.module,
        target=core.target if family.primitives else None,
        folder=folder,
    )
    netlist = read_netlist(module, family)
    return prove(
        "model = Verilog", lower(network), netlist, latency=core.netlist.latency, effort=effort
    )


def prove_synthesised(
    network: LutNetwork,
    core: Core,
    synthesis: SynthResult,
    out_dir: Path,
    effort: Effort | None = None,
) -> Proof:
    """Prove that what synthesis left is the model and has the core's latency.

    Parameters
    ----------
    out_dir : Path
        The folder that was given to :func:`lutgen.flow.yosys.synthesise`.
    """
    path = netlist_file(out_dir, synthesis.mode).with_suffix(".json")
    netlist = read_netlist(yosys_module(path, core.module), get_family(core.target))
    name = f"model = netlist after synthesis ({synthesis.mode})"
    return prove(name, lower(network), netlist, latency=core.netlist.latency, effort=effort)


def require_proved(proofs: list[Proof], *, allow_open: bool = False) -> None:
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
    failed = [
        str(proof)
        for proof in proofs
        if not proof.result.proved and (proof.result.counterexample or not allow_open)
    ]
    if failed:
        raise MismatchError("not proved: " + "; ".join(failed))
