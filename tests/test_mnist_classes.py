"""Ten classes of the real MNIST: learnt by boosting, simulated, and proved."""

from pathlib import Path

import numpy as np

from lutgen.core import CoreConfig, Interface, make_core
from lutgen.datasets.load import load_dataset
from lutgen.encode.encoder import fit_encoder
from lutgen.learn.boost import BoostParameters, boost
from lutgen.netlist.ir import CORE, HEAD
from lutgen.netlist.stats import netlist_stats
from lutgen.verify.compare import check_netlist, check_rtl, require_equal
from lutgen.verify.prove import prove_model, require_proved

LUTS = 20


def test_accuracy_area_and_all_10_000_test_images(mnist_folder: Path, tmp_path: Path) -> None:
    data = load_dataset("mnist", data_dir=mnist_folder)
    encoder = fit_encoder("threshold:128", data.X_train)
    network = boost(
        encoder.encode(data.X_train),
        data.y_train,
        BoostParameters(luts_per_class=LUTS, search_samples=3000, criterion="absolute"),
        encoder=encoder,
        classes=np.arange(10),
    )
    bits = encoder.encode(data.X_test)
    assert (network.class_numbers(bits) == data.y_test).mean() > 0.945
    core = make_core(network, CoreConfig(chip="xilinx7", pipeline=4))
    luts = dict.fromkeys((CORE, HEAD), 0)
    for layer in netlist_stats(core.netlist).layers:
        luts[layer.part] += layer.luts
    assert luts[CORE] <= 10 * LUTS
    assert luts[HEAD] <= 0.9 * 10 * LUTS
    checks = [
        check_netlist(Interface(network), core.netlist, bits),
        check_rtl(core, bits, tmp_path),
    ]
    require_equal(checks)
    assert [check.n_equal for check in checks] == [10_000, 10_000]
    require_proved(list(prove_model(core)))
