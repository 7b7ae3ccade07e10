"""Training time of experiment 1: the numba kernels beside plain NumPy, in turn, in one process.

Reads nothing but MNIST; the time is that of `memorize` on packed bits (wires, counting, tables,
outputs and the finished model), after one run of each to compile and warm up; and the seconds that
processors are busy, which others' work disturbs less.

``--stages`` measures instead what each step of the kernels takes, in cycles a sample and LUT of one
thread (the processor's time of the thread, the best of some runs; a cycle is what an addition takes
that waits for the one before), and writes ``results/learn_stages.json``; and what it takes to score
a candidate in the search for wires by how many there are.
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
from lutgen.learn import kernels, parities
from lutgen.learn.boost import searching
from lutgen.learn.byclass import ByClass
from lutgen.learn.fill import Fill
from lutgen.learn.memorize import Parameters
from lutgen.learn.vectors import aligned

PARAMETERS = Parameters(k=8, widths=(1024,) * 5, seed=0)
STAGES = Path(__file__).parent / "results" / "learn_stages.json"
N_SAMPLES, N_SIGNALS, K = 60_000, 1024, 8
# What a step takes at least, in cycles a sample. Two operations on 512 bits a cycle (a vector takes
# two turns of four units of 256 bits) and one load of 512 bits: 3 * 255 operations count a vector,
# 64 leaves and 8 signals are loaded to apply. By addresses, counting writes a counter a sample,
# one a cycle as measured; looking up reads entry and table, three accesses a cycle.
# AMD, Software Optimization Guide for the AMD Zen4 Microarchitecture (57647), 2.6.2 and 2.11.
BOUNDS = {
    "count by parities": 0.75,
    "multiplex": 0.14,
    "count by addresses": 1.0,
    "look up": 0.67,
}


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
    busy: dict[str, list[float]] = {name: [] for name in contestants}
    for run in range(options.runs + 1):
        for name, learn in contestants.items():
            start, begin = time.perf_counter(), time.process_time()
            learn()
            if run:
                seconds[name].append(time.perf_counter() - start)
                busy[name].append(time.process_time() - begin)
    plain = seconds["NumPy, 1 thread"]
    load = os.getloadavg()[0]
    print(
        f"experiment 1, {options.runs} runs in turn, {os.cpu_count()} processors, load {load:.1f}"
    )
    print(f"{'':32}{'min':>8}{'median':>8}{'max':>8}{'busy':>8}   plain / it: pairs, minima")
    for name, times in seconds.items():
        ratio = statistics.median(a / b for a, b in zip(plain, times, strict=True))
        print(
            f"{name:32}{min(times):7.3f}s{statistics.median(times):7.3f}s{max(times):7.3f}s"
            f"{min(busy[name]):7.3f}s   {ratio:.1f}  {min(plain) / min(times):.1f}"
        )


def stages(n_runs: int) -> dict[str, object]:
    """Return cycles a sample and LUT of each step, on random signals as large as the images'."""
    rng = np.random.default_rng(0)
    samples = ByClass.of(rng.integers(0, 2, N_SAMPLES, dtype=np.uint8))
    first, end = (np.uint64(word) for word in samples.ends)
    n_words = samples.ends[1]
    signals = aligned(N_SIGNALS, n_words)
    signals[:] = rng.integers(0, 1 << 64, signals.shape, dtype=np.uint64) & samples.places
    flat = signals.reshape(-1)
    wires = rng.permuted(np.tile(np.arange(N_SIGNALS, dtype=np.int32), (300, 1)), axis=1)[:, :K]
    rows = wires.astype(np.uint64) * np.uint64(n_words)
    parity, scratch = aligned(n_words), aligned(parities.SCRATCH)
    leaves = np.empty(parities.N_LEAVES, dtype=np.uint64)
    sums = np.zeros((2, 1 << K), dtype=np.int64)
    offsets = kernels.class_offsets(samples.labels, K, n_words)
    zeros, outputs = np.zeros(n_words, dtype=np.uint64), aligned(n_words)
    low = np.empty((8, n_words), dtype=np.uint64)
    entries = np.empty_like(offsets)
    counts = np.empty((8, 3 << K), dtype=np.uint32)
    words = rng.integers(0, 1 << 64, (1 << K) // 64, dtype=np.uint64)
    table = rng.integers(0, 2, 3 << K, dtype=np.uint8)
    octets = low.view(np.uint8).reshape(-1)
    learnt = [np.empty((len(wires), 4), dtype=np.uint64) for _ in range(3)]
    answers, n_right = aligned(len(wires), n_words), np.empty(len(wires), dtype=np.int64)
    found = learnt[0], learnt[1], learnt[2], answers, n_right

    def count(i: int) -> None:
        n_zeros, n_ones = samples.n_samples
        parities.count(flat, rows[i], K, np.uint64(0), first, n_zeros, parity, sums[0])
        parities.count(flat, rows[i], K, first, end, n_ones, parity, sums[1])

    steps: dict[str, Callable[[int], object]] = {
        "count by parities": count,
        "multiplex": lambda i: parities.multiplex(
            flat, rows[i], K, words, leaves, scratch, outputs
        ),
        "transpose": lambda i: kernels._address_bytes(signals, zeros, wires[i], 0, low),
        "join": lambda _: kernels._join(octets, octets, K, offsets, entries),
        "count by addresses": lambda _: kernels._count(entries, counts),
        "look up": lambda _: kernels._look_up(entries, table, outputs),
    }
    fill = Fill("random", np.arange(len(wires), dtype=np.uint64), 0)
    ways = {"learn by parities": None, "learn by addresses": offsets}
    n_additions = 10_000_000
    best = {name: float("inf") for name in ("cycle", *steps, *ways)}
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
        for name, way in ways.items():
            start = time.thread_time()
            kernels.learn_luts(signals, samples, way, wires, fill, found)
            taken = (time.thread_time() - start) / (len(wires) * N_SAMPLES)
            best[name] = min(best[name], taken) if run else float("inf")
    cycles = {name: round(best[name] / best["cycle"], 2) for name in (*steps, *ways)}
    record: dict[str, object] = {
        "nanoseconds": {name: round(1e9 * taken, 3) for name, taken in best.items()},
        "cycles": cycles,
        "at_least": BOUNDS,
        "nanoseconds a candidate": {n: candidate(n, n_runs) for n in (1_568, 4_000, 18_000)},
        "load": round(os.getloadavg()[0], 1),
    }
    print(record)
    return record


def candidate(n_signals: int, n_runs: int) -> float:
    """Return nanoseconds to score a signal beside five wires, with 12,000 samples drawn."""
    rng = np.random.default_rng(0)
    n_drawn, n_addresses, width = 12_000, 32, -(-n_signals // 64)
    rows = rng.integers(0, 1 << 64, (n_drawn + 1, width), dtype=np.uint64)
    rows[-1] = 0
    negative = rng.integers(0, 2, n_drawn, dtype=np.uint8)
    address = rng.integers(0, n_addresses, n_drawn).astype(np.uint16)
    order = np.empty(n_drawn, dtype=np.uint64)
    start = np.empty(2 * n_addresses + 1, dtype=np.int64)
    n_negative = np.empty(2 * n_addresses, dtype=np.int64)
    searching._sort(address, negative, 0, width, n_addresses, order, start, n_negative)
    scores = np.empty(64 * width, dtype=np.int32)
    best = float("inf")
    for run in range(n_runs + 1):
        begin = time.thread_time()
        searching._score(
            rows.reshape(-1), width, order, start, n_negative, n_addresses, 0, width, scores
        )
        best = min(best, time.thread_time() - begin) if run else best
    return round(1e9 * best / n_signals, 1)


@numba.njit(nogil=True)
def _wait(n: int, x: np.uint64) -> np.uint64:
    """Do so many additions, each of what the one before gave, that cannot be done at once."""
    for _ in range(n):
        x += x ^ np.uint64(0x9E3779B97F4A7C15)  # an exclusive or and an addition: two cycles
    return x


if __name__ == "__main__":
    main()
