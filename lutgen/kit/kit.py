"""From a core to the files of its kit: hardware, templates, test bench, constraints, README."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from lutgen.bits import Bits
from lutgen.board.shell import loader_lines
from lutgen.core import Core
from lutgen.core.controls import Controls
from lutgen.core.ports import Ports, category_lines, name_of
from lutgen.emit.tables import tables_header
from lutgen.emit.vectors import vectors
from lutgen.emit.verilog import behavioural_verilog, core_verilog
from lutgen.kit.answers import BYTE, in_lanes
from lutgen.kit.buses import bus_interfaces
from lutgen.kit.design import (
    CFU,
    DEFAULT_CLOCK_MHZ,
    PLAIN,
    SHELLS,
    STREAM,
    VERILOG,
    VHDL,
    WISHBONE,
    Design,
)
from lutgen.kit.projects import TOOLS
from lutgen.kit.registers import id_words
from lutgen.kit.render import comment, render
from lutgen.netlist.ir import REGISTER, Netlist
from lutgen.netlist.loadable import TABLE
from lutgen.version import __version__


@dataclass(frozen=True, eq=False)
class Vectors:
    """Samples for the test bench.

    Parameters
    ----------
    x : Bits
        As they stand at the core's port ``x``.
    told : str
        What they are, for people.
    """

    x: Bits
    told: str


def random_vectors(design: Design, n_vectors: int) -> Vectors:
    """Return samples at random, the same each time; any bits are a sample."""
    rng = np.random.Generator(np.random.Philox(0))
    dense = rng.integers(0, 2, size=(n_vectors, design.core.netlist.n_inputs), dtype=np.uint8)
    return Vectors(Bits.from_dense(dense), "bits at random")


def constrained_mhz(core: Core, clock_mhz: float = 0.0) -> float:
    """Return what constraints ask for: a clock, the core's own aim, or 100 MHz."""
    return clock_mhz or core.config.fmax_target_mhz or DEFAULT_CLOCK_MHZ


def kit_files(
    design: Design,
    samples: Vectors,
    *,
    language: str = VERILOG,
    clock_mhz: float = 0.0,
    project: str = "",
) -> dict[str, str]:
    """Return the files of a kit, by their paths in it.

    Parameters
    ----------
    design : Design
        The core with its shell.
    samples : Vectors
        For the test bench.
    language : str
        Of the user's design: ``verilog`` or ``vhdl``.
    clock_mhz : float
        What the constraints ask for; 0: the core's own aim, or 100 MHz where it has none.
    project : str
        A vendor's tool of :data:`lutgen.kit.projects.TOOLS` that a project is beside them for.
    """
    told = _told(design, samples, language, clock_mhz)
    told["project"] = {"folder": project, "title": TOOLS[project].title} if project else None
    core = design.core
    files = {**_hardware(design, told), **_bench(design, samples, told)}
    if language == VHDL:
        files[f"{design.top}.vho"] = render("template.vho.j2", **told)
        files[f"vhdl/{design.top}_pkg.vhd"] = render("package.vhd.j2", **told)
        files[f"vhdl/{design.top}_vhdl.vhd"] = render("wrapper.vhd.j2", **told)
    else:
        files[f"{design.top}.veo"] = render("template.veo.j2", **told)
    if design.registers:
        files[f"{design.top}.rdl"] = render("registers.rdl.j2", **told)
        files[f"{design.top}.h"] = render("registers.h.j2", **told)
    if core.interface.loading is not None:
        files[f"{core.module}_tables.h"] = tables_header(core)
    if design.shell == CFU:
        files[f"{design.top}.h"] = render("cfu.h.j2", **told)
        files["cfu/cfu.v"] = render("cfu_module.v.j2", **told)
    if design.shell in (PLAIN, STREAM, WISHBONE):
        files[f"litex/{core.module}_litex.py"] = render("litex.py.j2", **told)
    for name in told["constraints"]:
        files[name] = render(f"{name.rpartition('.')[2]}.j2", **told)
    files[f"{design.top}.core"] = render("core.j2", **told)
    files["component.xml"] = render("component.xml.j2", **told)
    for name in design.support:
        files[f"{name}.core"] = render("support.core.j2", name=name, version=__version__)
    files["README.md"] = render("readme.md.j2", **told)
    return files


def _hardware(design: Design, told: Mapping[str, Any]) -> dict[str, str]:
    core = design.core
    files = {f"rtl/{core.module}.v": core_verilog(core)}
    if design.shell != PLAIN:
        template = "registers.v.j2" if design.registers else f"{design.shell}.v.j2"
        files[f"rtl/{design.top}.v"] = render(template, **told)
    for path in design.support_sources():
        files[f"rtl/{path.name}"] = path.read_text(encoding="utf-8")
    if told["behaviour"]:
        files[told["behaviour"]] = behavioural_verilog(core)
    return files


def _bench(design: Design, samples: Vectors, told: Mapping[str, Any]) -> dict[str, str]:
    x = samples.x if design.shell == PLAIN else design.shape.to_lanes(samples.x)
    y = design.core.interface.answers(samples.x)
    texts = vectors(x, in_lanes(y, design.answer_parts) if design.answer_parts else y)
    files = {f"tb/{design.top}_{name}": text for name, text in texts.items()}
    template = "tb_registers.v.j2" if design.registers else f"tb_{design.shell}.v.j2"
    files[f"tb/{design.top}_tb.v"] = render(template, **told)
    return files


@dataclass(frozen=True)
class Lane:
    """Where the code of a feature stands: at `low` at the core, at `at` where there are lanes."""

    name: str
    format: str
    low: int
    at: int
    width: int
    place: str


def _lanes(design: Design) -> list[Lane]:
    interface, shape = design.core.interface, design.shape
    lanes, at = [], 0
    for item, kind, room in zip(
        Ports.of(interface).inputs, interface.formats, shape.lanes or (), strict=False
    ):
        low = item.low if design.shell == PLAIN else at
        lanes.append(
            Lane(
                name_of(item),
                str(kind),
                item.low,
                at,
                item.width,
                f"{low} … {low + item.width - 1}",
            )
        )
        at += room
    return lanes


def _told(design: Design, samples: Vectors, language: str, clock_mhz: float) -> dict[str, Any]:
    """Return what the templates are given."""
    core, shape, top = design.core, design.shape, design.top
    interface = core.interface
    lanes = _lanes(design)
    has_primitives = any(cell.primitive not in ("", TABLE) for cell in core.netlist.cells)
    behaviour = f"sim/{core.module}.v" if has_primitives else ""
    around = [f"rtl/{top}.v"] if design.shell != PLAIN else []
    sources = [f"rtl/{core.module}.v", *around]
    simulated = [behaviour or sources[0], *around]
    support = [f"rtl/{name}.v" for name in design.support]
    clock = constrained_mhz(core, clock_mhz)
    parts = design.answer_parts
    ports = Ports.of(interface)
    return {
        "core": core,
        "shell": design.shell,
        "shell_title": SHELLS[design.shell],
        "top": top,
        "language": language,
        "ports": design.ports,
        "clock": design.clock,
        "shape": shape,
        "controls": shape.controls if shape.has_clock else Controls(""),
        "after_reset": f"{shape.answer_width}'h{_after_reset(core.netlist):x}",
        "header": core.header,
        "version": __version__,
        "digest": core.network.digest,
        "core_id": interface.core_id,
        "family": core.family,
        "timing": str(core.timing) if core.timing else "",
        "lanes": lanes,
        "one_format": _one_format(lanes, core.network.feature_names),
        "rule": _rule(design),
        "bit_lines": [comment(line) for line in ports.header() if line.startswith("bits")]
        or [comment(interface.describe()[0])],
        "categories": list(category_lines(core.network.categories)),
        "answer": interface.describe()[1],
        "classes": ports.classes,
        "beat_width": design.beat_width,
        "n_beats": -(-shape.n_stream_bits // design.beat_width) if design.shell == STREAM else 0,
        "n_answer_bytes": sum(part.room for part in parts) // BYTE,
        "answer_parts": parts,
        "has_lanes": any(part.is_signed for part in parts),
        "map": design.registers,
        "loading": interface.loading,
        "loader": loader_lines(shape, clock=design.clock, commit="1'b1"),
        "contents": interface.contents,
        "structure": core.network.structure_digest,
        "n_sample_words": design.word_counts[0],
        "n_answer_words": design.word_counts[1],
        "bridge": f"lutgen_{design.shell}",
        "interfaces": (interfaces := bus_interfaces(design)),
        "map_bus": next((bus.name for bus in interfaces if bus.has_map), ""),
        "all_sources": [*sources, *support],
        "all_simulated": [*simulated, *support],
        "reset": design.reset,
        "id_words": id_words(interface.core_id),
        "inputs": ports.inputs,
        "n_vectors": samples.x.n_samples,
        "vectors": samples.told,
        "behaviour": behaviour,
        "sources": sources,
        "simulated": simulated,
        "simulated_below": [f"../{name}" for name in (*simulated, *support)],
        "support": design.support,
        "support_sentence": " and ".join(f"`{name}.v`" for name in design.support)
        + (" are" if len(design.support) > 1 else " is"),
        "constraints": [f"constraints/{top}.{kind}" for kind in core.family.constraints],
        "clock_mhz": f"{clock:g}",
        "period_ns": f"{1000 / clock:.3f}",
        "clock_source": "as asked for"
        if clock_mhz or core.config.fmax_target_mhz
        else "a guess: --clock names another",
    }


def _after_reset(netlist: Netlist) -> int:
    """Return what the outputs are while all registers are 0; every output has one behind it."""
    values = [0, 1, *[0] * netlist.n_inputs]
    for cell in netlist.cells:
        address = sum(values[net] << j for j, net in enumerate(cell.inputs))
        values.append(0 if cell.kind == REGISTER else cell.init >> address & 1)
    return sum(values[net] << i for i, net in enumerate(netlist.outputs))


def _one_format(lanes: list[Lane], names: object) -> str:
    """Return the format that all features have, where nothing tells them apart but their number."""
    formats = {lane.format for lane in lanes}
    return formats.pop() if len(formats) == 1 and not names else ""


def _rule(design: Design) -> str:
    """Return where feature f stands, if all have one width."""
    widths = design.core.interface.widths
    if not widths:
        return ""
    if design.shell == PLAIN:
        return f"feature f at x[{widths[0]}*f +: {widths[0]}]"
    room = design.shape.lanes[0]
    return f"feature f in bits {room}·f … {room}·f + {widths[0] - 1} of a sample"
