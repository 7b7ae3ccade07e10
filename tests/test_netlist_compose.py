import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import random_network, random_samples

from lutgen.bits import Bits
from lutgen.core.lower import lower
from lutgen.errors import NetlistError
from lutgen.netlist.check import check
from lutgen.netlist.compose import compose
from lutgen.netlist.evaluate import evaluate
from lutgen.netlist.ir import CONST1, LUT, Cell, Netlist


def renamed(netlist: Netlist, prefix: str) -> Netlist:
    cells = [Cell(LUT, c.inputs, c.init, f"{prefix}{c.name}", c.layer) for c in netlist.cells]
    return Netlist(netlist.n_inputs, tuple(cells), netlist.outputs)


@given(st.integers(0, 1 << 30))
def test_the_second_reads_what_the_first_answers(seed: int) -> None:
    rng = np.random.default_rng(seed)
    first = lower(random_network(rng, 5, [4, 1], 3))
    first = Netlist(5, first.cells, (CONST1, *range(2 + 5, first.n_nets), 3))
    second = renamed(lower(random_network(rng, len(first.outputs), [3, 1], 2)), "b_")
    both = compose(first, second)
    check(both)
    x = Bits.from_dense(random_samples(rng, 100, 5))
    inner = evaluate(first, x.words)
    inner[0, -1] &= np.uint64((1 << 36) - 1)  # a constant has no samples past the last
    assert np.array_equal(
        Bits(evaluate(both, x.words), 100).to_dense(), Bits(evaluate(second, inner), 100).to_dense()
    )


def test_what_does_not_fit_is_refused() -> None:
    netlist = lower(random_network(np.random.default_rng(0), 4, [2, 1], 2))
    with pytest.raises(NetlistError, match="of 1 outputs cannot feed one of 4 inputs"):
        compose(netlist, netlist)
    one = lower(random_network(np.random.default_rng(0), 1, [1], 1))
    with pytest.raises(NetlistError, match="both netlists have a name l1_n0"):
        compose(netlist, one)
