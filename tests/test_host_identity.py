"""Who a device says it is: words, and the interface that they tell."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import random_network, voting_network

from lutgen.core import Interface
from lutgen.core.interface import BITS
from lutgen.encode.encoder import fit_encoder
from lutgen.encode.formats import FeatureFormat
from lutgen.errors import ConfigError, MismatchError
from lutgen.host.identity import COMMON, ENCODED, N_WORDS, TABLE, Identity, info_words, read_info
from lutgen.model import Bits, LutNetwork, Sum
from lutgen.netlist.head import NUMBER, SCORES

FORMATS = st.builds(
    FeatureFormat,
    st.integers(1, 16),
    st.booleans(),
    st.floats(1e-300, 1e300),
    st.floats(-1e307, 1e307),
)
IDENTITIES = st.builds(
    Identity,
    core_id=st.binary(min_size=32, max_size=32).map(bytes.hex),
    n_inputs=st.integers(1, 8 * 65535),
    answer=st.sampled_from([NUMBER, SCORES, BITS]),
    answer_width=st.integers(1, 32),
    number_width=st.integers(1, 32),
    form=st.sampled_from([ENCODED, TABLE]),
) | st.builds(
    Identity,
    core_id=st.just("07" * 32),
    n_inputs=st.integers(1, 8 * 65535),
    form=st.just(COMMON),
    format=FORMATS,
)


def digits_like(rng: np.random.Generator) -> LutNetwork:
    encoder = fit_encoder("thermometer:4:uniform", rng.integers(0, 32, (50, 6)))
    return voting_network(rng, encoder.n_bits, [8, 8], 4, n_classes=5, encoder=encoder)


@given(IDENTITIES)
def test_the_identity_comes_back_as_it_was(identity: Identity) -> None:
    words = info_words(identity)
    assert len(words) == N_WORDS[2] and all(0 <= word < 1 << 32 for word in words)
    assert read_info(words) == identity


def test_words_are_as_documented() -> None:
    core_id = "".join(f"{i:02x}" for i in range(32))
    format_ = FeatureFormat(9, signed=True, scale=0.5, offset=-2.0)
    words = info_words(Identity(core_id, 1800, SCORES, 24, 8, COMMON, format_))
    assert words[:3] == [2, 1800, 0x03020100] and words[9] == 0x1F1E1D1C
    assert words[10:12] == [1 | 24 << 8 | 8 << 16, 1 | 9 << 8 | 1 << 16]
    assert words[12:] == [0, 0x3FE00000, 0, 0xC0000000]  # 0.5 and -2.0


def test_the_words_of_version_1() -> None:
    digest = "".join(f"{i:02x}" for i in range(32))
    halves = [int(digest[i + 2 : i + 4] + digest[i : i + 2], 16) for i in range(0, 64, 4)]
    identity = read_info([1, 0x2345, 0x0701, *halves])
    assert identity == Identity(digest, 0x12345, form=COMMON, format=FeatureFormat(7), version=1)
    assert read_info([1, 20, 0, *halves]) == Identity(digest, 20, version=1)
    assert len(halves) + 3 == N_WORDS[1]


@pytest.mark.parametrize("formats", [
    (), (FeatureFormat(5),) * 6, (FeatureFormat(24, scale=2.0**-20),) * 6,
    (FeatureFormat(7, signed=True, scale=0.25, offset=3.0),) * 6,
])  # fmt: skip
def test_the_interface_comes_of_the_identity(formats: tuple[FeatureFormat, ...]) -> None:
    network = digits_like(np.random.default_rng(1))
    other = replace(network, head=replace(network.head, bias=network.head.bias + np.int32(1)))
    told = read_info(info_words(Identity.of(Interface(network, formats))))
    assert told.interface(network).core_id == told.core_id
    assert told.interface(network).formats == formats
    assert told.interface(other).core_id != told.core_id


def test_several_formats_are_not_told() -> None:
    network = digits_like(np.random.default_rng(1))
    missing = (FeatureFormat(5, missing=31),) * 6  # the words have no place for the code
    for formats in ((FeatureFormat(6), *(FeatureFormat(5),) * 5), missing):
        told = read_info(info_words(Identity.of(Interface(network, formats))))
        assert told.form == TABLE and told.n_inputs == sum(item.width for item in formats)
        with pytest.raises(MismatchError, match=r"several formats.*interface=core.interface"):
            told.interface(network)


def test_what_answers_are() -> None:
    network = random_network(np.random.default_rng(2), 12, [6, 6], 4)
    network = replace(network, outputs=np.arange(18, 24, dtype=np.int32), head=Bits())
    told = Identity.of(Interface(network))
    assert (told.answer, told.answer_width, told.number_width) == (BITS, 6, 1)
    assert told.describe() == "input: 12 bits, encoded bits; answer: 6 bits, bits"
    sums = Sum.of([[3, -5, 0, 1, 2, 9], [1, 1, 1, 1, 1, 1]])
    told = Identity.of(Interface(replace(network, head=sums)))
    assert (told.answer, told.answer_width, told.number_width) == (SCORES, 10, 5)
    with pytest.raises(ConfigError, match="not one bit a class; leave one_hot out"):
        Identity.of(Interface(digits_like(np.random.default_rng(1)), one_hot=True))


def test_what_is_not_known_is_refused() -> None:
    words = info_words(Identity("00" * 32, 8, answer_width=3))
    with pytest.raises(MismatchError, match="answers of kind 9, features of kind 0"):
        read_info([*words[:10], 9, *words[11:]])
    with pytest.raises(MismatchError, match="format of features that is none: a feature must have"):
        read_info([*words[:11], 1 | 77 << 8, *words[12:]])
