import doctest
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from strategies import networks

from lutgen.encode.encoder import Encoder
from lutgen.errors import ModelError
from lutgen.model import Argmax, Bits, LutNetwork, network


def test_the_example_of_the_documentation() -> None:
    found = doctest.testmod(network)
    assert found.attempted >= 3 and not found.failed


@given(networks())
def test_a_network_taken_apart_is_put_together_again(made: LutNetwork) -> None:
    luts = [
        (made.lut_wires(lut).tolist(), made.lut_init(lut) if lut % 2 else made.lut_table(lut))
        for lut in range(made.n_luts)
    ]
    again = LutNetwork.from_luts(
        made.n_inputs, luts, outputs=made.outputs.tolist(), head=made.head, encoder=made.encoder
    )
    assert again.digest == made.digest


@given(networks())
def test_blocks_make_the_network_that_single_luts_make(made: LutNetwork) -> None:
    blocks = [
        (made.lut_wires(lut)[None], made.lut_table(lut)[None], made.lut_table(lut)[None])
        for lut in range(made.n_luts)
    ]
    again = LutNetwork.from_arrays(
        made.n_inputs,
        blocks,
        outputs=made.outputs,
        head=made.head,
        encoder=made.encoder,
        layers=made.layer.tolist(),
    )
    assert again.digest == made.digest
    assert again.layer.tolist() == made.layer.tolist()
    assert np.array_equal(again.seen, made.tables) and not again.tied.any()


def test_blocks_of_several_luts() -> None:
    block = ([[0, 1], [2, 0]], [[0, 1, 1, 0], [1, 0, 0, 0]])
    made = LutNetwork.from_arrays(2, [block, ([[2] * 7], [[1] + [0] * 127])], outputs=[3, 4])
    assert made.lut_init(0) == 6 and made.lut_init(1) == 1 and made.lut_init(2) == 1
    assert made.fan_in.tolist() == [2, 2, 7] and made.layer.tolist() == [1, 1, 2]
    assert made.seen.tolist() == [15, 15, 2**64 - 1, 2**64 - 1]
    assert LutNetwork.from_arrays(3, [], outputs=[1]).n_luts == 0


@pytest.mark.parametrize(
    ("blocks", "message"),
    [
        ([None], r"block 0: must be \(wires, tables\)"),
        ([([0, 1], [0, 1])], r"block 0: wires must be .* got int64 of shape \(2,\)"),
        ([([[0] * 17], [[0]])], "k 1 to 16"),
        ([([[0.5, 1]], [[0] * 4])], "wires must be whole numbers"),
        ([([[0, 1]], [[0] * 8])], r"tables must be 0 and 1 of shape \(1, 4\), got"),
        ([([[0, 1]], [[0, 1, 2, 0]])], "tables must be 0 and 1"),
        ([([[0, 1]], [[0] * 4], [[0] * 2])], "tables must be 0 and 1"),
        ([([[0, 1]], [[0] * 4]), ([[1 << 40]], [[0, 1]])], "block 1: wires must be signals"),
        ([([[0, 2]], [[0] * 4])], "LUT 0 reads signal 2, which is not an earlier one"),
    ],
)
def test_blocks_that_are_none(blocks: Any, message: str) -> None:
    with pytest.raises(ModelError, match=message):
        LutNetwork.from_arrays(2, blocks)
    with pytest.raises(ModelError, match="one a block"):
        LutNetwork.from_arrays(2, [([[0]], [[0, 1]])], layers=[1, 2])


def test_defaults() -> None:
    made = LutNetwork.from_luts(3, [((0, 1), 6), ((2, 3), [0, 1, 1, 0]), ((0,), 1)])
    assert made.outputs.tolist() == [5] and isinstance(made.head, Bits)
    assert made.layer.tolist() == [1, 1, 1]  # the last LUT is of layer 1 again
    assert LutNetwork.from_luts(2, [((0, 1), 6), ((0, 2), 6)]).layer.tolist() == [1, 2]
    assert LutNetwork.from_luts(2, [((0, 1), 6)], layers=[4]).layer.tolist() == [4]
    assert made.encoder.kind == "binary" and made.encoder.n_features == 3
    assert made.seen.tolist() == [15, 15, 3] and not made.tied.any()
    wide = LutNetwork.from_luts(8, [(tuple(range(8)), (1 << 256) - 1)])
    assert wide.seen.tolist() == [2**64 - 1] * 4
    assert LutNetwork.from_luts(np.int64(2), [(np.array([0, 1]), np.uint8(6))]).n_luts == 1


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        ((0, []), {}, "n_inputs must be a whole number of 1 or more, got 0"),
        (("3", []), {}, "n_inputs must be a whole number of 1 or more, got '3'"),
        ((True, []), {}, "n_inputs must be a whole number"),
        ((2, 5), {}, r"luts must be a list of \(wires, table\), got int"),
        ((2, []), {}, "there are no LUTs: name the outputs"),
        ((2, [None]), {}, r"LUT 0: must be \(wires, table\), wires a list of signals; got None"),
        ((2, [((0, 1), 6), ((0, "a"), 6)]), {}, "LUT 1: must be"),
        ((2, [((0.5, 1), 6)]), {}, "LUT 0: must be"),
        ((2, [((), 0)]), {}, "LUT 0: reads 0 signals; 1 to 16 are possible"),
        ((20, [(range(17), 0)]), {}, "LUT 0: reads 17 signals"),
        ((2, [((0, 2), 6)]), {}, "LUT 0: reads signal 2; earlier ones are 0 to 1"),
        ((2, [((0, -1), 6)]), {}, "LUT 0: reads signal -1"),
        ((2, [((0, 1), 16)]), {}, "LUT 0: its table 0x10 does not fit the 4 entries of its 2 inpu"),
        ((2, [((0, 1), -1)]), {}, "LUT 0: its table -0x1 does not fit"),
        ((2, [((0, 1), [0, 1])]), {}, "LUT 0: its table must be an integer or 4 entries of 0 and"),
        ((2, [((0, 1), [0, 1, 2, 0])]), {}, "LUT 0: its table must be"),
        ((2, [((0, 1), 6.5)]), {}, "LUT 0: its table must be"),
        ((2, [((0, 1), 6)]), {"outputs": (3,)}, "reads signal 3, which is none of the 3 signals"),
        ((2, [((0, 1), 6)]), {"outputs": "abc"}, "outputs must be a list of signals"),
        ((2, [((0, 1), 6)]), {"outputs": (1 << 40,)}, "outputs must be signals of the network"),
        ((2, [((0, 1), 6)]), {"outputs": ()}, "outputs must be a list of signals|no output"),
        ((2, [((0, 1), 6)]), {"head": "argmax"}, "head must be an Argmax, a Sum or Bits .*got str"),
        ((2, [((0, 1), 6)]), {"head": Argmax.groups(2, 2)}, "2 classes and 1 outputs"),
        ((2, [((0, 1), 6)]), {"encoder": 3}, "encoder must be an Encoder, got int"),
        ((2, [((0, 1), 6)]), {"layers": [1, 2]}, "layers must be 1 whole numbers, one a LUT"),
        ((2, [((0, 1), 6)]), {"layers": [0]}, "layers must start at 1"),
        ((2, [((0, 1), 6)]), {"feature_names": ["a"]}, r"1 name\(s\) for 2 features"),
        (
            (2, [((0, 1), 6)]),
            {"encoder": Encoder("binary", 3, np.arange(3, dtype=np.int32), np.full(3, 0.5))},
            "2 input bits, but an encoder of 3 bits",
        ),
        ((2, [((9, 9), 99)] * 20), {}, r"and \d+ more"),
    ],
)
def test_faults_are_told_in_words(arguments: Any, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        LutNetwork.from_luts(*arguments, **options)
