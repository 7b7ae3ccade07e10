"""Verilog that LogicNets and its kin (PolyLUT, NeuraLUT) generate: a table a neuron.

A folder, a zip archive or one file of the modules ``layer0`` …, ``layer0_N0`` … and one that runs
the layers; of a neuron the Verilog may be missing where its ``.bench`` is there. Entries that a
``case`` lacks are codes that never come: their values do not matter. Registers between the layers
are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import numpy as np

from lutgen.bits import MAX_FAN_IN
from lutgen.importers.content import Content
from lutgen.importers.format import Format, Imported, Request
from lutgen.importers.neurons import OPTIONS, Neuron, check_fan_in, neuron_network
from lutgen.importers.parts import MOST_LUTS

# Of the text each space is one, and names and numbers are short: no pattern looks back far.
_COMMENT = re.compile(r"//[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
_MODULE = re.compile(r"\bmodule (\w{1,200}) ?(?:# ?\([^()]*\) ?)?\(([^()]*)\) ?;")
_PORT = re.compile(r"\b(input|output) ?(?:wire|reg)? ?(?:\[(\d{1,9}):0\])? ?(\w{1,200})\b")
_LAYER = re.compile(r"layer(\d{1,6})")
_WIRE = re.compile(r"\bwire ?(?:\[\d{1,9}:0\])? ?\b(\w{1,200}) ?= ?\{([^{};]*)\} ?;")
_USE = re.compile(
    r"\b(\w{1,200}) \w{1,200} ?\( ?\.M0 ?\( ?(\w{1,200}) ?\) ?, ?\.M1 ?\( ?(\w{1,200}) ?"
    r"(?:\[ ?(\d{1,9}) ?(?:: ?(\d{1,9}) ?)?\])? ?\) ?\) ?;"
)
_BITS = re.compile(r" ?M0 ?\[ ?(\d{1,7}) ?(?:: ?(\d{1,7}) ?)?\] ?")
_ENTRY = re.compile(
    r"(?:\b(\d{1,4})'b([01]{1,64})|\bdefault) ?: ?M1r? ?<?= ?(\d{1,4})'b([01]{1,64}) ?;"
)
_CASE = re.compile(
    r"(?:\(\*[^*]*\*\))? ?reg(?: \[\d+:0\])? M1r ?; ?assign M1 ?= ?M1r ?; ?"
    r"always ?@ ?(?:\( ?(?:M0|\*) ?\)|\*) ?begin case ?\( ?M0 ?\) ?endcase end"
)
_TOP_REST = re.compile(
    r"(?:wire ?(?:\[\d{1,9}:0\])? ?\w{1,200} ?; ?|assign \w{1,200} ?= ?\w{1,200} ?; ?"
    r"|\w{1,200} ?#\(\.DataWidth\(\d+\)\) \w+ ?\(\.data_in\(\w+\), \.clk\(clk\), \.rst\(rst\), "
    r"\.data_out\(\w+\)\) ?; ?)*"
)
_PASSED = re.compile(
    r"\.data_in\((\w+)\), \.clk\(clk\), \.rst\(rst\), \.data_out\((\w+)\)|assign (\w+) ?= ?(\w+) ?;"
)
_FOREIGN = re.compile(r"`(?!timescale\b|default_nettype\b)\w*|\$\w+")
_BENCH = re.compile(r"M1\[(\d{1,4})\]\s*=\s*LUT\s+0x([0-9a-fA-F]+)\s*\(\s*([^()]*)\)")


def _verilog(content: Content) -> dict[str, str]:
    """Return the modules of all files by their names, each without comments."""
    return content.once(_modules)


def _modules(content: Content) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, text in _texts(content, (".v", ".sv")):
        plain = " ".join(_COMMENT.sub(" ", text).split())
        if foreign := _FOREIGN.search(plain):
            raise content.fault(
                f"{name[-80:]} has {foreign[0][:40]}: other files and tasks of a simulator are not "
                "followed"
            )
        for part in plain.split("endmodule")[:-1]:
            if matched := _MODULE.search(part):
                if matched[1] in found:
                    raise content.fault(f"module {matched[1][:80]} is there twice")
                found[matched[1]] = part[matched.start() :]
    return found


def _texts(content: Content, suffixes: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield names and texts: of an archive, those beside the first layer0.v; else all there are."""
    files: Mapping[str, bytes] = content.files
    tops = [name for name in files if name.rpartition("/")[2] == "layer0.v"]
    folder = min(tops, key=lambda name: (name.count("/"), name)).rpartition("/")[0] if tops else ""
    for name, data in files.items():
        if name.endswith(suffixes) and name.rpartition("/")[0] == folder:
            try:
                yield name, data.decode("utf-8")
            except UnicodeDecodeError as error:
                raise content.fault(f"{name[-80:]} is no text") from error


def _recognises(content: Content) -> bool:
    if content.is_folder or content.members:
        names = {name.rpartition("/")[2] for name in (content.members or content.files)}
        return "layer0.v" in names and bool({"layer0_N0.v", "layer0_N0.bench"} & names)
    return b"module layer0" in content.data and b"layer0_N0" in content.data


def _read(request: Request) -> Imported:
    content = request.content
    modules = _verilog(content)
    bench = {
        name.rpartition("/")[2].removesuffix(".bench"): text
        for name, text in _texts(content, (".bench",))
    }
    order, notes = _order(content, modules)
    layers: list[tuple[int, list[Neuron]]] = []
    n_inputs = width = _ports(modules[order[0]]).get("M0", 0)
    n_entries = n_missing = 0
    for name in order:
        if _ports(modules[name]).get("M0") != width:
            raise content.fault(f"{name} takes another number of bits than the {width} before it")
        bits, neurons = _layer(content, name, modules, bench)
        layers.append((bits, neurons))
        n_entries += sum(neuron.given.size for neuron in neurons)
        n_missing += sum(int(np.count_nonzero(~neuron.given)) for neuron in neurons)
        width = bits * len(neurons)
        if _ports(modules[name]).get("M1") != width:
            raise content.fault(f"{name} does not put out the {width} bits of its neurons")
    if n_missing:
        notes.append(
            f"{n_missing:,} of {n_entries:,} table entries are not given: their values do not "
            "matter, and what is proved says nothing of the Verilog there"
        )
    notes.insert(0, "features are the bits of M0, bit 0 first")
    return Imported(neuron_network(n_inputs, layers, request.options), tuple(notes))


def _ports(module: str) -> dict[str, int]:
    """Return the ports of a module and their bits."""
    matched = _MODULE.search(module)
    assert matched is not None
    return {name: int(high or 0) + 1 for _, high, name in _PORT.findall(matched[2])}


def _body(module: str) -> str:
    """Return what a module has behind its ports."""
    matched = _MODULE.search(module)
    assert matched is not None
    return module[matched.end() :].strip()


def _order(content: Content, modules: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """Return the layers in the order in which the top module runs them, and notes."""
    layers = sorted((name for name in modules if _LAYER.fullmatch(name)), key=lambda n: int(n[5:]))
    if not layers:
        raise content.fault("there is no module layer0")
    tops = [
        name
        for name, module in modules.items()
        if any(_LAYER.fullmatch(used) for used, *_ in _USE.findall(module))
    ]
    if len(tops) > 1:
        raise content.fault(f"several modules run layers: {', '.join(tops)[:80]}")
    if not tops:
        return layers, ["no module runs the layers; they are taken in the order of their numbers"]
    top, body = tops[0], _body(modules[tops[0]])
    rest = _USE.sub("", body)
    if not _TOP_REST.fullmatch(" ".join(rest.split())):
        raise content.fault(f"the module {top} does more than to run layers after each other")
    passed = {
        (after or to): (before or source) for before, after, to, source in _PASSED.findall(body)
    }
    order, signal = [], "M0"
    used = {}
    for name, source, to, _, _ in _USE.findall(body):
        used[passed.get(source, source)] = (name, to)
    while signal in used:
        name, signal = used.pop(signal)
        if name not in layers or name in order:
            raise content.fault(f"the module {top} runs {name[:80]}, which is no layer, or twice")
        order.append(name)
    if used or set(order) != set(layers):
        raise content.fault(f"the module {top} does not run its layers after each other")
    return order, []


def _layer(
    content: Content, layer: str, modules: Mapping[str, str], bench: Mapping[str, str]
) -> tuple[int, list[Neuron]]:
    """Return the bits of a code, and the neurons in the order of their outputs."""
    body = _body(modules[layer])
    wires = {name: _bits(content, layer, text) for name, text in _WIRE.findall(body)}
    neurons: dict[int, tuple[int, Neuron]] = {}
    for name, source, to, high_, low_ in _USE.findall(body):
        high = int(high_ or 0)
        low = int(low_) if low_ else high
        if source not in wires or to != "M1" or high < low:
            raise content.fault(f"{layer} connects {name[:80]} in no known way")
        if name in modules:
            codes, given = _case(content, name, modules[name], wires[source].size)
        elif name in bench:
            codes, given = _bench(content, name, bench[name], wires[source].size, high - low + 1)
        else:
            raise content.fault(f"{name[:80]}.v is missing, which {layer} uses")
        neurons[low] = (high - low + 1, Neuron(name, wires[source], codes, given))
    rest = " ".join(_USE.sub("", _WIRE.sub("", body)).split())
    if rest or len(neurons) > MOST_LUTS:
        raise content.fault(f"{layer} has what lutgen does not know: {rest[:60]!r}")
    sizes = {bits for bits, _ in neurons.values()}
    if len(sizes) != 1 or sorted(neurons) != list(range(0, len(neurons) * max(sizes), max(sizes))):
        raise content.fault(f"the neurons of {layer} do not put out codes of one width, in a row")
    return sizes.pop(), [neurons[low][1] for low in sorted(neurons)]


def _bits(content: Content, layer: str, text: str) -> np.ndarray:
    """Return the bits that a neuron reads, address bit 0 first: in Verilog it stands last."""
    bits: list[int] = []
    for word in text.split(","):
        matched = _BITS.fullmatch(word)
        if matched is None or len(bits) > MAX_FAN_IN:
            break
        high, low = int(matched[1]), int(matched[2] or matched[1])
        bits += range(high, low - 1, -1)
    else:
        return np.array(bits[::-1], dtype=np.int64)
    if matched is not None:
        check_fan_in(f"of {layer}, {text[:40]} …", text.count(",") + 1)
    raise content.fault(f"{layer} reads {text[:60]!r}, which are no bits of M0")


def _case(content: Content, name: str, module: str, n_bits: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the codes of a neuron, and which entries its case has."""
    check_fan_in(name, n_bits)
    body = _body(module)
    if not _CASE.fullmatch(" ".join(_ENTRY.sub("", body).split())):
        raise content.fault(f"the module {name[:80]} is no single case of M0")
    codes = np.zeros(1 << n_bits, np.int64)
    given = np.zeros(1 << n_bits, bool)
    ports = _ports(module)
    for width, address, bits, code in _ENTRY.findall(body):
        place = int(address, 2) if address else ~given
        if (address and (int(width) != len(address) or len(address) != n_bits)) or not (
            int(bits) == len(code) == ports.get("M1")
        ):
            raise content.fault(f"an entry of {name[:80]} has another width than its ports")
        if address and given[place]:
            raise content.fault(f"the entry {address} of {name[:80]} is there twice")
        codes[place] = int(code, 2)
        given[place] = True
    if ports.get("M0") != n_bits or not given.any():
        raise content.fault(f"{name[:80]} has other ports than it is used with, or no entry")
    return codes, given


def _bench(
    content: Content, name: str, text: str, n_bits: int, n_outputs: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the codes of a neuron out of its .bench: the highest address comes first."""
    check_fan_in(name, n_bits)
    meant = ",".join(f"M0[{bit}]" for bit in range(n_bits))
    codes = np.zeros(1 << n_bits, np.int64)
    found = _BENCH.findall(text)
    if sorted(int(bit) for bit, _, _ in found) != list(range(n_outputs)):
        raise content.fault(f"{name[:80]}.bench does not set the {n_outputs} bits that are used")
    for bit, table, reads in found:
        if "".join(reads.split()) != meant or len(table) != max(1, (1 << n_bits) // 4):
            raise content.fault(f"M1[{bit}] of {name[:80]}.bench is no table of {n_bits} bits")
        entries = np.frombuffer(bytes.fromhex(table.zfill(len(table) + len(table) % 2)), np.uint8)
        value = np.unpackbits(entries[::-1], bitorder="little")[: 1 << n_bits]
        codes |= value.astype(np.int64) << int(bit)
    return codes, np.ones(1 << n_bits, bool)


FORMATS = (
    Format(
        "logicnets-verilog",
        "LogicNets, PolyLUT or NeuraLUT: generated Verilog, a folder, an archive or one file",
        _recognises,
        _read,
        OPTIONS,
    ),
)
