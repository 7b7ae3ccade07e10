"""Bit flips in the field: what each bit of configuration, and each register, does to the answers.

A sample goes straight through a core, so a flip can be looked at sample by sample. Let a cell put
out the complement in all samples, and see which answers change. A flip of one entry of its table
changes those among them that come by at this address, and no others. So one strike a LUT tells of
all bits of its table, exactly; and a flip of a register, which lasts for a cycle, changes each
answer with the share of samples that its complement changes.

Bits that no sample shows are looked at again: on random inputs, and then by the solver, which
proves that no input shows them, or finds one that does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from lutgen.bits import WORD_BITS, Bits, Words, n_words, tail_mask
from lutgen.core import Core
from lutgen.netlist.ir import CONST0, CONST1, LUT, REGISTER, Netlist
from lutgen.netlist.passes.triplicate import NONE
from lutgen.netlist.tables import BUFFER
from lutgen.verify.masking import masked_cells, vote_outputs
from lutgen.verify.sat import Solver

_NET_BYTES = 1 << 27  # of samples at a time
_AIMED_WORDS = 8  # of random inputs beside those that lead to an entry
_RENEW = 200  # LUTs whose cones one solver holds
CONFIDENCE = 1.96
"""Standard deviations on either side that 95 % of a normal distribution lie within."""


@dataclass(frozen=True)
class Site:
    """Bits of a truth table whose flips go by the same strike.

    Parameters
    ----------
    net : int
        The LUT, or the register.
    flips : tuple of (int, int)
        Nets that are struck; each with the net that has to be 0 for it, or 0.
    address : tuple of int
        Nets that say which bit a sample comes by.
    entries : range
        Bits of the LUT's table. One of a register, for want of a table.
    """

    net: int
    flips: tuple[tuple[int, int], ...]
    address: tuple[int, ...]
    entries: range


@dataclass(frozen=True, eq=False)
class Tally:
    """What the flips at a site do, a number an entry.

    Parameters
    ----------
    changed, lost, gained : ndarray of shape (n_entries,)
        Samples with another answer, with a wrong one instead of the right one, and the reverse.
    """

    site: Site
    changed: NDArray[np.int64]
    lost: NDArray[np.int64]
    gained: NDArray[np.int64]


def sites(netlist: Netlist) -> tuple[list[Site], list[Site]]:
    """Return all bits of configuration of a mapped netlist's LUTs, and its registers.

    Bits that two outputs of one LUT share are the larger one's, and strike both.
    """
    luts: list[Site] = []
    registers: list[Site] = []
    inner = {
        cell.site: net
        for net, cell in enumerate(netlist.cells, netlist.first_cell)
        if cell.kind == LUT and not cell.hard and cell.site
    }
    nested: dict[int, int] = {}  # by the larger LUT of a site, the smaller one
    for net, cell in enumerate(netlist.cells, netlist.first_cell):
        if cell.kind == LUT and not cell.hard and cell.site:
            other = inner[cell.site]
            n, m = len(cell.inputs), len(netlist.cells[other - netlist.first_cell].inputs)
            if n > m:
                nested[net] = other
            elif n < m:
                nested[other] = net
    for net, cell in enumerate(netlist.cells, netlist.first_cell):
        if cell.kind == REGISTER:
            registers.append(Site(net, ((net, 0),), (), range(1)))
        elif not cell.hard and net not in nested.values():
            n = 1 << len(cell.inputs)
            if net not in nested:
                luts.append(Site(net, ((net, 0),), cell.inputs, range(n)))
                continue
            lower = netlist.cells[nested[net] - netlist.first_cell].inputs
            top = cell.inputs[-1]
            luts.append(Site(net, ((net, top), (nested[net], 0)), lower, range(n // 2)))
            luts.append(Site(net, ((net, 0),), cell.inputs, range(n // 2, n)))
    return luts, registers


class Upsets:
    """A core and samples with the right answers to them.

    Parameters
    ----------
    core : Core
    samples : Bits
        As they stand at ``x``.
    wanted : Words, optional
        The right answers, a row a bit of the class; by default what the core answers. Samples
        whose class the model does not know are in `never`.
    never : ndarray of shape (n_words,), optional
        Samples that no answer is right for.
    """

    def __init__(
        self, core: Core, samples: Bits, wanted: Words | None = None, never: Words | None = None
    ) -> None:
        from lutgen.netlist.strike import Strikes  # noqa: PLC0415 - loads numba

        self.netlist = vote_outputs(core.netlist, core.interface.copies)
        self.n_samples = samples.n_samples
        self._mask = tail_mask(samples.n_samples)
        step = max(1, _NET_BYTES // (8 * self.netlist.n_nets))
        self._parts = []
        for start in range(0, samples.words.shape[1], step):
            part = slice(start, start + step)
            strikes = Strikes(self.netlist, samples.words[:, part])
            right = strikes.outputs if wanted is None else wanted[:, part]
            lacking = None if never is None else never[part]
            self._parts.append((strikes, self._mask[part], right, lacking))
        self.n_right = sum(
            _count(_right(strikes.outputs, right, never) & mask)
            for strikes, mask, right, never in self._parts
        )

    def tally(self, site: Site) -> Tally:
        """Return what each flip at a site does."""
        n = len(site.entries)
        found = np.zeros((3, n), dtype=np.int64)
        for strikes, mask, wanted, never in self._parts:
            flips = {net: ~strikes.nets[low] if low else None for net, low in site.flips}
            out = strikes.after(flips)
            if out is None:
                continue
            base = strikes.outputs
            changed = np.bitwise_or.reduce(out ^ base, axis=0) & mask
            before, after = _right(base, wanted, never), _right(out, wanted, never)
            masks = changed, changed & before & ~after, changed & after & ~before
            counts = strikes.by_address(site.address, masks)
            low = site.entries.start
            found += counts[:, low : low + n]
        return Tally(site, *found)

    def shows(self, site: Site, inputs: Mapping[int, int]) -> bool:
        """Return whether a flip at a site shows in any sample, some inputs set to a value in all.

        The inputs have to lead all samples to the entry in question. Sites that are struck in some
        samples alone are not looked at.
        """
        if any(low for _, low in site.flips):
            return False
        for strikes, mask, _, _ in self._parts:
            flips: dict[int, Words | None] = {
                net: ~strikes.nets[net] if value else strikes.nets[net]
                for net, value in inputs.items()
            }
            before = strikes.after(flips)
            if before is None:
                before = strikes.outputs
            after = strikes.after(flips | dict.fromkeys(net for net, _ in site.flips))
            if after is None:
                after = strikes.outputs
            if (np.bitwise_or.reduce(before ^ after, axis=0) & mask).any():
                return True
        return False

    def right_after(self, bits: Iterable[tuple[Site, int]]) -> int:
        """Return how many samples are answered rightly once all of some bits are flipped.

        Of a register, in the cycle in which the sample is there.
        """
        entries: dict[int, list[int]] = {}
        flips: dict[int, Words | None] = {}
        for site, entry in bits:
            if not site.address:
                flips[site.net] = None
                continue
            for net, _ in site.flips:
                entries.setdefault(net, []).append(entry)
        total = 0
        for strikes, mask, wanted, never in self._parts:
            out = strikes.after(flips, entries)
            total += _count(_right(strikes.outputs if out is None else out, wanted, never) & mask)
        return total


def _right(out: Words, wanted: Words, never: Words | None) -> Words:
    """Return which samples are answered rightly."""
    wrong = np.bitwise_or.reduce(out[: len(wanted)] ^ wanted, axis=0)
    return np.asarray(~(wrong if never is None else wrong | never))


def _count(words: Words) -> int:
    return int(np.bitwise_count(words).sum())


def wanted_classes(core: Core, numbers: NDArray[np.int64]) -> tuple[Words, Words]:
    """Return the right answers to samples of some class numbers, and which have none (below 0).

    Returns
    -------
    (wanted, never) : ndarrays of shape (class_width, n_words) and (n_words,), dtype=np.uint64
    """
    place = np.arange(core.interface.class_width)
    one_hot = core.interface.one_hot
    dense = numbers[:, None] == place if one_hot else numbers[:, None] >> place & 1
    unknown = (numbers < 0)[:, None]
    wanted = Bits.from_dense(dense.astype(np.uint8)).words
    return wanted, Bits.from_dense(unknown.astype(np.uint8)).words[0]


def strike_all(
    upsets: Upsets,
    found: Sequence[Site],
    *,
    seed: int,
    budget_seconds: float,
    n_luts: int = 0,
    progress: Callable[[int, int], None] | None = None,
) -> list[Tally]:
    """Strike sites one after the other: all, or as many, drawn, as a budget of time allows.

    Parameters
    ----------
    seed : int
        Draws the order.
    budget_seconds : float
        Processor time.
    n_luts : int
        Strike so many LUTs, however long that takes; 0: see `budget_seconds`.
    """
    start = time.process_time()
    nets = list(dict.fromkeys(site.net for site in found))
    order = np.random.default_rng(seed).permutation(len(nets)).tolist()
    by_net: dict[int, list[Site]] = {}
    for site in found:
        by_net.setdefault(site.net, []).append(site)
    done: list[Tally] = []
    for number, place in enumerate(order):
        late = not n_luts and number and time.process_time() - start > budget_seconds
        if late or (n_luts and number >= n_luts):
            break
        done += [upsets.tally(site) for site in by_net[nets[place]]]
        if progress:
            progress(number + 1, len(nets))
    return done


@dataclass(frozen=True)
class Point:
    """Answers after so many flips at once, each set of bits drawn anew.

    Parameters
    ----------
    n_flips : int
    right : tuple of float
        Share of right answers, a number a draw.
    """

    n_flips: int
    right: tuple[float, ...]

    @property
    def mean(self) -> float:
        """Mean share of right answers."""
        return float(np.mean(self.right))

    @property
    def half_width(self) -> float:
        """Half of the 95 % confidence interval of the mean, which is taken for normal."""
        if len(self.right) < 2:
            return 0.0
        return float(CONFIDENCE * np.std(self.right, ddof=1) / np.sqrt(len(self.right)))


def several(
    upsets: Upsets, found: Sequence[Site], *, seed: int, n_draws: int, max_flips: int
) -> Iterator[Point]:
    """Yield what 1, 2, 4, … flips at once do, drawn from all bits without repetition."""
    sizes = np.cumsum([len(site.entries) for site in found])
    if not sizes.size:
        return
    rng = np.random.default_rng(seed)
    n_flips = 1
    while n_flips <= min(max_flips, int(sizes[-1])):
        right = []
        for _ in range(n_draws):
            chosen = rng.choice(int(sizes[-1]), size=n_flips, replace=False)
            places = np.searchsorted(sizes, chosen, side="right")
            bits = [
                (found[place], found[place].entries[int(bit - sizes[place])])
                for place, bit in zip(places.tolist(), chosen.tolist(), strict=True)
            ]
            right.append(upsets.right_after(bits) / upsets.n_samples)
        yield Point(n_flips, tuple(right))
        n_flips *= 2


SHOWN_BY_SAMPLES, SHOWN_BY_RANDOM, SHOWN_BY_SOLVER = "samples", "random inputs", "solver"
PROVED, NOT_SEEN = "proved", "not seen"
VERDICTS = (SHOWN_BY_SAMPLES, SHOWN_BY_RANDOM, SHOWN_BY_SOLVER, PROVED, NOT_SEEN)
"""What shows a flip; or that none can, proved; or that none did."""


@dataclass
class Verdicts:
    """What is known of each bit: by site, a verdict an entry; and what the solver was asked."""

    of: dict[Site, list[str]] = field(default_factory=dict)
    n_asked: int = 0
    n_undecided: int = 0


def judge(
    core: Core,
    tallies: Sequence[Tally],
    *,
    seed: int,
    n_random: int,
    budget_seconds: float,
    max_conflicts: int,
    progress: Callable[[int, int], None] | None = None,
) -> Verdicts:
    """Tell of each flip what shows it, or that none can.

    Parameters
    ----------
    seed : int
        Draws random inputs, and the order in which the solver is asked.
    n_random : int
        Random inputs to try on what no sample shows.
    budget_seconds : float
        Processor time that the solver may take in all; what is left then is not seen.
    max_conflicts : int
        After how many conflicts it leaves a bit undecided.
    """
    found = Verdicts()
    masked = masked_cells(core) if core.config.tmr != NONE else set()
    rng = np.random.default_rng(seed)
    shape = (core.netlist.n_inputs, n_words(n_random))
    words = rng.integers(0, 1 << 64, size=shape, dtype=np.uint64)
    random = Upsets(core, Bits(words, WORD_BITS * shape[1]))
    few = np.ascontiguousarray(words[:, :_AIMED_WORDS])
    aimed = Upsets(core, Bits(few, WORD_BITS * few.shape[1]))
    for tally in tallies:
        found.of[tally.site] = _at_first(tally, random, masked)
    left = [site for site, verdicts in found.of.items() if NOT_SEEN in verdicts]
    left = [left[place] for place in rng.permutation(len(left)).tolist()]
    start = time.process_time()
    asking = _Asking(random.netlist, max_conflicts)
    for ask_of in (asking.coming, asking.showing):
        for number, site in enumerate(left):
            if time.process_time() - start > budget_seconds:
                break
            verdicts = found.of[site]
            with ask_of(site, aimed) as ask:
                for i, entry in enumerate(site.entries):
                    if verdicts[i] == NOT_SEEN:
                        verdicts[i] = ask(entry)
            if progress:
                progress(number + 1, len(left))
    found.n_asked, found.n_undecided = asking.n_asked, asking.n_undecided
    asking.close()
    return found


def _at_first(tally: Tally, random: Upsets, masked: set[int]) -> list[str]:
    """Return what is known of each flip at a site without the solver."""
    site = tally.site
    verdicts = [SHOWN_BY_SAMPLES if n else NOT_SEEN for n in tally.changed.tolist()]
    if NOT_SEEN not in verdicts:
        return verdicts
    is_masked = all(net in masked for net, _ in site.flips)
    for place, n_shown in enumerate(random.tally(site).changed.tolist()):
        if verdicts[place] == NOT_SEEN:
            if is_masked or not _can_come(site, site.entries[place]):
                verdicts[place] = PROVED
            elif n_shown:
                verdicts[place] = SHOWN_BY_RANDOM
    return verdicts


def _can_come(site: Site, entry: int) -> bool:
    """Return whether constants and pins of one net let samples come by an address."""
    values: dict[int, int] = {CONST0: 0, CONST1: 1}
    return all(
        values.setdefault(net, entry >> j & 1) == entry >> j & 1
        for j, net in enumerate(site.address)
    )


class _Asking:
    """The solver, asked whether any input shows a flip."""

    def __init__(self, netlist: Netlist, max_conflicts: int) -> None:
        self._netlist = netlist
        self._max_conflicts = max_conflicts
        self._readers: dict[int, list[int]] = {}
        for net, cell in enumerate(netlist.cells, netlist.first_cell):
            for source in set(cell.inputs):
                self._readers.setdefault(source, []).append(net)
        self._outputs = list(dict.fromkeys(netlist.outputs))
        self._n_sites = 0
        self.n_asked = self.n_undecided = 0
        self._renew()

    def coming(self, site: Site, random: Upsets) -> _Coming:
        """Return the question whether any input comes by an entry, and shows its flip at once."""
        self._limit()
        return _Coming(self, site, random)

    def showing(self, site: Site, _: Upsets) -> _Showing:
        """Return the question whether any input shows the flip of an entry."""
        self._limit()
        return _Showing(self, site)

    def _limit(self) -> None:
        """Begin with a new solver where the old one holds much."""
        self._n_sites += 1
        if self._n_sites % _RENEW == 0:
            self._solver.close()
            self._renew()

    def close(self) -> None:
        """Free the solver."""
        self._solver.close()

    def _renew(self) -> None:
        self._solver = Solver()
        self._n_variables = self._netlist.n_nets
        self._encoded = {CONST0, CONST1, *range(2, self._netlist.first_cell)}
        self._solver.add([-(CONST0 + 1)])
        self._solver.add([CONST1 + 1])

    # -- what a question needs -----------------------------------------------------------------

    def new(self) -> int:
        """Return a new variable."""
        self._n_variables += 1
        return self._n_variables

    def add(self, clause: Sequence[int]) -> None:
        """Add a clause."""
        self._solver.add(clause)

    def solve(self, assumptions: Sequence[int]) -> bool | None:
        """Ask."""
        answer = self._solver.solve(assumptions, self._max_conflicts)
        self.n_asked += 1
        self.n_undecided += answer is None
        return answer

    def inputs_found(self, nets: Iterable[int]) -> dict[int, int]:
        """Return the inputs that some nets depend on, as they are in the solution just found."""
        work, seen = list(nets), set(nets)
        true = self._solver.model()
        values: dict[int, int] = {}
        while work:
            net = work.pop()
            if net >= self._netlist.first_cell:
                work += set(self.reads(net)) - seen
                seen.update(self.reads(net))
            elif net > CONST1:
                values[net] = int(net + 1 in true)
        return values

    def define(self, net: int, output: int, inputs: Sequence[int]) -> None:
        """Make a variable what a cell gives for some literals."""
        cell = self._netlist.cells[net - self._netlist.first_cell]
        table = BUFFER if cell.kind == REGISTER else cell.init
        self._solver.add_table(table, output, inputs)

    def need(self, nets: Iterable[int]) -> None:
        """Have the faultless cones of some nets in the solver."""
        work = [net for net in nets if net not in self._encoded]
        while work:
            net = work.pop()
            if net in self._encoded:
                continue
            self._encoded.add(net)
            inputs = self.reads(net)
            self.define(net, net + 1, [source + 1 for source in inputs])
            work += [source for source in inputs if source not in self._encoded]

    def reads(self, net: int) -> tuple[int, ...]:
        """Return what a cell reads."""
        return self._netlist.cells[net - self._netlist.first_cell].inputs

    def behind(self, nets: Iterable[int]) -> list[int]:
        """Return all cells that depend on some nets, in order."""
        found: set[int] = set()
        work = list(nets)
        while work:
            for reader in self._readers.get(work.pop(), ()):
                if reader not in found:
                    found.add(reader)
                    work.append(reader)
        return sorted(found)

    @property
    def outputs(self) -> list[int]:
        """Nets of the outputs, each once."""
        return self._outputs


class _Coming:
    """Whether any input comes by an entry; if one does, with others at random a flip may show."""

    def __init__(self, asking: _Asking, site: Site, random: Upsets) -> None:
        self._asking = asking
        self._site = site
        self._random = random

    def __enter__(self) -> Callable[[int], str]:
        self._asking.need(self._site.address)
        return self._ask

    def __exit__(self, *_: object) -> None:
        pass

    def _ask(self, entry: int) -> str:
        answer = self._asking.solve(_at(self._site, entry))
        if answer is False:
            return PROVED
        if answer is None:
            return NOT_SEEN
        values = self._asking.inputs_found(self._site.address)
        return SHOWN_BY_SOLVER if self._random.shows(self._site, values) else NOT_SEEN


def _at(site: Site, entry: int) -> list[int]:
    """Return that samples come by an entry, as literals."""
    return [net + 1 if entry >> j & 1 else -(net + 1) for j, net in enumerate(site.address)]


class _Showing:
    """Whether any input shows flips at one site."""

    def __init__(self, asking: _Asking, site: Site) -> None:
        self._asking = asking
        self._site = site
        self._active = 0

    def __enter__(self) -> Callable[[int], str]:
        self._asking.need(self._site.address)
        return self._ask

    def __exit__(self, *_: object) -> None:
        if self._active:
            self._asking.add([-self._active])

    def _ask(self, entry: int) -> str:
        if not self._active:
            self._encode()
        answer = self._asking.solve([*_at(self._site, entry), self._active])
        return {None: NOT_SEEN, False: PROVED, True: SHOWN_BY_SOLVER}[answer]

    def _encode(self) -> None:
        """Put the cone behind the struck nets in once more, as it is after the strike."""
        asking = self._asking
        self._active = asking.new()
        struck: dict[int, int] = {}
        asking.need([net for pair in self._site.flips for net in pair])
        for net, low in self._site.flips:
            struck[net] = -(net + 1)
            if low:  # struck where that net is 0
                struck[net] = variable = asking.new()
                own, other = net + 1, low + 1
                for clause in (
                    [other, variable, own], [other, -variable, -own],
                    [-other, variable, -own], [-other, -variable, own],
                ):  # fmt: skip
                    asking.add(clause)
        for net in asking.behind(struck):
            if net in struck:
                continue
            reads = asking.reads(net)
            asking.need([source for source in reads if source not in struck])
            struck[net] = asking.new()
            asking.define(net, struck[net], [struck.get(source, source + 1) for source in reads])
        differ = [-self._active]
        for net in asking.outputs:
            if net not in struck:
                continue
            asking.need([net])
            own, other, unequal = net + 1, struck[net], asking.new()
            asking.add([-unequal, own, other])
            asking.add([-unequal, -own, -other])
            differ.append(unequal)
        asking.add(differ)
