"""The way from a model to its hardware in one call, every step of it kept."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace

from lutgen.chips.chip import Chip, chip_delays, get_chip
from lutgen.chips.delay import DelayModel, has_delays
from lutgen.chips.family import Family
from lutgen.chips.tables import STYLES
from lutgen.core.config import CoreConfig
from lutgen.core.interface import Interface
from lutgen.core.lower import lower
from lutgen.core.ports import Ports, category_lines
from lutgen.errors import ConfigError
from lutgen.model import LutNetwork
from lutgen.netlist.check import check
from lutgen.netlist.compose import compose
from lutgen.netlist.head import Head, Resources, build_head
from lutgen.netlist.ir import LUT, REGISTER, Cell, Netlist
from lutgen.netlist.loadable import TABLE, cut, join, tables
from lutgen.netlist.passes import triplicate
from lutgen.netlist.passes.cover import MAX_FAN_IN, cover
from lutgen.netlist.passes.pipeline import arrivals, pipeline_to_delay, shortest_path_ns
from lutgen.netlist.passes.pipeline import pipeline as insert_registers
from lutgen.netlist.passes.prune import prune
from lutgen.netlist.passes.shrink import shrink
from lutgen.netlist.passes.stats import PassStats, measure
from lutgen.text import in_comment
from lutgen.version import __version__

HEAD_STEP, MAPPING = "head", "mapping"


@dataclass(frozen=True)
class Timing:
    """What was asked of the clock frequency, and what the delay model expects.

    Parameters
    ----------
    target_mhz : float
        Frequency asked for; 0 if none was.
    estimated_mhz : float
        Frequency expected between registers, those around the core included: estimated, not routed.
    levels : int
        LUTs of the chip between registers, at most.
    grade : str
        Speed grade.
    source : str
        What the delay model is from.
    latency_ns : float
        From a sample to its answer: the clock cycles at the frequency asked for, or else at the one
        expected; of a core without registers, the longest path.
    error_percent : float
        Largest error of the clock period where the delay model was checked; 0 in files of before.
    """

    target_mhz: float
    estimated_mhz: float
    levels: int
    grade: str
    source: str
    latency_ns: float = 0.0
    error_percent: float = 0.0

    def __str__(self) -> str:
        asked = f" ({self.target_mhz:g} MHz asked for)" if self.target_mhz else ""
        return (
            f"{self.estimated_mhz:.1f} MHz estimated for {self.grade}{asked}, not routed, at most "
            f"{self.levels} LUT(s) between registers; model: {self.source}{self.checked}"
        )

    @property
    def checked(self) -> str:
        """How far off the model was where it was checked, in words."""
        off = self.error_percent
        return f"; at most {off:g} % off where it was checked" if off else ""


@dataclass(frozen=True, eq=False)
class Step:
    """A step from the model to the mapped netlist.

    Parameters
    ----------
    name : str
        A pass, ``head``, ``pipeline``, ``mapping`` or ``tmr``.
    before, after : Netlist
        The netlist that went in, and what came out. They compute the same, but for ``head``: there
        the outputs before are the inputs of the head after; and for ``tmr``, which may give the
        outputs three times.
    stats : PassStats
        What changed, in numbers.
    """

    name: str
    before: Netlist
    after: Netlist
    stats: PassStats


@dataclass(frozen=True, eq=False)
class Core:
    """The hardware made of one model.

    Parameters
    ----------
    network : LutNetwork
        The model.
    config : CoreConfig
        What was asked for.
    interface : Interface
        What goes in and what comes out.
    family : Family
        What the netlist is mapped onto.
    steps : tuple of Step
        How it came about: what comes out of one goes into the next; before the first stands
        :attr:`source`, after the last `netlist`.
    head : Head or None
        What makes the answer of the network's outputs, if anything has to.
    netlist : Netlist
        The mapped netlist.
    timing : Timing or None
        Clock frequency and latency, as far as there is a delay model of the chip.
    """

    network: LutNetwork
    config: CoreConfig
    interface: Interface
    family: Family
    steps: tuple[Step, ...]
    head: Head | None
    netlist: Netlist
    timing: Timing | None = None

    @property
    def module(self) -> str:
        """Name of the hardware's module."""
        return self.config.module

    @property
    def has_registers(self) -> bool:
        """Whether it has registers, tables that are loaded not counted."""
        return self.netlist.count(REGISTER) > 0

    @property
    def has_clock(self) -> bool:
        """Whether it has a clock: of registers, or of tables that are loaded."""
        return self.has_registers or self.interface.loading is not None

    @property
    def held(self) -> dict[str, int]:
        """What ports beside clock, ``x`` and ``y`` are in ordinary work."""
        loading = self.interface.loading
        loads = dict.fromkeys(loading.ports, 0) if loading else {}
        return (self.config.controls.idle if self.has_registers else {}) | loads

    @property
    def source(self) -> Netlist:
        """The model as it was lowered, encoder in front if it is in hardware, without the head."""
        return self.steps[0].before

    @property
    def logic(self) -> Netlist:
        """The netlist before mapping: k-LUTs and registers, one of each.

        With a frequency aimed at, whose registers stand between the primitives, it is the netlist
        without their names.
        """
        if self.config.fmax_target_mhz:
            copied = (step.before for step in self.steps if step.name == triplicate.NAME)
            return without_primitives(next(copied, self.netlist))
        return next(step.before for step in self.steps if step.name == MAPPING)

    @property
    def passes(self) -> tuple[PassStats, ...]:
        """What the passes did, the mapping and the head left out."""
        return tuple(step.stats for step in self.steps if step.name not in (HEAD_STEP, MAPPING))

    @property
    def header(self) -> tuple[str, ...]:
        """What to say at the top of every form: what it is, of which model, what its bits mean."""
        x, y = self.interface.describe()
        lines = [
            f"{self.module}: a learnt network of lookup tables, written by lutgen {__version__}",
            f"model    sha256 {self.network.digest}",
            f"identity sha256 {self.interface.core_id}",
            f"input    {x}",
            f"answer   {y}",
            *Ports.of(self.interface).header(),
            *category_lines(self.network.categories),
        ]
        lines[4:4] = [f"  {line}" for line in self.interface.describe_features()]
        if self.config.pipeline:
            every = self.config.pipeline
            lines.append(f"pipeline a register after every {every} level(s) of k-LUTs")
        if self.timing and self.config.fmax_target_mhz:
            lines.append(f"fmax     {self.timing}")
        if self.config.tmr != triplicate.NONE:
            lines.append(f"tmr      three copies {triplicate.KINDS[self.config.tmr]}, with voters")
        if self.has_clock:
            for name, told in self.config.controls.describe()[1:]:
                lines.append(f"{name:8} {told}")
        if (loading := self.interface.loading) is not None:
            n_tables = len(loading.fan_ins)
            lines.append(f"structure sha256 {self.network.structure_digest}")
            lines.append(
                f"loaded   {n_tables} tables, {loading.n_bits} bits: {STYLES[loading.style]}; "
                f"at first those of the model, CRC-32 {self.interface.contents:08x}"
            )
        return tuple(in_comment(line) for line in lines)


@contextmanager
def without_collecting() -> Iterator[None]:
    """Let no garbage be looked for: cells make no cycles, and millions of them are walked along."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


@without_collecting()
def make_core(network: LutNetwork, config: CoreConfig | None = None) -> Core:
    """Make the hardware of a model: lower, shrink, add the head, pipeline, map, copy, check.

    Parameters
    ----------
    network : LutNetwork
        The model.
    config : CoreConfig, optional
        What the core is to be; by default portable, without registers, encoded bits in.

    Raises
    ------
    ConfigError
        If there is no such chip, the network's answer does not go with what was asked for, or the
        frequency is out of reach.
    """
    config = config or CoreConfig()
    chip = get_chip(config.chip)
    family = chip.family
    interface = Interface.of(network, config)
    delays = chip_delays(chip) if config.fmax_target_mhz else None
    if config.reloadable and network.encoder.window is not None:
        raise ConfigError(
            "tables of a model of windows of a series cannot be loaded; leave --reloadable out"
        )
    making = _Making(lower(network, interface.formats, loadable=config.reloadable))
    making.shrink(dont_cares=config.dont_cares)
    if not config.reloadable:
        making.cover(family)
    head = making.add_head(interface, family)
    if config.pipeline:
        making.apply(insert_registers(making.netlist, config.pipeline))
    mapped = _apart(making.netlist, family.map)
    making.apply((mapped, measure(MAPPING, making.netlist, mapped, 0)))
    if delays:
        making.apply(_reach(mapped, family, delays, config))
    if config.tmr != triplicate.NONE:
        making.apply(_triplicated(making.netlist, family, config))
    check(making.netlist)
    return Core(
        network=network,
        config=config,
        interface=interface,
        family=family,
        steps=tuple(making.steps),
        head=head,
        netlist=making.netlist,
        timing=None if config.reloadable else _timing(making.netlist, chip, config.fmax_target_mhz),
    )


class _Making:
    """The netlist as it is by now, and the steps up to it."""

    def __init__(self, netlist: Netlist) -> None:
        self.netlist = netlist
        self.steps: list[Step] = []

    def apply(self, result: tuple[Netlist, PassStats]) -> None:
        """Take the result of a step."""
        after, stats = result
        self.steps.append(Step(stats.name, self.netlist, after, stats))
        self.netlist = after

    def shrink(self, *, dont_cares: bool) -> None:
        """Run the passes that make the netlist smaller, each of them a step."""
        for result in _shrunk(self.netlist, dont_cares=dont_cares):
            self.apply(result)

    def cover(self, family: Family) -> None:
        """Let LUTs of the chip's size take the place of smaller ones, where that takes fewer."""
        for result in _smallest_cover(self.netlist, family):
            self.apply(result)

    def add_head(self, interface: Interface, family: Family) -> Head | None:
        """Put the head behind the network's outputs, if one is needed."""
        votes = interface.votes
        if votes is None:
            return None
        head = build_head(
            votes,
            head_resources(family),
            answer=interface.answer,
            with_scores=interface.scores,
        )
        after = compose(self.netlist, head.netlist)
        self.apply((after, measure(HEAD_STEP, self.netlist, after, len(head.netlist.cells))))
        pruned = prune(self.netlist)
        if pruned[1].changes:  # of bits that add the same to every score, the head reads none
            self.apply(pruned)
        return head


def _shrunk(netlist: Netlist, *, dont_cares: bool) -> list[tuple[Netlist, PassStats]]:
    """Return what each pass made that makes a netlist smaller, and its statistics.

    Tables that are loaded are taken out: what the passes find holds for all their contents.
    """
    order = tables(netlist)
    rest = cut(netlist, order) if order else netlist
    seen: list[Netlist] = []
    _, passes = shrink(rest, dont_cares=dont_cares, watch=lambda _, made: seen.append(made))
    if order:
        seen = [join(made, order) for made in seen]
    return list(zip(seen, passes, strict=True))


def _apart(netlist: Netlist, change: Callable[[Netlist], Netlist]) -> Netlist:
    """Return a netlist changed, tables that are loaded left as they are."""
    order = tables(netlist)
    return join(change(cut(netlist, order)), order) if order else change(netlist)


def _smallest_cover(netlist: Netlist, family: Family) -> list[tuple[Netlist, PassStats]]:
    """Return the steps to the cover that takes the fewest LUTs, then levels, once it is mapped.

    None if most LUTs have as many inputs as the chip's, or the mapping alone does as well. No cover
    is deeper than what the mapping alone makes.
    """
    if family.fabric is None:
        return []
    k = min(family.fabric.leaf, MAX_FAN_IN)
    fan_ins = [len(cell.inputs) for cell in netlist.cells if cell.kind == LUT]
    if 2 * sum(fan_in < k for fan_in in fan_ins) <= len(fan_ins):
        return []
    mapped = family.try_map(netlist)
    best: list[tuple[Netlist, PassStats]] = []
    max_depth = mapped.depth
    all_costs = family.fabric.costs(k)
    with ThreadPoolExecutor(len(all_costs)) as pool:  # compiled code: as many processors as tries
        covers = pool.map(lambda costs: cover(netlist, k, max_depth=max_depth, costs=costs),
                          all_costs)  # fmt: skip
        tried_covers = list(covers)
    for covered in tried_covers:
        results = [covered, *_shrunk(covered[0], dont_cares=False)]
        tried = family.try_map(results[-1][0])
        better = (tried.count(LUT), tried.depth) < (mapped.count(LUT), mapped.depth)
        if better and tried.depth <= max_depth:
            best, mapped = results, tried
    return best


def head_resources(family: Family) -> Resources:
    """Return what a family offers to a head."""
    luts = [part for part in family.primitives.values() if part.init and not part.clock]
    return Resources(
        lut_inputs=max([len(part.inputs) for part in luts], default=6),
        pairs=any(part.is_part for part in luts),
        chain=family.carry if family.carry and family.carry.wide else None,
        map=family.try_map,
    )


def _triplicated(netlist: Netlist, family: Family, config: CoreConfig) -> tuple[Netlist, PassStats]:
    """Make three copies of what is asked for, voters as LUTs of the chip."""
    if config.tmr == triplicate.ALL and family.fabric is None:
        raise ConfigError(
            f"chip family {family.name} has no LUT primitives, and tools merge copies of truth "
            "tables that are text; for --tmr all name a chip with --chip, or take --tmr registers"
        )
    return triplicate.triplicate(
        netlist, config.tmr, outputs=config.tmr_outputs, realise=family.realise
    )


def _reach(
    netlist: Netlist, family: Family, delays: DelayModel, config: CoreConfig
) -> tuple[Netlist, PassStats]:
    """Put registers into a mapped netlist for a clock frequency.

    Voters behind registers take the time of a LUT in each stage.
    """
    fmax_mhz, delays = config.fmax_target_mhz, delays.of(netlist)
    voter_ns = 0.0
    if config.tmr == triplicate.REGISTERS:
        voter_ns = delays.cell_ns(Cell(LUT, (), triplicate.MAJORITY, "", 0))
    best_mhz = delays.fmax_mhz(shortest_path_ns(netlist, delays.cell_ns) + voter_ns)
    if fmax_mhz > best_mhz:
        raise ConfigError(
            f"an Fmax of {fmax_mhz:g} MHz is out of reach on {family.name} {delays.grade}: with a "
            f"register after every LUT the delay model expects {best_mhz:.1f} MHz"
            f"{', where the clock tree ends' if best_mhz == delays.max_mhz else ''} "
            f"({delays.source})"
        )
    register = next(part.name for part in family.primitives.values() if part.clock)
    budget_ns = delays.budget_ns(fmax_mhz) - voter_ns
    return pipeline_to_delay(netlist, delays.cell_ns, budget_ns, register=register)


def _timing(netlist: Netlist, chip: Chip, target_mhz: float) -> Timing | None:
    """Return what the chip's delay model expects of a mapped netlist; None if there is none."""
    if not has_delays(chip.family.name, chip.device.name if chip.device else ""):
        return None
    delays = chip_delays(chip).of(netlist)
    path_ns = max(arrivals(netlist, delays.cell_ns))
    estimated_mhz = round(delays.fmax_mhz(path_ns), 1)
    latency_ns = netlist.latency * 1000 / (target_mhz or estimated_mhz)
    return Timing(
        target_mhz=target_mhz,
        estimated_mhz=estimated_mhz,
        levels=netlist.depth,
        grade=delays.grade,
        source=delays.source,
        latency_ns=round(latency_ns if netlist.latency else path_ns, 2),
        error_percent=delays.error_percent,
    )


def without_primitives(netlist: Netlist) -> Netlist:
    """Return a mapped netlist as plain LUTs and registers, and tables that are loaded."""
    cells = tuple(
        cell if cell.primitive == TABLE else cell.but(primitive="", hard=False, site="")
        for cell in netlist.cells
    )
    return replace(netlist, cells=cells)
