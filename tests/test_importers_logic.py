"""Files of logic: AIGER, BLIF, PLA, .bench and Verilog, against each other and other readers."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from importing import damages, equal, every_sample, import_bytes, survives
from needed import need_folder, need_module, need_tool
from netlists import assert_same_function, exhaustive, netlists
from strategies import random_network

from lutgen.core.lower import lower
from lutgen.emit.aiger import make_aig
from lutgen.emit.blif import emit_blif
from lutgen.errors import ConfigError, ModelError
from lutgen.flow.tools import find_yosys
from lutgen.importers import import_file
from lutgen.importers.verilog import harmless
from lutgen.model import Argmax, Bits, LutNetwork
from lutgen.netlist.evaluate import evaluate
from lutgen.netlist.ir import Netlist

SHARED = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
EPFL = ("adder", "cavlc", "ctrl", "router")
BLIF = """\
# a full adder, and more
.model more
.inputs a b \\
  c
.outputs sum carry one zero same wide
.names t c sum
01 1
10 1
.names a b t   # used before
00 0
11 0
.names a b c carry
11- 1
1-1 1
-11 1
.names one
1
.names zero
.names a same
1 1
.names a b c a b c a b c a b c a b c a b c wide
111111111111111111 1
.end
"""
PLA = ".i 3\n.o 2\n.ilb a b c\n.ob y z\n.type {}\n.p 4\n1-0 10\n000 -1\n011 0~\n111 01\n.e\n"
BENCH = """\
INPUT(a)
INPUT(b)
INPUT(c)
OUTPUT(y)
OUTPUT(z)
y = NAND(t, c, a)  # t comes later
t = XNOR(a, b, c)
n = NOT(t)
v = vdd
z = LUT 0x4e ( n, b, v )
"""


# -- files of others -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", EPFL)
def test_forms_of_one_circuit_are_proved_equal(name: str) -> None:
    folder = need_folder("fixtures", "epfl")
    original = import_file(folder / f"{name}.aig").network
    others = [folder / f"{name}.blif", *folder.glob(f"{name}_size_*.blif")]
    for path in others:
        proof = equal(original, import_file(path).network)
        assert proof.proved and proof.n_outputs == original.outputs.size
    by_name = import_file(others[0]).network
    assert by_name.feature_names == original.feature_names
    assert isinstance(by_name.head, Bits) and isinstance(original.head, Bits)
    assert by_name.head.names == original.head.names


def test_a_planted_fault_is_found_between_files(tmp_path: Path) -> None:
    folder = need_folder("fixtures", "epfl")
    text = (folder / "ctrl.blif").read_text()
    row = text.rindex("\n11 1\n")
    wrong = import_bytes(tmp_path, text[:row] + "\n10 1\n" + text[row + 6 :], "wrong.blif").network
    assert equal(import_file(folder / "ctrl.aig").network, wrong).counterexample is not None


def test_another_reader_proves_the_same(tmp_path: Path) -> None:
    aigverse = need_module("aigverse.io", "pip install aigverse")
    check = need_module("aigverse.algorithms", "pip install aigverse").equivalence_checking
    paths = [*need_folder("fixtures", "iwls").glob("*.aig")]
    paths += [*need_folder("fixtures", "epfl").glob("ctrl.aig")]
    assert len(paths) == 8
    for path in paths:
        network = import_file(path).network
        again = tmp_path / path.name
        again.write_bytes(make_aig(lower(network)).to_binary())
        theirs = aigverse.read_aiger_into_aig(str(path))
        assert check(theirs, aigverse.read_aiger_into_aig(str(again))) is True, path.name
        wrong = LutNetwork.from_luts(
            network.n_inputs, [((0, 1), 0b0110)], outputs=[network.n_inputs] * network.outputs.size
        )
        again.write_bytes(make_aig(lower(wrong)).to_binary())
        assert check(theirs, aigverse.read_aiger_into_aig(str(again))) is not True


def test_lut_results_without_an_original_are_read_whole() -> None:
    folder = need_folder("fixtures", "epfl")
    decoder = import_file(folder / "dec_size_2018.blif").network
    assert (decoder.predict(every_sample(8)).sum(axis=1) == 1).all()
    assert int(decoder.fan_in.max()) <= 6
    for name in ("int2float_size_2024", "priority_size_2024"):
        assert import_file(folder / f"{name}.blif").network.n_luts


def test_scores_that_torchlogix_writes_as_bits() -> None:
    folder = need_folder("fixtures", "torchlogix")
    vectors = np.load(folder / "tl_raw_circuit_vectors.npz")
    network = import_file(folder / "tl_raw_circuit.aig", classes=10).network
    np.testing.assert_array_equal(network.margins(vectors["bits"]), vectors["scores"])


# -- what lutgen itself writes --------------------------------------------------------------------


@SHARED
@given(netlist=netlists())
def test_what_is_written_is_read_as_the_same(netlist: Netlist, tmp_path: Path) -> None:
    graph = make_aig(netlist)
    forms = {
        "a.blif": emit_blif(netlist).encode(),
        "a.aig": graph.to_binary(("header",)),
        "a.aag": graph.to_ascii().encode(),
    }
    for name, data in forms.items():
        network = import_bytes(tmp_path, data, name).network
        assert_same_function(netlist, lower(network))
        assert network.feature_names[0] == "x[0]"


def test_verilog_of_every_form_comes_back(tmp_path: Path) -> None:
    need_tool(find_yosys)
    network = random_network(np.random.default_rng(5), 6, (8, 5, 3, 1), (2, 5), skip=True)
    text = network.to_verilog()
    again = import_bytes(tmp_path, text, "core.v").network
    assert_same_function(lower(network), lower(again))
    assert again.feature_names == tuple(f"x[{i}]" for i in range(6))


# -- AIGER ----------------------------------------------------------------------------------------


def test_the_ascii_form_may_be_in_any_order(tmp_path: Path) -> None:
    text = "aag 6 2 0 3 2\n10\n4\n13\n6\n1\n12 6 4\n6 11 5\ni1 second\no0 first\nc\nanything\n"
    network = import_bytes(tmp_path, text).network
    x = every_sample(2)
    a, b = x.T
    t = (1 - a) & (1 - b)
    np.testing.assert_array_equal(
        network.predict(x), np.stack([1 - (t & b), t, np.ones_like(a)], axis=1)
    )
    assert network.feature_names == ("i0", "second")


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        ("aag 3 1 1 1 0\n2\n4 2\n4\nl0 state\n", r"1 latches \(state, …\); only combinational"),
        ("aag 1 1 0 1 0 1\n2\n2\n2\n", "1 bad states, which are not read"),
        ("aag 1 1 0 1 0\n2\n4\n", "an output is of a literal above 3"),
        ("aag 2 1 0 1 0\n2\n4\n", "an output is of literal 4, which nothing drives"),
        ("aag 3 1 0 1 2\n2\n4\n4 6 2\n6 4 2\n", "depend on themselves: 4"),
        ("aag 3 1 0 1 2\n2\n4\n4 2 2\n4 3 2\n", "literal 4 is driven twice"),
        ("aag 1 1 0 1 0\n2\n2\nnonsense\n", "stands where the names"),
        ("aig 9 1 0 1 2\n2\n", "9 variables, but 1 inputs and 2 ANDs"),
        ("aig 3 1 0 1 2\n6\n\x01", "before the last of its 2 ANDs"),
        ("aig 2 1 0 1 1\n4\n\x09\x00", "AND 0 reads a literal that is not"),
        ("aig 99999999 99999999 0 1 0\n2\n", "99,999,999 inputs; 1,048,576 is the most"),
        ("aig 1000000001 1 0 1 1000000000\n2\n", "more than its 34 bytes can hold"),
        ("aag 1 1 0 0 0\n2\n", "has no outputs"),
        ("aag 0 0 0 1 0\n0\n", "it has 0 inputs"),
    ],
)
def test_aiger_that_cannot_be_taken(tmp_path: Path, data: str, fault: str) -> None:
    with pytest.raises(ModelError, match=fault):
        import_bytes(tmp_path, data)


def random_aig(n_inputs: int, n_ands: int) -> bytes:
    """Return a graph of random ANDs, each reading what is near."""
    rng = np.random.default_rng(1)
    own = 2 * (n_inputs + 1 + np.arange(n_ands))
    reads = own[:, None] - rng.integers(2, 2 * n_inputs - 2, size=(n_ands, 2))
    reads.sort(axis=1)
    data = bytearray(f"aig {n_inputs + n_ands} {n_inputs} 0 8 {n_ands}\n".encode())
    data += b"".join(b"%d\n" % literal for literal in own[-8:])
    for delta in np.stack([own - reads[:, 1], reads[:, 1] - reads[:, 0]], axis=1).ravel().tolist():
        rest = delta
        while rest > 0x7F:
            data.append(rest & 0x7F | 0x80)
            rest >>= 7
        data.append(rest)
    return bytes(data)


def test_a_hundred_thousand_gates_take_seconds(tmp_path: Path) -> None:
    start = time.process_time()
    network = import_bytes(tmp_path, random_aig(500, 100_000)).network
    assert time.process_time() - start < 20
    assert network.n_luts > 30_000


# -- BLIF -----------------------------------------------------------------------------------------


def test_blif_is_read_as_it_is_defined(tmp_path: Path) -> None:
    network = import_bytes(tmp_path, BLIF).network
    x = every_sample(3)
    a, b, c = x.T
    total = x.sum(axis=1)
    wanted = [total & 1, total >= 2, a | 1, a & 0, a, a & b & c]
    np.testing.assert_array_equal(network.predict(x), np.stack(wanted, axis=1))
    assert network.head.names == ("sum", "carry", "one", "zero", "same", "wide")  # type: ignore[attr-defined]
    assert network.feature_names == ("a", "b", "c")


def test_what_reaches_no_output_may_lack_anything(tmp_path: Path) -> None:
    text = ".model m\n.inputs a\n.outputs y\n.names a y\n0 1\n.names gone z\n1 1\n"
    network = import_bytes(tmp_path, text + ".names p q\n1 1\n.names q p\n1 1\n.end\n").network
    assert network.predict([[0], [1]]).tolist() == [[1], [0]]


@pytest.mark.parametrize("value", [0, 1])
def test_wide_tables_become_trees(tmp_path: Path, value: int) -> None:
    rng = np.random.default_rng(3)
    rows = rng.choice(list("01-"), size=(9, 21), p=[0.1, 0.1, 0.8])
    names = " ".join(f"i{j}" for j in range(21))
    text = f".model m\n.inputs {names}\n.outputs y\n.names {names} y\n"
    text += "".join(f"{''.join(row)} {value}\n" for row in rows)
    network = import_bytes(tmp_path, text).network
    x = rng.integers(0, 2, size=(4000, 21))
    hit = (((rows == "-") | (rows == x[:, None].astype(str))).all(axis=2)).any(axis=1)
    assert 0.1 < hit.mean() < 0.9
    np.testing.assert_array_equal(network.predict(x)[:, 0], hit == value)
    assert int(network.fan_in.max()) <= 6


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (".latch a y re clk 0", r"line 4: \.latch a y is a latch; only .* \(flatten it first\)"),
        (".subckt add x=a y=y", r"\.subckt add x=a is another model"),
        (".search ../other.blif", r"\.search \.\./other\.blif is another file"),
        (".names b y\n1 1", "nothing drives b, which is read"),
        (".names y z\n1 1\n.names z y\n1 1", "depend on themselves"),
        (".names a y\n1 1\n.names a y\n1 1", "line 6: y is driven twice"),
        (".names a a\n1 1\n.names a y\n1 1", "a is an input, and driven in the file"),
        (".names a y\n11 1", r"\.names of y: '11 1' is no row for 1 inputs"),
        (".names a y\n1 1\n0 0", "rows of value 0 and of value 1"),
        (".magic y", r"line 4: \.magic is not known in BLIF"),
        ("1 1", "'1' belongs to no .names"),
        ("", "nothing drives y"),
    ],
)
def test_blif_that_cannot_be_taken(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(ModelError, match=fault):
        import_bytes(tmp_path, f".model m\n.inputs a\n.outputs y\n{text}\n.end\n")


def test_scores_of_classes_may_be_numbers_of_output_bits(tmp_path: Path) -> None:
    text = ".model m\n.inputs a b\n.outputs p q r s\n"
    text += "".join(f".names {x} {y}\n1 1\n" for x, y in ("ap", "aq", "br", "bs"))
    network = import_bytes(tmp_path, text, classes="2").network
    assert isinstance(network.head, Argmax)
    assert network.margins([[0, 1], [1, 0]]).tolist() == [[0, 3], [3, 0]]
    with pytest.raises(ModelError, match="4 outputs are no 3 numbers"):
        import_bytes(tmp_path, text, classes=3)
    with pytest.raises(ConfigError, match="option classes"):
        import_bytes(tmp_path, text, classes=0)
    named = import_bytes(tmp_path, text, classes="cat,dog").network
    assert named.predict([[0, 1], [1, 0]]).tolist() == ["dog", "cat"]


# -- PLA and .bench -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "unseen"),
    [
        # entries by address a + 2b + 4c: rows 1-0 are 1 and 3, 000 is 0, 011 is 6, 111 is 7
        ("f", ([], [])),
        ("fd", ([0], [])),
        ("fr", ([0, 2, 4, 5], [2, 4, 5, 6])),
        ("fdr", ([0, 2, 4, 5], [2, 4, 5, 6])),
    ],
)
def test_don_t_cares_of_each_type(tmp_path: Path, kind: str, unseen: list[list[int]]) -> None:
    imported = import_bytes(tmp_path, PLA.format(kind))
    network = imported.network
    np.testing.assert_array_equal(
        network.predict(every_sample(3)).T, [[0, 1, 0, 1, 0, 0, 0, 0], [1, 0, 0, 0, 0, 0, 0, 1]]
    )
    masks = [
        np.flatnonzero((int(word) >> np.arange(1 << int(k)) & 1) == 0).tolist()
        for word, k in zip(network.seen, network.fan_in, strict=True)
    ]
    assert masks == list(unseen)
    assert bool(imported.notes) == (kind != "f")
    assert network.feature_names == ("a", "b", "c")


def test_pla_of_many_inputs_is_an_or_of_ands(tmp_path: Path) -> None:
    rng = np.random.default_rng(4)
    rows = rng.choice(list("01-"), size=(30, 24), p=[0.1, 0.1, 0.8])
    values = rng.choice(list("01"), size=(30, 2))
    text = ".i 24\n.o 2\n" + "".join(
        f"{''.join(row)} {''.join(own)}\n" for row, own in zip(rows, values, strict=True)
    )
    imported = import_bytes(tmp_path, text)
    x = rng.integers(0, 2, size=(2000, 24))
    hit = ((rows == "-") | (rows == x[:, None].astype(str))).all(axis=2)
    wanted = np.stack([(hit & (values[:, y] == "1")).any(axis=1) for y in range(2)], axis=1)
    assert 0.1 < wanted.mean() < 0.9
    np.testing.assert_array_equal(imported.network.predict(x), wanted)
    assert imported.notes == ("with 24 inputs, what is not given as 1 counts as 0",)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (".i 2\n.o 1\n.type fr\n1- 1\n-1 0\n", "output 0 is given as 1 and as 0 at inputs 11"),
        (".i 2\n.o 1\n111 1\n", "line 3: '1111' has 4 signs; 2 inputs and 1 outputs"),
        (".i 2\n.o 1\n1x 1\n", "other signs than 0, 1, - and ~"),
        (".i 2\n.o 1\n.mv 3 2 2 2\n", "line 3: '.mv 3 2 2 2' is not read"),
        (".i 2\n.o 1\n.ilb a\n11 1\n", ".ilb names 1 of 2"),
        (".i 0\n.o 1\n", "must stand before the rows, and be above 0"),
    ],
)
def test_pla_that_cannot_be_taken(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(ModelError, match=fault):
        import_bytes(tmp_path, text, format_="pla")


def test_bench_is_read_as_it_is_defined(tmp_path: Path) -> None:
    x = every_sample(3)
    a, b, c = x.T
    t = 1 ^ a ^ b ^ c
    z = 0x4E >> ((1 - t) + 2 * b + 4) & 1
    np.testing.assert_array_equal(
        import_bytes(tmp_path, BENCH).network.predict(x), np.stack([1 - (t & c & a), z], axis=1)
    )


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("t = DFF(a)", "line 4: DFF is no combinational gate"),
        ("t = LUT 0x10 ( a, b )", "a LUT of 2 inputs needs a table of 4 bits"),
        ("t = LUT ( a, b )", "found none"),
        ("t = NOT(a, b)", "NOT reads one signal, not 2"),
        ("t = AND(a b)", "must list signals with commas"),
        ("t : AND(a, b)", "neither a port nor a gate"),
    ],
)
def test_bench_that_cannot_be_taken(tmp_path: Path, line: str, fault: str) -> None:
    with pytest.raises(ModelError, match=fault):
        import_bytes(tmp_path, f"INPUT(a)\nINPUT(b)\nOUTPUT(t)\n{line}\n", format_="bench")


# -- Verilog --------------------------------------------------------------------------------------

MODULES = """\
/* `include "x" */
module half(input [1:0] x, y, output [2:0] o); assign o = x + y; endmodule
module add(input [1:0] b, a, input c, output z, output [2:0] s);
  wire [2:0] t; half h(.x(a), .y(b), .o(t));  // $fopen
  assign s = t + c; assign z = &{a, b, c};
endmodule
"""
OPTIONAL = "module m(input a, output reg z); always @* case (a) 1: z = 0; default: z = x; endcase"


def test_verilog_keeps_the_order_of_its_ports(tmp_path: Path) -> None:
    need_tool(find_yosys)
    network = import_bytes(tmp_path, MODULES, "add.v").network
    assert network.feature_names == ("b[0]", "b[1]", "a[0]", "a[1]", "c")
    assert network.head.names == ("z", "s[0]", "s[1]", "s[2]")  # type: ignore[attr-defined]
    x = every_sample(5).astype(np.int64)
    total = x[:, 0] + 2 * x[:, 1] + x[:, 2] + 2 * x[:, 3] + x[:, 4]
    wanted = np.column_stack([x.all(axis=1), total & 1, total >> 1 & 1, total >> 2])
    np.testing.assert_array_equal(network.predict(x), wanted)
    inner = import_bytes(tmp_path, MODULES, "add.v", top="half").network
    assert inner.n_inputs == 4


def test_what_is_undefined_is_refused_or_said(tmp_path: Path) -> None:
    need_tool(find_yosys)
    text = OPTIONAL.replace("= x", "= 1'bx") + " endmodule"
    with pytest.raises(ModelError, match=r"undefined \(x or z\).*--undefined 0"):
        import_bytes(tmp_path, text, "m.v")
    imported = import_bytes(tmp_path, text, "m.v", undefined="1")
    assert imported.network.predict([[0], [1]]).tolist() == [[1], [0]]
    assert "became 1 (--undefined)" in imported.notes[0]


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ("reg q; always @(posedge a) q <= a; assign y = q;", r"\.latch .* is a latch"),
        ("other o(.a(a), .y(y));", r"Yosys does not take it: .*`\\other' referenced"),
        ("assign y = y & a;", "Yosys does not take it: .*check -assert"),
        ("assign y = (a;", "Yosys does not take it: .*syntax error"),
    ],
)
def test_verilog_that_yosys_does_not_take(tmp_path: Path, body: str, fault: str) -> None:
    need_tool(find_yosys)
    with pytest.raises(ModelError, match=fault):
        import_bytes(tmp_path, f"module m(input a, output y); {body} endmodule", "m.v")


@pytest.mark.parametrize(
    "hostile",
    [
        '`include "/etc/passwd"',
        'reg [7:0] m [3:0]; initial $readmemh("secret", m);',
        'integer f; always @* f = $fopen("x");',
        'import "DPI-C" function void f();',
        '`define A `include\n`A "x"',
        "`define inc ude\n`inc``lude",
        'wire \\"quoted ; `include "x" wire " ;',
        "always @* $system(1);",
        "wire w; /* // */ `include <x>",
        '`line 1 "x" 0',
        "wire a; // synopsys translate_off\nwire b;",
    ],
)
def test_verilog_that_reaches_out_is_refused_before_yosys(hostile: str) -> None:
    with pytest.raises(ModelError, match=r"is not taken from a foreign file|changes what the text"):
        harmless(f"module m(input a, output y);\n{hostile}\nendmodule\n")


def test_harmless_verilog_stays_as_it_is() -> None:
    text = '`define W 3\nmodule m; wire [`W:0] \\a$b ; // "\nparameter P = "//"; x = $signed(y);'
    assert harmless(text) == text.replace('// "', " ")
    assert harmless(MODULES).count("\n") == MODULES.count("\n")


# -- damage ---------------------------------------------------------------------------------------

SOUND = {
    "blif": BLIF.encode(),
    "pla": PLA.format("fd").encode(),
    "bench": BENCH.encode(),
    "aiger": random_aig(6, 8),
}
ASCII = b"aag 6 2 0 3 2\n10\n4\n13\n6\n1\n12 6 4\n6 11 5\ni1 second\no0 first\nc\nanything\n"


@settings(SHARED, max_examples=150)
@given(data=st.data(), format_=st.sampled_from([*SOUND, "aag"]))
def test_damage_is_told(data: st.DataObject, format_: str, tmp_path: Path) -> None:
    damaged = data.draw(damages(ASCII if format_ == "aag" else SOUND[format_]))
    name = "aiger" if format_ == "aag" else format_
    survives(tmp_path, damaged, f"file.{format_}", name)


def test_the_samples_of_the_property_tests_are_sound(tmp_path: Path) -> None:
    for name, data in SOUND.items():
        network = import_bytes(tmp_path, data, f"file.{name}").network
        assert network.provenance.parameters["format"] == name
        assert evaluate(lower(network), exhaustive(network.n_inputs)).any()
