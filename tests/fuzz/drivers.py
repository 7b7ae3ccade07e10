"""Who makes the inputs: seeded random numbers, Hypothesis, or Atheris, which follows coverage.

Input i of a seed is the same whenever it is asked for: by ``mutate`` alone, by ``hypothesis``
within its batch. What ``atheris`` tries depends on what it saw before.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from random import Random

import hypothesis
from hypothesis import HealthCheck, Phase, given, settings

from fuzz.target import Target, Value

MUTATE, HYPOTHESIS, ATHERIS = "mutate", "hypothesis", "atheris"
DRIVERS = (MUTATE, HYPOTHESIS, ATHERIS)
BATCH = 500  # examples that Hypothesis makes at a time

Take = Callable[[int, Value], bool]
"""Takes an input's number and an input, and tells whether more are wanted."""


def input_of(target: Target, seed: int, number: int) -> Value:
    """Return input `number` of a seed, as ``mutate`` makes it."""
    return target.make(Random(f"{target.name} {seed} {number}"))


def by_mutation(target: Target, seed: int, numbers: range, take: Take) -> None:
    """Make inputs of seeded random numbers."""
    for number in numbers:
        if not take(number, input_of(target, seed, number)):
            return


def by_hypothesis(target: Target, seed: int, numbers: range, take: Take) -> None:
    """Make inputs by the target's strategy, in batches, each of a seed of its own."""
    strategy = target.inputs()
    for start in range(-(-numbers.start // BATCH) * BATCH, numbers.stop, BATCH):
        place = start
        wanted = True

        @hypothesis.seed(Random(f"{target.name} {seed} {start}").getrandbits(64))
        @settings(
            max_examples=min(BATCH, numbers.stop - start),
            database=None,
            deadline=None,
            phases=(Phase.generate,),
            suppress_health_check=list(HealthCheck),
        )
        @given(strategy)
        def play(value: Value) -> None:
            nonlocal place, wanted
            wanted = wanted and take(place, value)
            place += 1

        play()
        if not wanted:
            return


def by_atheris(target: Target, seed: int, numbers: range, take: Take) -> None:
    """Let Atheris make inputs; it never returns, but ends the process.

    lutgen has to be imported in :func:`instrumented`. A target without `seeds` gets its bytes
    through Hypothesis.
    """
    import atheris

    places = iter(numbers)
    if target.seeds is None:

        @settings(database=None, deadline=None, suppress_health_check=list(HealthCheck))
        @given(target.inputs())
        def play(value: Value) -> None:
            if (place := next(places, None)) is not None:
                take(place, value)

        play_bytes = play.hypothesis.fuzz_one_input
    else:

        def play_bytes(data: bytes) -> None:
            if (place := next(places, None)) is not None:
                take(place, data)

    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        rng = Random(seed)
        noise = [rng.randbytes(4096) for _ in range(20)]  # Hypothesis takes what it needs of it
        for i, data in enumerate(target.seeds() if target.seeds else noise):
            (Path(folder) / str(i)).write_bytes(data)
        words = [
            f"-runs={len(numbers)}",
            f"-seed={seed % 2**31 or 1}",
            "-timeout=60",
            "-rss_limit_mb=0",
        ]
        words += [
            "-max_len=65536",
            "-len_control=0",
            "-print_final_stats=0",
            "-verbosity=0",
            folder,
        ]
        atheris.Setup([sys.argv[0], *words], play_bytes)
        atheris.Fuzz()


def instrument() -> None:
    """Have all of lutgen that is imported from here on tell Atheris what it covers."""
    import atheris

    atheris.instrument_imports(include=["lutgen"]).__enter__()


PLAY = {MUTATE: by_mutation, HYPOTHESIS: by_hypothesis, ATHERIS: by_atheris}
