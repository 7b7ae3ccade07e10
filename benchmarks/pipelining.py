"""The delay model against place and route: three pipelines of a trained network on an HX8K.

Run with: python benchmarks/pipelining.py   (needs: pip install 'lutgen[boards]')
"""

from __future__ import annotations

from delay_model import CHIPS, place_and_route
from sklearn.datasets import load_digits

from lutgen.core import CoreConfig, make_core
from lutgen.learn.estimators.memorization import MemorizationClassifier
from lutgen.netlist.ir import LUT, REGISTER

TARGETS_MHZ = (80.0, 130.0, 200.0)


def main() -> None:
    """Print a row for each frequency aimed at."""
    X, y = load_digits(return_X_y=True)
    learner = MemorizationClassifier(
        k=6, widths=(128,) * 3, wiring="window:64", feature_shape=(8, 8), random_state=0
    )
    network = learner.fit(X, y >= 5).network_
    chip = next(chip for chip in CHIPS if chip.grade == "hx")
    print("| aimed at | estimate | nextpnr | LUT levels | latency | SB_LUT4 | SB_DFF |")
    print("|---|---|---|---|---|---|---|")
    for target_mhz in TARGETS_MHZ:
        core = make_core(network, CoreConfig(chip="ice40-hx8k", fmax_target_mhz=target_mhz))
        assert core.timing is not None
        _, period_ns = place_and_route(chip, core.netlist)
        netlist = core.netlist
        print(
            f"| {target_mhz:g} MHz | {core.timing.estimated_mhz:.1f} | {1000 / period_ns:.1f} "
            f"| {core.timing.levels} | {netlist.latency} | {netlist.count(LUT):,} "
            f"| {netlist.count(REGISTER):,} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
