"""The differential campaign in short, and that a fault in any one way is seen by that way alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from campaign.definition import answer, coded
from campaign.differential import (
    ICARUS,
    MODEL,
    NETLIST,
    PROOF,
    VERILATOR,
    WAYS,
    YOSYS,
    Subject,
    subject,
    verdicts,
)
from campaign.networks import FORMATS, HEADS, make_case
from faults import visible_flip
from needed import need_tool

from lutgen.chips.registry import families
from lutgen.emit.verilog import emit_verilog
from lutgen.encode.formats import FeatureFormat
from lutgen.flow.tools import find_icarus, find_verilator, find_yosys
from lutgen.model import LutNetwork

# cases of several families, heads and formats with samples that tell faults apart
SHORT = {
    91: (MODEL, VERILATOR, YOSYS),
    123: (NETLIST, ICARUS, PROOF),
}


def test_cases_are_of_every_family_head_and_format() -> None:
    n_cases = len(families()) * len(HEADS) * len(FORMATS)
    found = Counter(
        (case.family, case.head, case.format) for case in map(make_case, range(n_cases))
    )
    assert len(found) == n_cases and set(found.values()) == {1}


def test_a_case_is_made_of_its_number_alone() -> None:
    first, second, other = make_case(100), make_case(100), make_case(101)
    assert first.network.digest == second.network.digest != other.network.digest
    np.testing.assert_array_equal(first.X, second.X)
    assert first.config == second.config


def test_the_definition_answers_by_hand() -> None:
    network = LutNetwork.from_luts(2, [((0, 1), 0b0110), ((0, 1), 0b1000)], outputs=(2, 3, -2))
    assert [answer(network, [0, 1]), answer(network, [1, 1])] == [[1, 0, 1], [0, 1, 1]]


def test_the_value_of_a_code_is_its_floor_and_saturates() -> None:
    item = FeatureFormat(4, True, 0.5, 1.0, -8)
    assert coded(item, 2.4) == Fraction(2) and coded(item, 0.9) == Fraction(1, 2)
    assert (coded(item, 100), coded(item, -100)) == (Fraction(9, 2), Fraction(-5, 2))
    assert coded(item, float("nan")) == Fraction(-3)


def test_all_ways_agree_and_a_fault_is_seen_by_the_way_that_has_it(tmp_path: Path) -> None:
    for find in (find_yosys, find_verilator, find_icarus):
        need_tool(find)
    subjects = [faulty(subject(make_case(number)), ways) for number, ways in SHORT.items()]
    found = list(verdicts(subjects, tmp_path))
    for (item, said), ways in zip(found, SHORT.values(), strict=True):
        assert [verdict.way for verdict in said] == list(WAYS)
        wrong = {verdict.way: verdict.difference for verdict in said if not verdict.agrees}
        assert set(wrong) == set(ways), (item.case.number, wrong)


def faulty(item: Subject, ways: tuple[str, ...]) -> Subject:
    """Return the subject with a fault planted in the forms that some ways look at."""
    core = item.core
    names = [cell.name for cell in core.netlist.cells if not cell.hard]
    netlist, _ = visible_flip(core.netlist, item.bits, names)
    verilog = emit_verilog(netlist, core.family, module=core.module)
    forms = dict.fromkeys(WAYS, verilog) | {NETLIST: netlist, MODEL: faulty_model(item)}
    return replace(item, forms={**item.forms, **{way: forms[way] for way in ways}})


def faulty_model(item: Subject) -> LutNetwork:
    """Return the network with an entry inverted that a sample shows."""
    network, X = item.case.network, item.case.X
    known = X[~np.isnan(X).any(axis=1)]
    for word in range(network.tables.size):
        for bit in range(2):  # every table has these
            tables = network.tables.copy()
            tables[word] ^= np.uint64(1 << bit)
            other = replace(network, tables=tables)
            if (other.predict(known) != network.predict(known)).any():
                return other
    raise AssertionError("no entry shows on these samples")
