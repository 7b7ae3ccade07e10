"""LogicNets: tables of weights and Verilog are equal, and what the text lacks does not matter."""

from __future__ import annotations

import shutil
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from importer_checks import survive_damage, survive_other_arrays
from needed import need_folder
from numpy.typing import NDArray
from torch_files import saved

from lutgen.errors import ConfigError, DataError, ModelError
from lutgen.importers import import_file
from lutgen.model import LutNetwork
from lutgen.optimise.external import optimise
from lutgen.optimise.policy import Policy

Array = NDArray[Any]
Layer = tuple[Array, Array, Array, int]  # wires, codes, given, bits of a code

NETS = ("binary_sparse_big", "binary_sparse")


def random_layers(narrow: bool = False) -> list[Layer]:
    """Return layers of neurons; narrow: codes of 3 never come."""
    draw = np.random.default_rng(11)
    layers: list[Layer] = []
    width, bits_before = 10, 1
    for n, reads, bits in ((6, 3, 2), (4, 2, 2), (3, 2, 3)):
        chosen = np.sort([draw.permutation(width)[:reads] for _ in range(n)])
        wires = (chosen[:, :, None] * bits_before + np.arange(bits_before)).reshape(n, -1)
        most = 3 if narrow and bits == 2 else 1 << bits
        codes = draw.integers(most, size=(n, 1 << wires.shape[1]))
        address = np.arange(1 << wires.shape[1])
        given = np.ones((n, address.size), bool)
        if narrow and bits_before == 2:
            given[:] = ((address & 3) != 3) & ((address >> 2) != 3)
        layers.append((wires, codes, given, bits))
        width, bits_before = n, bits
    return layers


def write_verilog(folder: Path, layers: list[Layer], registers: bool = True) -> dict[str, str]:
    """Write the files that LogicNets generates."""
    files = {
        "myreg.v": "module myreg #(parameter DataWidth=16) (\n input [DataWidth-1:0] data_in,"
        " input wire clk, input wire rst, output reg [DataWidth-1:0] data_out);\n"
        "always@(posedge clk) begin if(!rst) data_out<=data_in; else data_out<=0; end\n"
        "endmodule\n"
    }
    width = 10
    top = f"module logicnet (input [{width - 1}:0] M0, input clk, input rst, "
    last = len(layers[-1][0]) * layers[-1][3]
    top += f"output[{last - 1}:0] M{len(layers)});\n"
    for number, (wires, codes, given, bits) in enumerate(layers):
        out = len(wires) * bits
        top += f"wire [{width - 1}:0] M{number}w;\n"
        if registers:
            top += (
                f"myreg #(.DataWidth({width})) layer{number}_reg (.data_in(M{number}), .clk(clk), "
                f".rst(rst), .data_out(M{number}w));\n"
            )
        else:
            top += f"assign M{number}w = M{number};\n"
        if number < len(layers) - 1:
            top += f"wire [{out - 1}:0] M{number + 1};\n"
        top += f"layer{number} layer{number}_inst (.M0(M{number}w), .M1(M{number + 1}));\n"
        body = f"module layer{number} (input [{width - 1}:0] M0, output [{out - 1}:0] M1);\n\n"
        for n, (reads, table, there) in enumerate(zip(wires, codes, given, strict=True)):
            name, k = f"layer{number}_N{n}", len(reads)
            listed = ", ".join(f"M0[{bit}]" for bit in reads[::-1])
            body += f"wire [{k - 1}:0] {name}_wire = {{{listed}}};\n"
            high = bits * n + bits - 1
            body += f"{name} {name}_inst (.M0({name}_wire), .M1(M1[{high}:{bits * n}]));\n\n"
            entries = "".join(
                f"\t\t\t{k}'b{p:0{k}b}: M1r = {bits}'b{table[p]:0{bits}b};\n"
                for p in np.flatnonzero(there)
            )
            files[f"{name}.v"] = (
                f"module {name} ( input [{k - 1}:0] M0, output [{bits - 1}:0] M1 );\n\n"
                f'\t(*rom_style = "distributed" *) reg [{bits - 1}:0] M1r;\n\tassign M1 = M1r;\n'
                f"\talways @ (M0) begin\n\t\tcase (M0)\n{entries}\n\t\tendcase\n\tend\nendmodule\n"
            )
        files[f"layer{number}.v"] = body + "endmodule"
        width = out
    files["logicnet.v"] = top + "\nendmodule\n"
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    return files


def plain(layers: list[Layer], x: Array) -> Array:
    for wires, codes, _, bits in layers:
        address = (x[:, wires] << np.arange(wires.shape[1])).sum(axis=2)
        out = np.take_along_axis(codes, address.T, axis=1).T
        x = (out[:, :, None] >> np.arange(bits) & 1).reshape(len(x), -1)
    return x


X = np.random.default_rng(2).integers(2, size=(300, 10))


@pytest.mark.parametrize("registers", [True, False])
def test_a_folder_an_archive_and_one_file(registers: bool, tmp_path: Path) -> None:
    layers = random_layers()
    files = write_verilog(tmp_path / "net", layers, registers)
    imported = import_file(tmp_path / "net")
    assert np.array_equal(imported.network.predict(X), plain(layers, X))
    assert imported.network.n_layers == 3
    with zipfile.ZipFile(tmp_path / "net.zip", "w") as archive:
        for name, text in files.items():
            archive.writestr(f"run/verilog/{name}", text)
            archive.writestr(f"run/verilog/results/{name}", text)
    (tmp_path / "net.v").write_text("\n".join(files.values()))
    for path in (tmp_path / "net.zip", tmp_path / "net.v"):
        assert import_file(path).network.digest == imported.network.digest


def test_other_spellings(tmp_path: Path) -> None:
    files = write_verilog(tmp_path / "net", random_layers())
    digest = import_file(tmp_path / "net").network.digest
    text = files["layer1.v"]
    for bit in range(0, 12, 2):
        text = text.replace(f"M0[{bit + 1}], M0[{bit}]", f"M0[{bit + 1}:{bit}]")
    assert text.count(":") > files["layer1.v"].count(":")
    (tmp_path / "net" / "layer1.v").write_text(text)
    top = files["logicnet.v"].replace("logicnet", "neuralut")
    (tmp_path / "net" / "logicnet.v").write_text(top)
    assert import_file(tmp_path / "net").network.digest == digest
    (tmp_path / "net" / "logicnet.v").unlink()
    imported = import_file(tmp_path / "net")
    assert imported.network.digest == digest
    assert any("in the order of their numbers" in note for note in imported.notes)
    (tmp_path / "net" / "logicnet.v").write_text(top + top.replace("neuralut", "again"))
    with pytest.raises(ModelError, match="several modules run layers"):
        import_file(tmp_path / "net")


def test_entries_that_are_missing_do_not_matter(tmp_path: Path) -> None:
    layers = random_layers(narrow=True)
    write_verilog(tmp_path / "net", layers)
    imported = import_file(tmp_path / "net")
    network = imported.network
    assert np.array_equal(network.predict(X), plain(layers, X))
    n_missing = sum(int((~given).sum()) for _, _, given, _ in layers)
    assert any(f"{n_missing:,} of" in note for note in imported.notes)
    unseen = sum(
        (1 << int(k)) - int(word).bit_count()
        for k, word in zip(network.fan_in, network.seen, strict=True)
    )
    assert unseen == sum(int((~given).sum()) * bits for _, _, given, bits in layers)


def test_what_never_comes_makes_the_network_smaller(tmp_path: Path) -> None:
    layers = random_layers(narrow=True)
    write_verilog(tmp_path / "net", layers)
    network = import_file(tmp_path / "net").network
    smaller, _ = optimise(network, Policy.parse("unseen"))
    every = np.arange(1 << 10)[:, None] >> np.arange(10) & 1
    assert np.array_equal(smaller.predict(every), plain(layers, every))
    tables = [(net.fan_in.astype(int)).sum() for net in (network, smaller)]
    assert tables[1] < tables[0]


def test_a_default_gives_the_rest(tmp_path: Path) -> None:
    layers = random_layers(narrow=True)
    files = write_verilog(tmp_path / "net", layers)
    text = files["layer1_N0.v"].replace(
        "\n\n\t\tendcase", "\n\t\t\tdefault: M1r = 2'b10;\n\t\tendcase"
    )
    (tmp_path / "net" / "layer1_N0.v").write_text(text)
    network = import_file(tmp_path / "net").network
    luts = np.flatnonzero(network.layer == 2)[:2]
    given = layers[1][2][0]
    for bit, lut in enumerate(luts):
        assert set(network.lut_table(lut)[~given]) == {bit}
        assert network.seen[network.table_offset[lut]] == (1 << given.size) - 1


def test_bench_files_of_neurons(tmp_path: Path) -> None:
    layers = random_layers()
    write_verilog(tmp_path / "net", layers)
    digest = import_file(tmp_path / "net").network.digest
    for number, (wires, codes, _, bits) in enumerate(layers):
        for n, table in enumerate(codes):
            k = wires.shape[1]
            text = "".join(f"INPUT(M0[{i}])\n" for i in range(k))
            text += "".join(f"OUTPUT(M1[{i}])\n" for i in range(bits))
            for bit in range(bits):
                value = int("".join(str(code >> bit & 1) for code in table[::-1]), 2)
                reads = ", ".join(f"M0[{i}]" for i in range(k))
                text += f"M1[{bit}]       = LUT 0x{value:0{(1 << k) // 4}x} ( {reads} )\n"
            (tmp_path / "net" / f"layer{number}_N{n}.bench").write_text(text)
            (tmp_path / "net" / f"layer{number}_N{n}.v").unlink()
    assert import_file(tmp_path / "net").network.digest == digest
    path = tmp_path / "net" / "layer0_N0.bench"
    path.write_text(path.read_text().replace("M0[0], M0[1]", "M0[1], M0[0]"))
    with pytest.raises(ModelError, match="is no table of 3 bits"):
        import_file(tmp_path / "net")


def test_answers_that_are_classes(tmp_path: Path) -> None:
    layers = random_layers()
    write_verilog(tmp_path / "net", layers)
    codes = (plain(layers, X).reshape(300, 3, 3) << np.arange(3)).sum(axis=2)
    network = import_file(tmp_path / "net", classes="a,b,c").network
    assert np.array_equal(network.margins(X), codes)
    assert network.predict(X).tolist() == ["abc"[n] for n in codes.argmax(axis=1)]
    with pytest.raises(ConfigError, match="2 classes for 3 neurons"):
        import_file(tmp_path / "net", classes=2)
    wires, tables, given, bits = layers[-1]
    layers[-1] = (wires[:1], tables[:1], given[:1], bits)
    shutil.rmtree(tmp_path / "net")
    write_verilog(tmp_path / "net", layers)
    with pytest.raises(ConfigError, match="--positive-from"):
        import_file(tmp_path / "net", classes=2)
    two = import_file(tmp_path / "net", classes="no,yes", positive_from=5).network
    assert np.array_equal(two.predict(X) == "yes", codes[:, 0] >= 5)
    with pytest.raises(ConfigError, match="goes with two classes"):
        import_file(tmp_path / "net", positive_from=5)


@pytest.mark.parametrize(
    ("name", "change", "fault"),
    [
        ("layer0_N0.v", lambda text: '`include "/etc/passwd"\n' + text, "has `include"),
        (
            "layer0_N0.v",
            lambda text: text.replace("case (M0)", '$readmemb("x", m); case (M0)'),
            r"has \$readmemb",
        ),
        ("layer0_N0.v", lambda text: text.replace("3'b000:", "3'b0000:"), "another width"),
        ("layer0_N0.v", lambda text: text.replace("3'b000:", "3'b001:"), "is there twice"),
        ("layer0_N0.v", lambda text: text.replace("= 2'b", "= 2'h"), "is no single case"),
        ("layer0_N0.v", lambda text: text.replace("= 2'b", "= M1r ^ 2'b"), "is no single case"),
        ("layer0_N0.v", lambda text: text.replace("layer0_N0", "layer0_N1"), "is there twice"),
        ("layer0_N0.v", lambda text: text.replace("endmodule", ""), "layer0_N0.v is missing"),
        ("layer1.v", lambda text: text.replace("M0[0]", "M0[99]"), "reads bit 99"),
        ("layer1.v", lambda text: text.replace("M0[", "M3["), "no bits of M0"),
        ("layer1.v", lambda text: text.replace("M1[1:0]", "M1[3:2]"), "of one width, in a row"),
        (
            "layer1.v",
            lambda text: text.replace("endmodule", "assign M1 = 0;\nendmodule"),
            "has what lutgen does not know: 'assign",
        ),
        ("layer1.v", lambda text: text.replace("input [11:0]", "input [12:0]"), "another number"),
        (
            "logicnet.v",
            lambda text: text.replace("layer1 layer1_inst", "layer0 layer1_inst"),
            "is no layer, or twice",
        ),
        ("logicnet.v", lambda text: text.replace(".M0(M1w)", ".M0(M9w)"), "after each other"),
        (
            "logicnet.v",
            lambda text: text.replace("\nendmodule", "assign M3 = ~M2;\nendmodule"),
            "after each other",
        ),
    ],
)
def test_text_that_says_something_else(
    name: str, change: Callable[[str], str], fault: str, tmp_path: Path
) -> None:
    files = write_verilog(tmp_path / "net", random_layers())
    changed = change(files[name])
    assert changed != files[name]
    (tmp_path / "net" / name).write_text(changed)
    with pytest.raises(ModelError, match=fault):
        import_file(tmp_path / "net")


def test_neurons_that_read_too_much_are_named(tmp_path: Path) -> None:
    layers = random_layers()
    layers[0] = (np.tile(np.arange(10), (6, 1)), layers[0][1], layers[0][2], 2)
    files = write_verilog(tmp_path / "net", layers)
    wide = ", ".join(["M0[1]"] * 17)
    text = files["layer0.v"].replace("M0[9], M0[8]", f"{wide}, M0[9], M0[8]")
    (tmp_path / "net" / "layer0.v").write_text(text)
    with pytest.raises(ModelError, match=r"neuron of layer0, .* reads 27 bits"):
        import_file(tmp_path / "net")


def test_a_folder_of_something_else(tmp_path: Path) -> None:
    (tmp_path / "net").mkdir()
    (tmp_path / "net" / "top.v").write_text("module top; endmodule")
    with pytest.raises(DataError, match="is a folder that no format knows"):
        import_file(tmp_path / "net")


# -- weights -----------------------------------------------------------------------------------


def checkpoint(layers: list[tuple[int, int, int]] | None = None) -> dict[str, Array]:
    """Return tensors of layers (inputs, neurons, fan-in)."""
    draw = np.random.default_rng(6)
    state: dict[str, Array] = {}
    for number, (n_in, n, fan_in) in enumerate(layers or [(10, 6, 3), (6, 4, 2), (4, 3, 2)]):
        mask = np.zeros((n, n_in), np.float32)
        for row in mask:
            row[draw.permutation(n_in)[:fan_in]] = 1
        at = f"module_list.{number}."
        state[f"{at}fc.weight"] = draw.normal(size=(n, n_in)).astype(np.float32)
        state[f"{at}fc.bias"] = draw.normal(size=n).astype(np.float32)
        state[f"{at}fc.mask.mask"] = mask
        norm = f"{at}output_quant.pre_transforms.0."
        state[f"{norm}weight"] = draw.normal(size=n).astype(np.float32)
        state[f"{norm}bias"] = draw.normal(size=n).astype(np.float32)
        state[f"{norm}running_mean"] = draw.normal(size=n).astype(np.float32)
        state[f"{norm}running_var"] = draw.random(n).astype(np.float32)
        state[f"{norm}num_batches_tracked"] = np.array(7)
        state[
            f"{at}output_quant.brevitas_module.act_quant_proxy.fused_activation_quant_proxy."
            "tensor_quant.scaling_impl.learned_value"
        ] = np.array(0.3 * number - 0.1, np.float32)
    return state


def quantised(state: dict[str, Array], codes: Array, bits: tuple[int, int], narrow: bool) -> Array:
    """Return the codes of the last layer as torch computes them: numbers through the layers."""
    values = codes.astype(float)
    n_layers = 1 + max(int(name.split(".")[1]) for name in state)
    for number in range(n_layers):
        at = f"module_list.{number}."
        told = {name.removeprefix(at): array for name, array in state.items() if at in name}
        z = values @ (told["fc.weight"] * told["fc.mask.mask"]).T.astype(float) + told["fc.bias"]
        norm = {
            name: told[f"output_quant.pre_transforms.0.{name}"].astype(float)
            for name in ("weight", "bias", "running_mean", "running_var")
        }
        z = (z - norm["running_mean"]) / np.sqrt(norm["running_var"] + 1e-5)
        z = z * norm["weight"] + norm["bias"]
        clip = 2.0 ** next(float(v) for name, v in told.items() if name.endswith("learned_value"))
        if number < n_layers - 1:
            scale = clip / (2 ** bits[0] - 1)
            codes = np.clip(np.round(z / scale), 0, 2 ** bits[0] - 1)
            values = codes * scale
        else:
            half = 2 ** (bits[1] - 1)
            scale = clip / (half - narrow)
            codes = np.clip(np.round(z / scale), -half + narrow, half - 1) + half - narrow
    return codes.astype(int)


@pytest.mark.parametrize("legacy", [False, True])
@pytest.mark.parametrize("narrow", [False, True])
def test_weights_become_tables(narrow: bool, legacy: bool, tmp_path: Path) -> None:
    state = checkpoint()
    path = tmp_path / "best_accuracy.pth"
    path.write_bytes(saved({"model_dict": state, "val_accuracy": 0.9}, legacy=legacy))
    told: dict[str, Any] = {"bits": "1,2,3"} | ({"narrow_range": "yes"} if narrow else {})
    imported = import_file(path, classes=3, **told)
    assert np.array_equal(imported.network.margins(X), quantised(state, X, (2, 3), narrow))
    assert any("--narrow-range" in note for note in imported.notes) != narrow


def test_inputs_of_several_bits(tmp_path: Path) -> None:
    state = checkpoint()
    path = tmp_path / "model.pth"
    path.write_bytes(saved(state))
    codes = np.random.default_rng(3).integers(4, size=(200, 10))
    x = (codes[:, :, None] >> np.arange(2) & 1).reshape(200, 20)
    unsigned = import_file(path, classes=3, bits="2,2,3", input_max=2).network
    assert np.array_equal(unsigned.margins(x), quantised(state, codes * 2 / 3, (2, 3), False))
    signed = import_file(path, classes=3, bits="2,2,3", input_type="signed").network
    assert np.array_equal(signed.margins(x), quantised(state, (codes - 2) / 2, (2, 3), False))
    assert any("--input-max" in note for note in import_file(path, bits="2,2,3").notes)


def test_entries_near_a_rounding_edge_are_counted(tmp_path: Path) -> None:
    state = checkpoint([(4, 3, 2)])
    for name in ("fc.weight", "fc.bias", "output_quant.pre_transforms.0.bias"):
        state[f"module_list.0.{name}"][:] = 0
    state["module_list.0.output_quant.pre_transforms.0.running_mean"][:] = 0
    state["module_list.0.output_quant.pre_transforms.0.bias"][:] = 0.5
    scale = next(name for name in state if name.endswith("learned_value"))
    state[scale] = np.array(2, np.float32)  # half of a step of 4 / 4
    (tmp_path / "model.pth").write_bytes(saved(state))
    notes = import_file(tmp_path / "model.pth", bits="1,2,3").notes
    assert any(note.startswith("12 table entries lie within") for note in notes)


@pytest.mark.parametrize(
    ("name", "value", "fault"),
    [
        ("0.fc.mask.mask", np.ones((6, 9), np.float32), "do not go together"),
        ("0.fc.weight", np.full((6, 10), np.nan, np.float32), "holds NaN"),
        ("1.fc.bias", np.zeros(5, np.float32), "do not go together"),
        ("1.fc.weight", np.zeros((4, 7), np.float32), "none that fits the 12 bits before it"),
        ("1.fc.weight", np.zeros(4, np.float32), "lacks fc.weight, or it is of another shape"),
        ("1.fc.mask.mask", np.zeros((4, 6), np.float32), "neuron 1.0 reads 0 bits"),
        ("2.output_quant.x.scaling_impl.learned_value", np.array(1.0), "has 2 scales"),
        (
            "2.output_quant.pre_transforms.0.running_var",
            np.full(3, -1, np.float32),
            "do not go together",
        ),
    ],
)
def test_tensors_that_do_not_go_together(
    name: str, value: Array, fault: str, tmp_path: Path
) -> None:
    path = tmp_path / "model.pth"
    path.write_bytes(saved(checkpoint() | {f"module_list.{name}": value}))
    with pytest.raises(ModelError, match=fault):
        import_file(path, bits="1,2,2")


def test_what_the_file_does_not_say_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "model.pth"
    path.write_bytes(saved(checkpoint()))
    with pytest.raises(ConfigError, match=r"--bits, e\.g\. 1,2,2"):
        import_file(path)
    with pytest.raises(ConfigError, match="three whole numbers"):
        import_file(path, bits="1,2")
    with pytest.raises(ConfigError, match="yes or no"):
        import_file(path, bits="1,2,2", narrow_range="maybe")
    wide = checkpoint([(20, 3, 9)])
    path.write_bytes(saved(wide))
    with pytest.raises(ModelError, match=r"neuron 0\.0 reads 18 bits"):
        import_file(path, bits="2,2,2")
    wide["module_list.0.input_quant.pre_transforms.0.bias"] = np.zeros(20, np.float32)
    path.write_bytes(saved(wide))
    with pytest.raises(ConfigError, match="--input-type"):
        import_file(path, bits="1,2,2")


@pytest.mark.parametrize(
    "text",
    [
        "/*" * 200_000,
        "a" * 400_000 + " ",
        "wire" * 100_000,
        "9" * 400_000,
        "4'b" + "0" * 400_000,
        "input" + " " * 400_000,
        "assign M0w =" * 40_000,
        "module layer0 (" * 40_000,
        "layer0_N0 x (.M0(" * 40_000,
    ],
)
def test_text_that_is_made_to_take_long(text: str, tmp_path: Path) -> None:
    top = "module layer0 (input [1:0] M0, output [1:0] M1); layer0_N0 "
    for whole in (f"{top}{text}endmodule", f"{top}endmodule {text}", f"{text} {top} endmodule"):
        (tmp_path / "net.v").write_text(whole)
        start = time.process_time()
        with pytest.raises(ModelError):
            import_file(tmp_path / "net.v", "logicnets-verilog")
        assert time.process_time() - start < 5


def test_damage(tmp_path: Path) -> None:
    path = tmp_path / "model.pth"
    survive_damage(path, saved(checkpoint(), legacy=True), bits="1,2,2")
    survive_other_arrays(path, checkpoint(), saved, bits="1,2,2", classes=3)
    files = write_verilog(tmp_path / "net", random_layers())
    survive_damage(tmp_path / "net.v", "\n".join(files.values()).encode())


# -- networks of the field ---------------------------------------------------------------------


def of_tables(path: Path) -> list[Layer]:
    told = np.load(path)
    layers = []
    for number in range(int(told["n_layers"])):
        wires, codes = told[f"wires{number}"], told[f"tables{number}"].astype(int)
        given = np.unpackbits(told[f"given{number}"], axis=1, bitorder="little").astype(bool)
        layers.append((wires, codes, given[:, : codes.shape[1]], int(told[f"bits{number}"])))
    return layers


@pytest.mark.parametrize("net", NETS)
def test_tables_of_weights_equal_those_of_verilog(net: str, tmp_path: Path) -> None:
    folder = need_folder("fixtures", "logicnets")
    layers = of_tables(folder / f"iiot_{net}_tables.npz")
    vectors = np.load(folder / f"iiot_{net}_vectors.npz")
    x = np.unpackbits(vectors["M0"], axis=1, bitorder="little", count=512)
    y = np.unpackbits(vectors["Mout"], axis=1, bitorder="little", count=int(vectors["n_out"]))
    network = import_file(folder / f"iiot_{net}_lut_based_model.pth", bits="1,2,2").network
    assert np.array_equal(network.predict(x), y)
    entries = equal = 0
    for number, (_, codes, given, bits) in enumerate(layers):
        luts = np.flatnonzero(network.layer == number + 1)
        tables = np.array([network.lut_table(lut) for lut in luts]).reshape(len(codes), bits, -1)
        made = (tables.astype(int) << np.arange(bits)[:, None]).sum(axis=1)
        entries, equal = entries + int(given.sum()), equal + int((made == codes)[given].sum())
    assert entries == equal == {"binary_sparse_big": 8768, "binary_sparse": 26624}[net]
    assert _verilog_of(tmp_path, layers).digest == network.digest


def _verilog_of(tmp_path: Path, layers: list[Layer]) -> LutNetwork:
    files = write_verilog(tmp_path / "net", layers)
    for name in ("logicnet.v", "layer0.v"):
        text = files[name].replace("[9:0]", "[511:0]").replace("(10)", "(512)")
        (tmp_path / "net" / name).write_text(text)
    return import_file(tmp_path / "net").network
