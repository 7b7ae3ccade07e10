"""What flipped bits of a core's configuration, and flipped registers, do to its answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lutgen.bits import Bits
from lutgen.core import Core
from lutgen.datasets.labels import match_labels
from lutgen.errors import ConfigError, DataError
from lutgen.jobs.progress import SILENT, Progress
from lutgen.model import Argmax
from lutgen.records.faults import (
    CONFIGURATION,
    FAULTS_FILE,
    REGISTERS,
    FaultsRecord,
    FlipsPoint,
    Kind,
    Metric,
    PartFlips,
)
from lutgen.verify.upsets import (
    CONFIDENCE,
    NOT_SEEN,
    PROVED,
    SHOWN_BY_RANDOM,
    SHOWN_BY_SAMPLES,
    SHOWN_BY_SOLVER,
    Site,
    Tally,
    Upsets,
    Verdicts,
    judge,
    several,
    sites,
    strike_all,
    wanted_classes,
)
from lutgen.version import __version__

DEFAULT_BUDGET_SECONDS = 60.0
DEFAULT_DRAWS = 20
DEFAULT_MAX_FLIPS = 1024
DEFAULT_RANDOM = 4096
DEFAULT_CONFLICTS = 500


def faults(
    core: Core,
    X: ArrayLike | Bits,
    y: ArrayLike | None = None,
    *,
    folder: Path | None = None,
    seed: int = 0,
    budget_seconds: float = DEFAULT_BUDGET_SECONDS,
    proof_seconds: float = DEFAULT_BUDGET_SECONDS,
    n_luts: int = 0,
    n_draws: int = DEFAULT_DRAWS,
    max_flips: int = DEFAULT_MAX_FLIPS,
    n_random: int = DEFAULT_RANDOM,
    max_conflicts: int = DEFAULT_CONFLICTS,
    samples: str = "",
    progress: Progress = SILENT,
) -> FaultsRecord:
    """Flip every bit of a core's truth tables, and every register, over labelled samples.

    Parameters
    ----------
    core : Core
    X : array of shape (n_samples, n_features), or Bits
        Samples as the model takes them; or as they stand at the core's port ``x``.
    y : array of shape (n_samples,), optional
        Labels; one that the model does not know is answered wrongly. Without labels, and of models
        that answer no classes, an answer is right that is what it is without a flip.
    folder : Path, optional
        Gets the record as ``faults.json``.
    seed : int
        Draws LUTs, sets of bits, and random inputs.
    budget_seconds : float
        As many LUTs are tried, in an order that is drawn, as there is processor time for.
    proof_seconds : float
        How much processor time the solver may take for flips that no sample shows.
    n_luts : int
        Try so many LUTs instead, drawn, however long that takes; 0: see `budget_seconds`.
    n_draws, max_flips : int
        For 1, 2, 4 … flips at once up to the largest number, so many sets of bits are drawn.
    n_random : int
        Random inputs that are tried on flips that no sample shows, in whole words of 64.
    max_conflicts : int
        After which the solver leaves a question open.
    samples : str
        What the samples are, for the record.

    Raises
    ------
    ConfigError
        If the core has neither LUTs nor registers.
    DataError
        If there are not as many labels as samples.
    """
    bits = X if isinstance(X, Bits) else core.interface.samples(X)
    upsets, metric = _upsets(core, bits, y)
    luts, registers = sites(core.netlist)
    if not luts and not registers:
        raise ConfigError("the core has neither LUTs nor registers, so there is nothing to flip")
    with progress.count("flipping bits of tables", "LUTs") as count:
        tallies = strike_all(
            upsets, luts, seed=seed, budget_seconds=budget_seconds, n_luts=n_luts, progress=count
        )
    tallies += [upsets.tally(site) for site in registers]
    with progress.working("flipping several bits at once"):
        points = [
            FlipsPoint(
                kind=kind,
                n_flips=point.n_flips,
                n_draws=len(point.right),
                mean=point.mean,
                half_width=point.half_width,
                least=min(point.right),
                most=max(point.right),
            )
            for kind, some in _kinds(luts, registers)
            for point in several(upsets, some, seed=seed, n_draws=n_draws, max_flips=max_flips)
        ]
    with progress.count("proving that flips cannot show", "LUTs") as count:
        verdicts = judge(
            core,
            tallies,
            seed=seed,
            n_random=n_random,
            budget_seconds=proof_seconds,
            max_conflicts=max_conflicts,
            progress=count,
        )
    never, half_width = _never([t for t in tallies if t.site.address], luts)
    record = FaultsRecord(
        lutgen=__version__,
        digest=core.network.digest,
        target=core.family.name,
        top=core.module,
        samples=samples,
        metric=metric,
        n_samples=upsets.n_samples,
        right=upsets.n_right / upsets.n_samples,
        tmr=core.config.tmr,
        seed=seed,
        parts=tuple(_parts(core, tallies, verdicts, upsets.n_samples, luts, registers)),
        points=tuple(points),
        never=never,
        never_half_width=half_width,
        n_random=n_random,
        max_conflicts=max_conflicts,
        n_asked=verdicts.n_asked,
        n_undecided=verdicts.n_undecided,
    )
    if folder is not None:
        record.write(folder / FAULTS_FILE)
    return record


def _upsets(core: Core, bits: Bits, y: ArrayLike | None) -> tuple[Upsets, Metric]:
    """Return core and samples, and what a right answer is."""
    if y is None or not isinstance(core.network.head, Argmax):
        return Upsets(core, bits), "agreement"
    labels = np.asarray(y)
    if labels.shape != (bits.n_samples,):
        raise DataError(
            f"labels of shape {labels.shape} for {bits.n_samples} samples; give one each"
        )
    wanted, never = wanted_classes(core, match_labels(labels, core.network.classes))
    return Upsets(core, bits, wanted, never), "accuracy"


def _kinds(luts: list[Site], registers: list[Site]) -> tuple[tuple[Kind, list[Site]], ...]:
    return (CONFIGURATION, luts), (REGISTERS, registers)


def _never(tallies: Sequence[Tally], luts: Sequence[Site]) -> tuple[float, float]:
    """Return the share of bits whose flip no sample shows, and half of its confidence interval.

    LUTs are drawn, all bits of each are tried: a ratio of sums over clusters. (W. G. Cochran,
    "Sampling Techniques", 3rd edition, 1977, section 9.7.)
    """
    bits: Counter[int] = Counter()
    never: Counter[int] = Counter()
    for tally in tallies:
        bits[tally.site.net] += len(tally.changed)
        never[tally.site.net] += int((tally.changed == 0).sum())
    n, n_all = len(bits), len({site.net for site in luts})
    if not n:
        return 1.0, 0.0
    share = never.total() / bits.total()
    if n in (1, n_all):
        return share, 0.0 if n == n_all else 1.0
    rest = np.array([never[net] - share * bits[net] for net in bits])
    mean_bits = bits.total() / n
    variance = (1 - n / n_all) * float((rest**2).sum()) / (n * (n - 1)) / mean_bits**2
    return share, float(CONFIDENCE * np.sqrt(variance))


def _parts(
    core: Core,
    tallies: Sequence[Tally],
    verdicts: Verdicts,
    n_samples: int,
    luts: list[Site],
    registers: list[Site],
) -> list[PartFlips]:
    """Return what became of the flips, layer by layer."""

    def place(site: Site) -> tuple[str, int]:
        cell = core.netlist.cells[site.net - core.netlist.first_cell]
        return cell.part, cell.layer

    found = []
    for kind, some in _kinds(luts, registers):
        for part, layer in sorted({place(site) for site in some}, key=_from_inputs):
            own = [site for site in some if place(site) == (part, layer)]
            tried = [t for t in tallies if t.site in verdicts.of and t.site in set(own)]
            if tried:
                found.append(_part(core, kind, (part, layer), own, tried, verdicts, n_samples))
    return found


def _from_inputs(place: tuple[str, int]) -> tuple[int, int]:
    return ("encoder", "core", "head").index(place[0]), place[1]


def _part(
    core: Core,
    kind: Kind,
    place: tuple[str, int],
    own: list[Site],
    tried: list[Tally],
    verdicts: Verdicts,
    n_samples: int,
) -> PartFlips:
    told = Counter(verdict for tally in tried for verdict in verdicts.of[tally.site])
    lost = np.concatenate([tally.lost - tally.gained for tally in tried])
    worst = int(lost.argmax())
    return PartFlips(
        kind=kind,
        part=place[0],
        layer=place[1],
        n_cells=len({site.net for site in own}),
        n_bits=sum(len(site.entries) for site in own),
        n_cells_tried=len({tally.site.net for tally in tried}),
        n_tried=lost.size,
        samples=told[SHOWN_BY_SAMPLES],
        random=told[SHOWN_BY_RANDOM],
        solver=told[SHOWN_BY_SOLVER],
        proved=told[PROVED],
        not_seen=told[NOT_SEEN],
        mean_changed=_mean([tally.changed for tally in tried]) / n_samples,
        mean_lost=float(lost.mean()) / n_samples,
        most_lost=int(lost[worst]) / n_samples,
        worst=_name(core, tried, worst),
    )


def _mean(counts: list[NDArray[np.int64]]) -> float:
    return float(np.concatenate(counts).mean())


def _name(core: Core, tried: list[Tally], number: int) -> str:
    """Return what to call a flip, by its number among all of some sites."""
    for tally in tried:
        site = tally.site
        if number < len(site.entries):
            name = core.netlist.net_name(site.net)
            return f"bit {site.entries[number]} of {name}" if site.address else name
        number -= len(site.entries)
    raise AssertionError("no such flip")
