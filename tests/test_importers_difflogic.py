"""difflogic: scores of its arrays, its C, its Verilog are equal; what lacks wiring is refused."""

from __future__ import annotations

import contextlib
import math
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from importer_checks import survive_damage, survive_other_arrays
from needed import need_folder
from numpy.typing import NDArray
from torch_files import saved

from lutgen.errors import ConfigError, ModelError
from lutgen.importers import import_file
from lutgen.importers.expressions import truth_table
from lutgen.importers.parts import gate_tables

NETS = ("200", "300")
N_INPUTS = 12

Layers = list[tuple[NDArray[Any], NDArray[Any], NDArray[Any]]]


def random_layers(seed: int = 0) -> Layers:
    """Return layers of gates of every kind, in arrays as difflogic has them."""
    draw = np.random.default_rng(seed)
    sizes = (N_INPUTS, 32, 16, 12)
    return [
        (
            np.arange(n) % 16 if n >= 16 else draw.integers(16, size=n),
            *draw.integers(m, size=(2, n)),
        )
        for m, n in pairwise(sizes)
    ]


def plain_scores(layers: Layers, x: NDArray[Any], n_classes: int) -> NDArray[Any]:
    """Return the sums as difflogic computes them, from its table of gates alone."""
    for ops, a, b in layers:
        x = ops[None] >> (3 - 2 * x[:, a].astype(int) - x[:, b]) & 1
    return x.reshape(len(x), n_classes, -1).sum(axis=2)


def random_bits(n_samples: int = 200) -> NDArray[Any]:
    return np.random.default_rng(1).integers(2, size=(n_samples, N_INPUTS)).astype(np.uint8)


def save_layers(path: Path, layers: Layers, style: str = "{name}{number}", **rest: Any) -> Path:
    named = {
        style.format(name=name, number=number): array
        for number, layer in enumerate(layers)
        for name, array in zip(("ops", "a", "b"), layer, strict=True)
    }
    np.savez_compressed(path, **named, **rest)
    return path


# -- the texts, as difflogic and its fork write them -------------------------------------------

FORMS = (
    *("{zero}", "{a} & {b}", "{a} & ~{b}", "{a}", "{b} & ~{a}", "{b}", "{a} ^ {b}", "{a} | {b}"),
    *("~({a} | {b})", "~({a} ^ {b})", "~{b}", "~{b} | {a}", "~{a}", "~{a} | {b}", "~({a} & {b})"),
    "{one}",
)
TYPES = {
    8: ("char", "(char) 0"),
    16: ("short", "(short) 0"),
    32: ("int", "0"),
    64: ("long long", "0LL"),
}


def c_text(layers: Layers, n_classes: int, bits: int = 64, n_inputs: int = N_INPUTS) -> str:
    kind, zero = TYPES[bits]
    lines = ["#include <stddef.h>", "#include <stdlib.h>", "#include <stdbool.h>", ""]
    lines.append(f"void logic_gate_net({kind} const *inp, {kind} *out) {{")
    first, below = 0, 0
    for number, layer in enumerate(layers):
        last = number == len(layers) - 1
        for place, (op, a, b) in enumerate(zip(*layer, strict=True)):
            names = [f"v{below + wire}" if number else f"inp[{wire}]" for wire in (a, b)]
            gate = FORMS[op].format(a=names[0], b=names[1], zero=zero, one=f"~{zero}")
            gate = f"({kind}) ({gate})" if bits < 32 else gate
            to = f"out[{place}]" if last else f"const {kind} v{first + place}"
            lines.append(f"\t{to} = {gate};")
        below, first = first, first + len(layer[0])
    size = len(layers[-1][0]) // n_classes
    depth = math.ceil(math.log2(size + 1))
    lines.append("}")
    return (
        "\n".join(lines)
        + f"""

void apply_logic_gate_net (bool const *inp, int *out, size_t len) {{
    {kind} *inp_temp = malloc({n_inputs}*sizeof({kind}));
    for(size_t i = 0; i < len; ++i) {{
        for(size_t d = 0; d < {n_inputs}; ++d) {{
            {kind} res = {zero};
            for(size_t b = 0; b < {bits}; ++b) {{
                res <<= 1;
            }}
            inp_temp[d] = res;
        }}
        logic_gate_net(inp_temp, out_temp);
        for(size_t c = 0; c < {n_classes}; ++c) {{  // for each class
            for(size_t d = 0; d < {depth}; ++d) {{
                out_temp_o[d] = {zero};
            }}
            for(size_t a = 0; a < {size}; ++a) {{
                {kind} carry = out_temp[c * {size} + a];
            }}
            for(size_t b = 0; b < {bits}; ++b) {{
                out[(i * {bits} + b) * {n_classes} + c] = res;
            }}
        }}
    }}
}}
"""
    )


def verilog_text(
    layers: Layers, n_classes: int, width: int | None = None, n_inputs: int = N_INPUTS
) -> str:
    n_outputs = len(layers[-1][0])
    size = n_outputs // n_classes
    bits = width or math.ceil(math.log2(size + 1))
    lines = [f"module logic_network (    input wire [{n_inputs - 1}:0] x,"]
    lines += [f"    output wire [{bits * n_classes - 1}:0] y", ");"]
    for number, (ops, _, _) in enumerate(layers):
        lines.append(f"      wire [{len(ops) - 1}:0] layer{number}_out;")
    for number, layer in enumerate(layers):
        below = f"layer{number - 1}_out" if number else "x"
        for place, (op, a, b) in enumerate(zip(*layer, strict=True)):
            names = {"a": f"{below}[{a}]", "b": f"{below}[{b}]", "zero": "1'b0", "one": "1'b1"}
            lines.append(f"    assign layer{number}_out[{place}] = {FORMS[op].format(**names)};")
    lines.append(f"      wire [{n_outputs - 1}:0] last_layer_output;")
    lines.append(f"      assign last_layer_output = layer{len(layers) - 1}_out;")
    lines.append(f"      wire [{bits - 1}:0] result [{n_classes - 1}:0];\n")
    for c in range(n_classes):
        votes = " + ".join(f"last_layer_output[{c * size + n}]" for n in range(size))
        lines.append(f"      assign result[{c}] = {votes};")
    for c in range(n_classes):
        high = bits * (n_classes - c) - 1
        lines.append(f"      assign y[{high}:{high - bits + 1}]=result[{c}];")
    return "\n".join([*lines, "endmodule"])


def clocked(text: str) -> str:
    """Return the Verilog as the fork writes it with registers."""
    head, body = text.split("    assign", 1)
    body, tail = ("    assign" + body).split("      assign y", 1)
    head = head.replace("wire [31", "reg [31").replace("_out;", "_out = 0;")
    body = body.replace("wire", "reg").replace("assign", "").replace(" = ", " <= ")
    return f"{head}      always @(posedge clk) begin\n{body}end\n      assign y{tail}"


# -- tests -------------------------------------------------------------------------------------


def test_gates_are_those_of_difflogic() -> None:
    a, b = np.array([0, 1, 0, 1]), np.array([0, 0, 1, 1])
    meant = [
        *(a & 0, a & b, a & ~b, a, ~a & b, b, a ^ b, a | b),
        *(~(a | b), ~(a ^ b), ~b, a | ~b, ~a, ~a | b, ~(a & b), a | 1),
    ]
    assert np.array_equal(gate_tables(range(16)), np.array(meant) & 1)
    with pytest.raises(ModelError, match="numbered 0 to 15"):
        gate_tables([16])


def test_expressions() -> None:
    for op, form in enumerate(FORMS):
        operands, table = truth_table(form.format(a="v1", b="inp[2]", zero="0LL", one="~(char) 0"))
        meant = sum(int(bit) << p for p, bit in enumerate(gate_tables([op])[0]))
        if operands == ("inp[2]", "v1"):  # b comes first
            meant = (meant & 9) | (meant >> 1 & 2) | (meant << 1 & 4)
        if len(operands) == 2:
            assert table == meant, form
    assert truth_table("a & b | c ^ ~d") == (("a", "b", "c", "d"), 0xF88F)
    assert truth_table("~(x[0] & 1'b1)") == (("x[0]",), 1)
    assert truth_table("1'b1") == ((), 1)
    for wrong in ("a &", "a b", "(a", "a)", "", "a + b", "~", "$time", "a & (" * 500):
        with pytest.raises(ModelError, match="is no expression of bits"):
            truth_table(wrong)
    with pytest.raises(ModelError, match="has 17 operands"):
        truth_table("&".join(f"a{i}" for i in range(17)))


@pytest.mark.parametrize("style", ["{name}{number}", "layers.{number}.{name}", "{name}_{number}"])
def test_arrays_of_layers(style: str, tmp_path: Path) -> None:
    layers, x = random_layers(), random_bits()
    path = save_layers(tmp_path / "gates.npz", layers, style, k=4, tau=2.0, n_inputs=N_INPUTS)
    imported = import_file(path)
    assert np.array_equal(imported.network.margins(x), plain_scores(layers, x, 4) / 2)
    assert imported.network.n_layers == 3
    assert "features are bits" in imported.notes[0]
    named = import_file(path, classes="a,b,c,d").network
    assert set(named.predict(x)) <= set("abcd")


@pytest.mark.parametrize("bits", TYPES)
def test_generated_c(bits: int, tmp_path: Path) -> None:
    layers, x = random_layers(), random_bits()
    path = tmp_path / "net.c"
    path.write_text(c_text(layers, 4, bits))
    imported = import_file(path)
    assert np.array_equal(imported.network.margins(x), plain_scores(layers, x, 4))
    assert any("--tau" in note for note in imported.notes)
    assert np.array_equal(
        import_file(path, tau="4").network.margins(x) * 4, plain_scores(layers, x, 4)
    )


@pytest.mark.parametrize("form", [str, clocked])
def test_generated_verilog(form: Any, tmp_path: Path) -> None:
    layers, x = random_layers(), random_bits()
    path = tmp_path / "net.v"
    path.write_text(form(verilog_text(layers, 4)))
    imported = import_file(path)
    assert imported.network.provenance.parameters["format"] == "difflogic-verilog"
    assert np.array_equal(imported.network.margins(x), plain_scores(layers, x, 4))
    path.write_text(verilog_text(layers, 4, width=1))
    assert any("with 1 bits and wrap" in note for note in import_file(path).notes)


@pytest.mark.parametrize("net", NETS)
def test_scores_of_networks_of_the_field(net: str, tmp_path: Path) -> None:
    folder = need_folder("fixtures", "difflogic")
    path, vectors = folder / f"gates_{net}.npz", np.load(folder / f"vectors_{net}.npz")
    x = np.unpackbits(vectors["x"], axis=1, bitorder="little", count=400)
    network = import_file(path).network
    assert np.array_equal(network.margins(x), vectors["scores"])
    told = np.load(path)
    ops, a, b = (told[name].reshape(4, -1).astype(int) for name in ("op", "a", "b"))
    starts = np.array([0, 400, 400 + ops.shape[1], 400 + 2 * ops.shape[1]])[:, None]
    layers = [
        (op, np.maximum(left, 0), np.maximum(right, 0))
        for op, left, right in zip(ops, a - starts, b - starts, strict=True)
    ]
    texts = {"c": c_text(layers, 10, n_inputs=400), "v": verilog_text(layers, 10, n_inputs=400)}
    for suffix, text in texts.items():
        (tmp_path / f"net.{suffix}").write_text(text)
        read = import_file(tmp_path / f"net.{suffix}").network
        assert np.array_equal(read.margins(x), vectors["scores"]), suffix


def test_weights_without_wiring_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.pt"
    path.write_bytes(saved({"1.weights": np.zeros((8, 16), np.float32)}))
    with pytest.raises(ModelError, match="not what they read") as fault:
        import_file(path)
    assert "savez_compressed" in str(fault.value)


def test_what_is_missing_is_asked_for(tmp_path: Path) -> None:
    layers = random_layers()
    path = save_layers(tmp_path / "gates.npz", layers)
    with pytest.raises(ModelError, match="--classes"):
        import_file(path)
    assert import_file(path, classes=4, n_inputs=20).network.n_inputs == 20
    notes = " ".join(import_file(path, classes=4).notes)
    assert "--n-inputs" in notes and "--tau" in notes
    assert import_file(path, classes=1).network.head.kind == "sum"
    with pytest.raises(ModelError, match="5 classes"):
        import_file(path, classes=5)
    with pytest.raises(ConfigError, match="option tau"):
        import_file(path, tau="much")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"ops1": np.full(16, 16)}, "numbered 0 to 15"),
        ({"a1": np.full(16, 32)}, "layer 2 reads place 32 of the 32"),
        ({"a0": np.full(32, -1)}, "layer 1 reads place -1"),
        ({"a1": np.zeros(15, int)}, "not as many operands"),
        ({"a1": np.zeros((16, 1), int)}, "a1 is no list of whole numbers"),
        ({"b1": np.zeros(16)}, "b1 is no list of whole numbers"),
        ({"k": np.array(-3)}, "k is no whole number above 0"),
        ({"tau": np.array(0.0)}, "tau must be above 0"),
    ],
)
def test_arrays_that_do_not_go_together(change: dict[str, Any], fault: str, tmp_path: Path) -> None:
    path = save_layers(tmp_path / "gates.npz", random_layers(), k=4, n_inputs=N_INPUTS)
    told = dict(np.load(path)) | change
    np.savez(path, **told)  # type: ignore[arg-type]
    with pytest.raises(ModelError, match=fault):
        import_file(path)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("v3 = ", "v2 = ", "v2 is assigned twice"),
        ("inp[", "inp[9", "is read, but nothing before has that name"),
        ("inp[", "array[", "is read, but nothing before has that name"),
        ("\tout[3] =", "\tout[3] = system(", "is no expression of bits"),
        ("\tout[3] =", "\tif (1) out[3] =", "difflogic writes no such line"),
        ("\tout[3] =", "\tout[33] =", r"out\[3\] is read, but"),
        ("carry = out_temp[c * 3", "carry = out_temp[c * 2", "more outputs than the 8"),
        ("logic_gate_net(inp_temp", "x(", ""),
        ("}", "", "lacks a part"),
    ],
)
def test_text_that_is_damaged(old: str, new: str, fault: str, tmp_path: Path) -> None:
    path = tmp_path / "net.c"
    path.write_text(c_text(random_layers(), 4).replace(old, new))
    if not fault:  # that part is not read
        assert import_file(path).network.n_luts == 60
        return
    with pytest.raises(ModelError, match=fault):
        import_file(path)


@pytest.mark.parametrize(
    "text",
    [
        "void logic_gate_net(long long) {" * 20_000,
        "\tconst char v1 = inp[0]" * 20_000,
        "for(size_t d = 0; d < 3; ++d) {" + " " * 400_000,
        "const " + " " * 400_000,
        "assign layer0_out[1] =" * 20_000,
        "assign layer0_out[1] = " + "~" * 400_000 + ";",
        "assign layer0_out[1] = " + "(" * 400_000 + ";",
        "assign " + " " * 400_000,
    ],
)
def test_text_that_is_made_to_take_long(text: str, tmp_path: Path) -> None:
    for name, whole in (("c", c_text(random_layers(), 4)), ("v", verilog_text(random_layers(), 4))):
        path = tmp_path / f"net.{name}"
        for made in (text + whole, whole.replace(" = ", f" = {text}", 1), whole + text):
            path.write_text(made)
            start = time.process_time()
            with contextlib.suppress(ModelError):
                import_file(path, "difflogic-c" if name == "c" else "difflogic-verilog")
            assert time.process_time() - start < 5


def test_damage(tmp_path: Path) -> None:
    layers = random_layers()
    path = save_layers(tmp_path / "gates.npz", layers, k=4, n_inputs=N_INPUTS)
    arrays = dict(np.load(path))
    survive_damage(path, path.read_bytes())

    def save(told: dict[str, Any]) -> bytes:
        np.savez(tmp_path / "other.npz", **told)
        return (tmp_path / "other.npz").read_bytes()

    survive_other_arrays(path, arrays, save)
    survive_damage(tmp_path / "net.c", c_text(layers, 4).encode())
    survive_damage(tmp_path / "net.v", verilog_text(layers, 4).encode())
