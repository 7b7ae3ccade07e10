"""Training time of experiment 1: the numba kernels beside plain NumPy, in turn, in one process.

Reads nothing but MNIST; the time is that of `memorize` on packed bits (wires, counting, tables,
outputs and the finished model), after one run of each to compile and warm up.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable

from paper import BinaryMnist, arguments

from lutgen.learn.memorize import Parameters

PARAMETERS = Parameters(k=8, widths=(1024,) * 5, seed=0)


def main() -> None:
    """Run the two in turn and print times and ratios."""
    parser = arguments("Training time of experiment 1")
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    mnist = BinaryMnist.load(options.data_dir)
    contestants: dict[str, Callable[[], object]] = {
        "NumPy, 1 thread": lambda: mnist.learn(PARAMETERS, backend="reference"),
        "kernels, 1 thread": lambda: mnist.learn(PARAMETERS, n_threads=1),
        "kernels, 2 threads": lambda: mnist.learn(PARAMETERS, n_threads=2),
        "kernels, 2 threads, cone only": lambda: mnist.learn(
            Parameters(k=8, widths=(1024,) * 5, seed=0, cone_only=True), n_threads=2
        ),
    }
    seconds: dict[str, list[float]] = {name: [] for name in contestants}
    for run in range(options.runs + 1):
        for name, learn in contestants.items():
            start = time.perf_counter()
            learn()
            if run:
                seconds[name].append(time.perf_counter() - start)
    plain = seconds["NumPy, 1 thread"]
    print(f"experiment 1, {options.runs} runs in turn, {os.cpu_count()} processors")
    print(f"{'':32}{'min':>8}{'median':>8}{'max':>8}   plain / it (median of pairs)")
    for name, times in seconds.items():
        ratio = statistics.median(a / b for a, b in zip(plain, times, strict=True))
        print(
            f"{name:32}{min(times):7.3f}s{statistics.median(times):7.3f}s{max(times):7.3f}s"
            f"   {ratio:.1f}"
        )


if __name__ == "__main__":
    main()
