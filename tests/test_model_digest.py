from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from strategies import binary_encoder, random_network

from lutgen.encode.encoder import Encoder
from lutgen.model import Argmax, Bits, LutNetwork, Provenance, Sum

FEATURE = np.arange(2, dtype=np.int32)


def network() -> LutNetwork:
    return LutNetwork.from_luts(2, [((0, 1), 1), ((0, 2), 6)], head=Argmax.class_number(("1", "2")))


@pytest.mark.parametrize(
    "changes",
    [
        {"tables": np.array([2, 6], np.uint64)},
        {"wires": np.array([1, 0, 0, 2], np.int32)},
        {"outputs": np.array([2], np.int32)},
        {"head": Argmax.class_number(("1", "3"))},
        {"head": Argmax.class_number((1, 2))},
        {"head": Argmax.votes([[0], [2]], classes=("1", "2"))},
        {"head": Argmax.votes([[0], [1]], [1, 0], classes=("1", "2"))},
        {"head": Sum.of([[0], [1]])},
        {"head": Bits()},
        {"encoder": Encoder("binary", 3, FEATURE, np.full(2, 0.5))},
        {"encoder": Encoder("binary", 2, FEATURE[::-1].copy(), np.full(2, 0.5))},
        {"encoder": Encoder("binary", 2, FEATURE, np.array([0.5, 0.25]))},
    ],
    ids=range(12),
)
def test_other_functions_have_other_digests(changes: dict[str, Any]) -> None:
    other = replace(network(), **changes)
    assert other.digest != network().digest
    assert (other.structure_digest == network().structure_digest) == ("tables" in changes)


@pytest.mark.parametrize(
    "changes",
    [
        {"layer": np.array([3, 7], np.int32)},
        {"seen": np.zeros(2, np.uint64)},
        {"seen": np.full(2, 15, np.uint64), "tied": np.array([2, 1], np.uint64)},
        {"encoder": Encoder("threshold", 2, FEATURE, np.full(2, 0.5))},
        {"feature_names": ("a", "b")},
        {"provenance": Provenance(learner="somebody")},
        {"aliases": ("0" * 64,)},
    ],
    ids=range(7),
)
def test_the_digest_is_of_the_function_alone(changes: dict[str, Any]) -> None:
    other = replace(network(), **changes)
    assert other.digest == network().digest
    assert other.structure_digest == network().structure_digest


def test_names_of_bits_and_spellings_of_labels_do_not_matter() -> None:
    def digest(head: Any) -> str:
        return replace(network(), head=head).digest

    assert digest(Bits(("a",))) == digest(Bits())
    assert digest(Argmax.class_number((0, 1))) == digest(Argmax.class_number((0.0, 1.0)))
    assert digest(Argmax.class_number((0, 1))) != digest(Argmax.class_number((False, True)))
    assert digest(Sum.of([[1]], scale=2.0)) != digest(Sum.of([[1]]))
    minus = replace(binary_encoder(2), threshold=np.array([-0.0, 0.5]))
    zero = replace(binary_encoder(2), threshold=np.array([0.0, 0.5]))
    assert replace(network(), encoder=minus).digest == replace(network(), encoder=zero).digest


def test_the_digest_stays_what_it_is() -> None:
    """Bitstreams bear it: it may not change with lutgen's version or its file format."""
    assert network().digest == DIGEST
    assert network().structure_digest == STRUCTURE
    drawn = random_network(np.random.default_rng(5), 9, [4, 3, 1], (1, 8), skip=True)
    assert drawn.digest == DRAWN


DIGEST = "523b0878867f18ba4fd2deebef719b9acf928793846bf8e7439ceec97cbdabaf"
STRUCTURE = "f4b5a9a0b0463458cae86229ca9fb576a02658a0234c571259fdefc6d8a9bfc4"
DRAWN = "c5b37adcbfffd2876f0e17a923ea12d2f99b71650f8da28ff3d6acc68e94c68a"
