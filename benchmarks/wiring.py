"""What windows of neighbours cost or gain in accuracy: experiment 1 with each wiring."""

from __future__ import annotations

import statistics

from paper import BinaryMnist, arguments

from lutgen.learn.memorize import Parameters

WIRINGS = ("random", *(f"window:{width}" for width in (512, 256, 128, 64, 32)))


def main() -> None:
    """Print training and test accuracy and the size of the cone, mean over the seeds."""
    parser = arguments("Accuracy against wiring, 5x1024 LUTs")
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    mnist = BinaryMnist.load(options.data_dir)
    print(f"{'k':>2}  {'wiring':10}  {'train':15}  {'test':15}  LUTs in the cone")
    for k in (4, 6, 8):
        for wiring in WIRINGS:
            networks = [
                mnist.learn(Parameters(k=k, wiring=wiring, seed=seed))
                for seed in range(options.seeds)
            ]
            train = [network.provenance.train_accuracy or 0.0 for network in networks]
            test = [mnist.test_accuracy(network) for network in networks]
            cone = statistics.mean(int(network.cone.sum()) for network in networks)
            print(f"{k:2}  {wiring:10}  {_spread(train)}  {_spread(test)}  {cone:.0f}")


def _spread(values: list[float]) -> str:
    deviation = statistics.stdev(values) if len(values) > 1 else 0.0
    return f"{statistics.mean(values):.4f} ± {deviation:.4f}"


if __name__ == "__main__":
    main()
