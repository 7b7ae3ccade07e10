"""Experiment 1 of the paper on the real MNIST, from learning to the simulated Verilog."""

from pathlib import Path

import numpy as np
import pytest

from lutgen.bits import Bits
from lutgen.core import Interface, make_core
from lutgen.datasets.load import load_dataset
from lutgen.datasets.tasks import apply_task
from lutgen.encode.encoder import fit_encoder
from lutgen.learn.memorize import Parameters, memorize
from lutgen.model.network import LutNetwork
from lutgen.verify.compare import check_netlist, check_rtl, require_equal
from lutgen.verify.prove import prove_model, require_proved

# layer: mean, std, min, max of the training accuracy (Chatterjee 2018, table 1)
TABLE_1 = {
    0: (0.5072, 0.0340, 0.4042, 0.6572),
    1: (0.6055, 0.0403, 0.5120, 0.7299),
    2: (0.7431, 0.0191, 0.6721, 0.7877),
    3: (0.8297, 0.0068, 0.8038, 0.8526),
    4: (0.8655, 0.0033, 0.8562, 0.8751),
    5: (0.8808, 0.0015, 0.8759, 0.8853),
}


@pytest.fixture(scope="module")
def experiment(mnist_folder: Path) -> tuple[list[LutNetwork], Bits, np.ndarray]:
    """Networks of four seeds, and the encoded test images with their labels."""
    data = apply_task(load_dataset("mnist", data_dir=mnist_folder), "ge5")
    encoder = fit_encoder(data.encoder, data.X_train)
    bits = encoder.encode(data.X_train)
    networks = [
        memorize(
            bits, data.y_train, Parameters(k=8, widths=(1024,) * 5, seed=seed),
            encoder=encoder, classes=np.array([0, 1]),
        )
        for seed in range(4)
    ]  # fmt: skip
    return networks, encoder.encode(data.X_test), data.y_test


def test_table_1_within_a_hundredth(experiment) -> None:
    networks, _, _ = experiment
    for layer, (mean, std, low, high) in TABLE_1.items():
        rows = [network.provenance.layers[layer] for network in networks]
        found = {
            name: np.mean([getattr(row, name) for row in rows])
            for name in ("mean", "std", "min", "max")
        }
        assert found["mean"] == pytest.approx(mean, abs=0.01)
        assert found["std"] == pytest.approx(std, abs=0.005)
        assert found["min"] == pytest.approx(low, abs=0.015)  # extremes of one run of theirs
        assert found["max"] == pytest.approx(high, abs=0.015)
    assert np.mean([network.provenance.train_accuracy for network in networks]) == (
        pytest.approx(0.8898, abs=0.01)
    )


def test_test_accuracy_is_the_papers(experiment) -> None:
    networks, bits, labels = experiment
    accuracy = [(network.class_numbers(bits) == labels).mean() for network in networks]
    assert np.mean(accuracy) == pytest.approx(0.87, abs=0.01)


def test_all_10_000_test_images_and_every_other_input(experiment, tmp_path: Path) -> None:
    networks, bits, _ = experiment
    network = networks[0]
    core = make_core(network)
    checks = [
        check_netlist(Interface(network), core.netlist, bits),
        check_rtl(core, bits, tmp_path),
    ]
    require_equal(checks)
    assert [check.n_equal for check in checks] == [10_000, 10_000]
    proofs = list(prove_model(core))
    require_proved(proofs)
    assert proofs[-1].result.n_points >= 2000  # the LUTs of the cone, one by one
