"""Make a smaller model out of a model, and measure what that costs and gains."""

from __future__ import annotations

import dataclasses

from lutgen.core import CoreConfig, make_core
from lutgen.datasets.load import Dataset, split_samples
from lutgen.datasets.tables import Samples
from lutgen.errors import ConfigError
from lutgen.jobs.progress import SILENT, Progress
from lutgen.jobs.samples import class_numbers, share_right
from lutgen.model import LutNetwork
from lutgen.netlist.stats import count_cells
from lutgen.optimise.external import optimise as make_smaller
from lutgen.optimise.policy import LADDER, Policy
from lutgen.optimise.search import Labelled, find_policy
from lutgen.records.learnt import (
    AccuracyChange,
    CellsChange,
    OptimisationRecord,
    OptimisedSizes,
    SizeChange,
    TrialRecord,
    ValidationRecord,
)
from lutgen.records.reading import to_json


def optimise(
    network: LutNetwork,
    dataset: Dataset,
    policy: Policy | None = None,
    *,
    chip: str,
    max_loss: float = 0.002,
    validation: float = 0.2,
    validation_seed: int = 0,
    progress: Progress = SILENT,
) -> tuple[LutNetwork, OptimisationRecord]:
    """Make a smaller model: free table entries take the values that cost the least hardware.

    Accuracy is measured on samples held out of the training part, by networks whose tables were
    counted without them; the model is then made with all training samples. The test part is looked
    at last, to tell the accuracy of what was made.

    Parameters
    ----------
    dataset : Dataset
        What the model was learnt from.
    policy : Policy, optional
        Which table entries are free; by default the boldest that keeps within `max_loss`.
    chip : str
        ``FAMILY[-DEVICE[-GRADE]]`` to count the hardware for.
    max_loss : float
        Largest loss of accuracy on held-out samples, as a share.
    validation : float
        Share of the training samples to hold out.
    validation_seed : int

    Returns
    -------
    LutNetwork
        The smaller model, also where nothing was gained.
    OptimisationRecord

    Raises
    ------
    ConfigError
        If a share is out of its range, or the policy does not suit the model.
    DataError
        If a label is none of the model's, or there are too few samples.
    MismatchError
        If every policy loses more than `max_loss`.
    """
    check_share("--max-loss", max_loss)
    check_share("--validation", validation)
    ladder = LADDER if network.is_class_number else LADDER[-1:]
    numbers = class_numbers(network, dataset.name, dataset.y_train)
    training = Samples(dataset.X_train, numbers, (dataset.n_features,))
    fit, held_out = (
        _encode(network, part) for part in split_samples(training, validation, validation_seed)
    )
    with progress.working("counting without the held-out samples"):
        policies = ladder if policy is None else (policy,)
        chosen, trials = find_policy(network, policies, fit, held_out, max_loss)
    with progress.working(f"optimising, {chosen}"):
        everything = _encode(network, training)
        smaller, stats = make_smaller(network, chosen, everything.bits, everything.labels)
    validated = ValidationRecord(
        data=dataset.name,
        n_samples=held_out.bits.n_samples,
        share=validation,
        seed=validation_seed,
        **trials[-1].to_json(),
    )
    with progress.working(f"mapping both onto {chip}"):
        before, after = (
            count_cells(make_core(net, CoreConfig(chip=chip)).netlist) for net in (network, smaller)
        )
    with progress.working("measuring on the test part"):
        test_before, test_after = (
            share_right(net, dataset.X_test, dataset.y_test) for net in (network, smaller)
        )
    record = OptimisationRecord(
        digest=smaller.digest,
        original=network.digest,
        policy=str(chosen),
        validation=validated,
        trials=tuple(TrialRecord(**trial.to_json()) for trial in trials),
        network=SizeChange(**stats.to_json()),
        chip=chip,
        cells=CellsChange(before, after),
        test_accuracy=AccuracyChange(test_before, test_after),
    )
    return _with_measures(smaller, record), record


def check_share(option: str, value: float) -> None:
    """Raise :class:`ConfigError` if an option is no share."""
    if not 0 <= value < 1:
        raise ConfigError(f"{option} must be a share from 0 up to 1, e.g. 0.002; got {value}")


def _with_measures(network: LutNetwork, record: OptimisationRecord) -> LutNetwork:
    """Return the smaller network with what was measured of it in its provenance."""
    known = network.provenance
    assert known.optimised is not None
    sizes = OptimisedSizes(
        network=record.network,
        chip=record.chip,
        cells=record.cells,
        test_accuracy=record.test_accuracy,
    )
    optimised = dataclasses.replace(
        known.optimised, validation=to_json(record.validation), sizes=sizes.to_json()
    )
    provenance = dataclasses.replace(
        known, optimised=optimised, test_accuracy=record.test_accuracy.after
    )
    return dataclasses.replace(network, provenance=provenance)


def _encode(network: LutNetwork, samples: Samples) -> Labelled:
    return Labelled(network.encode(samples.X), samples.y)
