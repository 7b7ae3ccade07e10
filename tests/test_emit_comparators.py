"""Comparators in Verilog: written as comparisons, proved and simulated; faults are seen."""

import re
from pathlib import Path

import numpy as np
import pytest
from kits import FORMATS, X, core
from strategies import voting_network

from lutgen.bits import Bits
from lutgen.core import CoreConfig, make_core
from lutgen.emit.comparators import comparisons
from lutgen.emit.verilog import behavioural_verilog, core_verilog
from lutgen.encode.encoder import fit_encoder
from lutgen.errors import NetlistError
from lutgen.flow.lint import lint
from lutgen.netlist.evaluate import evaluate_nets
from lutgen.netlist.ir import ENCODER
from lutgen.verify.compare import check_rtl, require_equal
from lutgen.verify.prove import prove_verilog, require_proved

WIDE = ("s24:scale=2^-9", "u16:scale=0.1:offset=-900", "s9", "u24:scale=2^-10:offset=-5")


@pytest.mark.parametrize("formats", [FORMATS, WIDE], ids=["some wide", "all wide"])
@pytest.mark.parametrize("chip", ["generic", "ice40"])
def test_comparators_are_comparisons_and_equal_the_model(
    tmp_path: Path, chip: str, formats: tuple[str, ...]
) -> None:
    made = core(chip, input_format=formats, pipeline=0)
    text = core_verilog(made) if chip == "generic" else behavioural_verilog(made)
    found = re.findall(r"wire e\w+ = (.*);", text)
    assert found
    if chip == "generic":
        assert all(">=" in item for item in found), found
        assert "$signed" in text and max(map(len, text.splitlines())) < 400
        require_proved([prove_verilog(made, tmp_path / "proof")])
        (tmp_path / "iris.v").write_text(text)
        assert lint([tmp_path / "iris.v"], top="iris") == []
        x = made.interface.samples(X)
        require_equal([check_rtl(made, x, tmp_path / "rtl", simulator="icarus")])


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (r">= (\d+)'d(\d+);", lambda m: f">= {m[1]}'d{int(m[2]) - 1};"),
        (r">= -(\d+)'sd", r">= \1'sd"),
        (r"\$signed\((x\[\d+ \+: \d+\])\) >= -?(\d+)'sd", r"\1 >= \2'd"),
        (r">= (\d+)'d", r"> \1'd"),
    ],
)
def test_a_wrong_comparison_is_refuted(tmp_path: Path, right: str, wrong: object) -> None:
    made = core(input_format=WIDE, pipeline=0)
    planted, n_planted = re.subn(right, wrong, core_verilog(made))  # type: ignore[call-overload]
    assert n_planted
    if wrong == r"> \1'd":  # no comparator of lutgen's: not read at all
        with pytest.raises(NetlistError, match=r"\$gt"):
            prove_verilog(made, tmp_path, verilog=planted)
        return
    proof = prove_verilog(made, tmp_path, verilog=planted)
    assert proof.result.counterexample is not None


def test_each_comparison_says_what_its_table_does() -> None:
    """Found again in the tables, and evaluated: for every LUT of the encoder, on random bits."""
    made = core(input_format=WIDE, pipeline=0)
    netlist = made.netlist
    found, unread = comparisons(netlist)
    encoder = {
        net for net, cell in enumerate(netlist.cells, netlist.first_cell) if cell.part == ENCODER
    }
    assert found.keys() == encoder and unread and unread < encoder
    rng = np.random.default_rng(5)
    x = rng.integers(0, 2, (64 * 20, netlist.n_inputs), dtype=np.uint8)
    x[: len(X)] = made.interface.samples(X).to_dense()
    nets = Bits(evaluate_nets(netlist, Bits.from_dense(x).words), len(x)).to_dense()
    for net, item in found.items():
        own = x[:, item.low : item.low + item.width].astype(np.int64)
        numbers = (own << np.arange(item.width)).sum(axis=1)
        if item.is_signed:
            numbers ^= 1 << (item.width - 1)
        assert np.array_equal(nets[:, net], numbers >= item.rank)


def test_yosys_reads_many_wide_comparators_in_seconds(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    data = rng.normal(size=(500, 12)) * 1000
    encoder = fit_encoder("thermometer:16:quantile", data)
    network = voting_network(rng, encoder.n_bits, [60], 4, 3, encoder=encoder)
    made = make_core(network, CoreConfig(input_format="s16", accept_rounding=True))
    text = core_verilog(made)
    assert text.count(">= ") > 60 and max(map(len, text.splitlines())) < 3000
    proof = prove_verilog(made, tmp_path)
    require_proved([proof])
    assert proof.seconds < 60
