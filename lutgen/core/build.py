"""The way from a model to its hardware in one call."""

from __future__ import annotations

from dataclasses import dataclass, replace

from lutgen import __version__
from lutgen.chips.delay import DelayModel, get_delay_model
from lutgen.chips.family import Family
from lutgen.chips.registry import get_family
from lutgen.core.interface import Ports
from lutgen.core.lower import lower
from lutgen.emit.verilog import check_module_name, emit_verilog
from lutgen.errors import ConfigError
from lutgen.model import Argmax, LutNetwork
from lutgen.netlist.check import check
from lutgen.netlist.compose import compose
from lutgen.netlist.head import Head, Resources, Votes, build_head
from lutgen.netlist.ir import Netlist
from lutgen.netlist.passes.pipeline import arrivals, pipeline_to_delay, shortest_path_ns
from lutgen.netlist.passes.pipeline import pipeline as insert_registers
from lutgen.netlist.passes.shrink import shrink
from lutgen.netlist.passes.stats import PassStats


@dataclass(frozen=True)
class Timing:
    """What was asked of the clock frequency, and what the delay model expects.

    Parameters
    ----------
    target_mhz : float
        Frequency asked for.
    estimated_mhz : float
        Frequency expected between registers, a fit to place and route of other cores.
    levels : int
        LUTs of the chip between registers, at most.
    grade : str
        Speed grade.
    source : str
        What the delay model was measured with.
    """

    target_mhz: float
    estimated_mhz: float
    levels: int
    grade: str
    source: str

    def __str__(self) -> str:
        return (
            f"{self.estimated_mhz:.1f} MHz estimated for {self.grade} ({self.target_mhz:g} MHz "
            f"asked for), at most {self.levels} LUT(s) between registers; model: {self.source}"
        )


@dataclass(frozen=True)
class Core:
    """Everything that later stages need of the hardware made from one model.

    Parameters
    ----------
    digest : str
        Digest of the model.
    target : str
        Name of the family.
    module : str
        Name of the Verilog module.
    ports : Ports
        What goes in and what comes out.
    pipeline : int
        LUT levels between registers; 0 for none.
    function : Netlist
        Encoder and trained LUTs, simplified; its outputs are those of the network.
    head : Head or None
        What makes the answer of them, if anything has to.
    logic : Netlist
        Both of them, pipelined, before mapping; with a `timing`, whose registers stand between
        the primitives, it is `netlist` without their names.
    netlist : Netlist
        The same, mapped onto the family.
    header : tuple of str
        What to say at the top of every form: what it is, of which model.
    verilog : str
        Text of the module.
    passes : tuple of PassStats
        What the passes did, in the order in which they ran.
    timing : Timing or None
        Clock frequency, if one was aimed at.
    """

    digest: str
    target: str
    module: str
    ports: Ports
    pipeline: int
    function: Netlist
    head: Head | None
    logic: Netlist
    netlist: Netlist
    header: tuple[str, ...]
    verilog: str
    passes: tuple[PassStats, ...]
    timing: Timing | None = None


def build_core(
    network: LutNetwork,
    *,
    target: str = "generic",
    pipeline: int = 0,
    fmax_target_mhz: float = 0,
    grade: str = "",
    module: str = "lutgen_core",
    input_bits: int = 0,
    one_hot: bool = False,
    dont_cares: bool = True,
) -> Core:
    """Make the hardware of a model: lower, shrink, add the head, pipeline, map, check, write.

    Parameters
    ----------
    network : LutNetwork
        The model.
    target : str
        Name of a family, see :func:`lutgen.chips.registry.get_family`.
    pipeline : int
        Put registers after every so many levels of k-LUTs; 0 for none.
    fmax_target_mhz : float
        Put registers between the primitives such that the delay model expects this clock
        frequency, as few stages as do; 0 for not. An alternative to `pipeline`.
    grade : str
        Speed grade, or device, that the frequency is for; by default the family's first.
    module : str
        Name of the Verilog module.
    input_bits : int
        Bits of each feature, to have the encoder in hardware; 0: encoded bits come in. See
        :class:`lutgen.core.interface.Ports`.
    one_hot : bool
        Answer with one bit a class instead of the class number.
    dont_cares : bool
        Use table entries that no input reaches, or that no output shows; the function is the same.

    Raises
    ------
    ConfigError
        If the target does not exist, the pipeline is negative, the module's name is illegal, the
        input bits are out of range, or the frequency is out of reach.
    """
    _check_pipeline(pipeline, fmax_target_mhz)
    family = get_family(target)
    check_module_name(module)
    ports = Ports(input_bits, one_hot)
    function, passes = shrink(lower(network, input_bits), dont_cares=dont_cares)
    head = None
    logic = function
    if one_hot or not network.is_class_number:
        assert isinstance(network.head, Argmax)
        votes = Votes(network.head.weights, network.head.bias)
        head = build_head(votes, resources=head_resources(family), one_hot=one_hot)
        logic = compose(function, head.netlist)
    if pipeline:
        logic, stats = insert_registers(logic, pipeline)
        passes = (*passes, stats)
    delays = get_delay_model(target, grade) if fmax_target_mhz or grade else None
    netlist = family.map(logic)
    timing = None
    if delays and fmax_target_mhz:
        netlist, stats, timing = _reach(netlist, family, delays, fmax_target_mhz)
        passes = (*passes, stats)
        logic = without_primitives(netlist)
    check(netlist)
    header = [
        f"{module}: a learnt network of lookup tables, written by lutgen {__version__}",
        f"model    sha256 {network.digest}",
        *map("{:8} {}".format, ("input", "answer"), ports.describe(network)),
    ]
    if pipeline:
        header.append(f"pipeline a register after every {pipeline} level(s) of k-LUTs")
    if timing:
        header.append(f"fmax     {timing}")
    verilog = emit_verilog(netlist, family, module=module, header=header)
    return Core(
        digest=network.digest,
        target=target,
        module=module,
        ports=ports,
        pipeline=pipeline,
        function=function,
        head=head,
        logic=logic,
        netlist=netlist,
        header=tuple(header),
        verilog=verilog,
        passes=passes,
        timing=timing,
    )


def head_resources(family: Family) -> Resources:
    """Return what a family offers to a head."""
    luts = [part for part in family.primitives.values() if part.init and not part.clock]
    return Resources(
        lut_inputs=max([len(part.inputs) for part in luts], default=6),
        pairs=any(part.is_part for part in luts),
        chain=family.carry if family.carry and family.carry.wide else None,
        map=family.map,
    )


def _check_pipeline(pipeline: int, fmax_target_mhz: float) -> None:
    if pipeline < 0:
        raise ConfigError(
            f"pipeline must be 0 (no registers) or the LUT levels between registers, got {pipeline}"
        )
    if not 0 <= fmax_target_mhz < float("inf"):
        raise ConfigError(f"the Fmax aimed at must be a positive frequency, got {fmax_target_mhz}")
    if pipeline and fmax_target_mhz:
        raise ConfigError(
            f"a pipeline of {pipeline} level(s) and an Fmax of {fmax_target_mhz:g} MHz were both "
            "asked for; the one follows from the other, give one of them"
        )


def _reach(
    netlist: Netlist, family: Family, delays: DelayModel, fmax_mhz: float
) -> tuple[Netlist, PassStats, Timing]:
    """Put registers into a mapped netlist for a clock frequency."""
    delays = delays.of(netlist)
    best_mhz = delays.fmax_mhz(shortest_path_ns(netlist, delays.cell_ns))
    if fmax_mhz > best_mhz:
        raise ConfigError(
            f"an Fmax of {fmax_mhz:g} MHz is out of reach on {family.name} {delays.grade}: with a "
            f"register after every LUT the delay model expects {best_mhz:.1f} MHz "
            f"({delays.source})"
        )
    register = next(part.name for part in family.primitives.values() if part.clock)
    piped, stats = pipeline_to_delay(
        netlist, delays.cell_ns, delays.budget_ns(fmax_mhz), register=register
    )
    estimated_mhz = delays.fmax_mhz(max(arrivals(piped, delays.cell_ns)))
    timing = Timing(fmax_mhz, round(estimated_mhz, 1), piped.depth, delays.grade, delays.source)
    return piped, stats, timing


def without_primitives(netlist: Netlist) -> Netlist:
    """Return a mapped netlist as plain LUTs and registers."""
    cells = tuple(replace(cell, primitive="", hard=False, site="") for cell in netlist.cells)
    return replace(netlist, cells=cells)
