"""Training time of experiment 1: the numba kernels beside plain NumPy, in turn, in one process.

Reads nothing but MNIST; the time is that of `memorize` on packed bits (wires, counting, tables,
outputs and the finished model), after one run of each to compile and warm up.

``--stages`` measures instead what each step of the kernels takes, in cycles a sample and LUT of one
thread (the processor's time of the thread, the best of some runs; a cycle is what an addition takes
that waits for the one before), and writes ``results/learn_stages.json``.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numba
import numpy as np
from paper import BinaryMnist, arguments

from lutgen.files import write_json
from lutgen.learn import kernels
from lutgen.learn.memorize import Parameters

PARAMETERS = Parameters(k=8, widths=(1024,) * 5, seed=0)
STAGES = Path(__file__).parent / "results" / "learn_stages.json"
N_SAMPLES, N_SIGNALS, K = 60_000, 1024, 8
# What a step takes at least, in cycles a sample, as it reads and writes one value after another: a
# core makes three accesses to memory a cycle (AMD's optimization guide for Zen 4, load-store unit).
# Counting reads the entry and the counter and writes the counter; looking up reads entry and table.
BOUNDS = {"count": 1.0, "look up": 0.67}


def main() -> None:
    """Run the two in turn and print times and ratios."""
    parser = arguments("Training time of experiment 1")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--stages", action="store_true")
    options = parser.parse_args()
    if options.stages:
        write_json(STAGES, stages(options.runs))
        return
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


def stages(n_runs: int) -> dict[str, object]:
    """Return cycles a sample and LUT of each step, on random signals as large as the images'."""
    rng = np.random.default_rng(0)
    n_words = -(-N_SAMPLES // 64)
    signals = rng.integers(0, 1 << 64, (N_SIGNALS, n_words), dtype=np.uint64)
    wires = rng.permuted(np.tile(np.arange(N_SIGNALS, dtype=np.int32), (300, 1)), axis=1)[:, :K]
    offsets = kernels.class_offsets(rng.integers(0, 2, N_SAMPLES, dtype=np.uint8), K, n_words)
    zeros, outputs = (np.zeros(n_words, dtype=np.uint64) for _ in range(2))
    low = np.empty((8, n_words), dtype=np.uint64)
    entries = np.empty_like(offsets)
    counts = np.empty((8, 3 << K), dtype=np.uint32)
    table = rng.integers(0, 2, 3 << K, dtype=np.uint8)
    octets = low.view(np.uint8).reshape(-1)
    steps: dict[str, Callable[[int], object]] = {
        "transpose": lambda i: kernels._address_bytes(signals, zeros, wires[i], 0, low),
        "join": lambda _: kernels._join(octets, octets, K, offsets, entries),
        "count": lambda _: kernels._count(entries, counts),
        "look up": lambda _: kernels._look_up(entries, table, outputs),
    }
    n_additions = 10_000_000
    best = {name: float("inf") for name in ("cycle", *steps)}
    for run in range(n_runs + 1):
        start = time.thread_time()
        _wait(n_additions, np.uint64(run))
        cycle = (time.thread_time() - start) / (2 * n_additions)
        best["cycle"] = min(best["cycle"], cycle)
        for name, step in steps.items():
            start = time.thread_time()
            for i in range(len(wires)):
                step(i)
            taken = (time.thread_time() - start) / (len(wires) * N_SAMPLES)
            best[name] = min(best[name], taken) if run else float("inf")
    cycles = {name: round(best[name] / best["cycle"], 2) for name in steps}
    record = {
        "nanoseconds": {name: round(1e9 * taken, 3) for name, taken in best.items()},
        "cycles": cycles,
        "at_least": BOUNDS,
        "load": round(os.getloadavg()[0], 1),
    }
    print(record)
    return record


@numba.njit(nogil=True)
def _wait(n: int, x: np.uint64) -> np.uint64:
    """Do so many additions, each of what the one before gave, that cannot be done at once."""
    for _ in range(n):
        x += x ^ np.uint64(0x9E3779B97F4A7C15)  # an exclusive or and an addition: two cycles
    return x


if __name__ == "__main__":
    main()
