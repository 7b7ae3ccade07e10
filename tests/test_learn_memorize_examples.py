"""The paper's worked examples, number by number (Chatterjee 2018, sections 2 and 3).

The paper prints a pattern with input 0 first; a table address has input 0 as bit 0.
"""

import numpy as np

from lutgen.bits import pack
from lutgen.learn.fill import Fill
from lutgen.learn.memorize.layer import learn_plain

SAMPLES = ["000", "000", "000", "001", "100", "110", "110"]
LABELS = np.array([0, 1, 1, 1, 0, 0, 1], dtype=np.uint8)
X = np.array([[int(bit) for bit in sample] for sample in SAMPLES], dtype=np.uint8)


def address(pattern: str) -> int:
    return sum(int(bit) << j for j, bit in enumerate(pattern))


def learn(signals: np.ndarray, wires: list[list[int]], policy: str = "zero", prior: int = 0):
    keys = np.arange(len(wires), dtype=np.uint64)
    fill = Fill(policy, keys, prior)
    return learn_plain(pack(signals), LABELS, np.array(wires, dtype=np.int32), fill)


def entries(words: np.ndarray, patterns: list[str]) -> str:
    return "".join(str(int(words[0]) >> address(p) & 1) for p in patterns)


def all_patterns(k: int) -> list[str]:
    return [f"{i:0{k}b}" for i in range(1 << k)]


def test_example_1() -> None:
    layer = learn(X, [[0, 1, 2]])
    patterns = all_patterns(3)
    #                                  000 001 010 011 100 101 110 111, draws filled with 0
    assert entries(layer.luts.tables[0], patterns) == "11000000"
    assert entries(layer.luts.seen[0], patterns) == "11001010"
    assert entries(layer.luts.tied[0], patterns) == "00000010"
    ones = learn(X, [[0, 1, 2]], "majority", prior=1)
    assert entries(ones.luts.tables[0], patterns) == "11110111"
    # "f gets all training examples correct except for the first and sixth" with 110 -> 1
    assert np.flatnonzero(np.array([int(b) for b in f"{int(ones.outputs[0, 0]):07b}"[::-1]])
                          != LABELS).tolist() == [0, 5]  # fmt: skip
    assert ones.n_correct.tolist() == [5]


def test_example_2() -> None:
    first = learn(X, [[0, 1], [0, 2]])
    patterns = all_patterns(2)
    assert entries(first.luts.tables[0], patterns) == "1000"  # paper: 1 1* 0 1*
    assert entries(first.luts.seen[0], patterns) == "1011"
    assert entries(first.luts.tied[0], patterns) == "0001"
    assert entries(first.luts.tables[1], patterns) == "1100"  # paper: 1 1 0 1*
    assert entries(first.luts.seen[1], patterns) == "1110"
    # the paper's random picks (its asterisks) were all ones here
    f10 = [1, 1, 0, 1]
    f11 = [1, 1, 0, 1]
    hidden = np.array([[f10[2 * a + b], f11[2 * a + c]] for a, b, c in X], dtype=np.uint8)
    assert ["".join(map(str, row)) for row in hidden] == ["11", "11", "11", "11", "00", "10", "10"]
    second = learn(hidden, [[0, 1]], "majority", prior=1)
    assert entries(second.luts.tables[0], patterns) == "0111"  # paper: 0 1* 0* 1
    assert entries(second.luts.seen[0], patterns) == "1011"
    assert entries(second.luts.tied[0], patterns) == "0010"
    # "the same performance on the training set as ... the 3-lut in Example 1"
    assert (
        second.n_correct.tolist() == learn(X, [[0, 1, 2]], "majority", prior=1).n_correct.tolist()
    )


def test_neighbour_fill_takes_the_majority_of_decided_entries_at_distance_one() -> None:
    layer = learn(X, [[0, 1, 2]], "neighbour")
    table = dict(zip(all_patterns(3), entries(layer.luts.tables[0], all_patterns(3)), strict=True))
    assert table["101"] in "01"  # neighbours 001 -> 1, 100 -> 0, 111 undecided: a draw
    assert table["010"] == "1"  # neighbours 000 -> 1, 011 and 110 undecided
    assert table["011"] == "1"  # neighbours 001 -> 1, 010 and 111 undecided
    assert table["110"] == "0"  # neighbours 100 -> 0, 010 and 111 undecided


def test_a_lut_is_never_worse_than_its_inputs() -> None:
    rng = np.random.default_rng(0)
    signals = rng.integers(0, 2, (500, 12)).astype(np.uint8)
    labels = (signals[:, 0] | signals[:, 3] & rng.integers(0, 2, 500)).astype(np.uint8)
    fill = Fill("random", np.zeros(1, np.uint64), 0)
    for k in range(1, 9):
        layer = learn_plain(pack(signals), labels, np.arange(k, dtype=np.int32)[None], fill)
        best_input = max((signals[:, j] == labels).sum() for j in range(k))
        assert layer.n_correct[0] >= best_input
