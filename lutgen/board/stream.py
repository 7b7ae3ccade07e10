"""Samples through the AXI4-Stream shell around a core, in simulation."""

from __future__ import annotations

from pathlib import Path

from numpy.typing import ArrayLike

from lutgen.board.shell import STREAM_MODULE, CorePorts, stream_sources, stream_top
from lutgen.board.simulate import LineResult, run_line, vector_settings, write_vectors
from lutgen.core import CoreConfig, make_core
from lutgen.emit.verilog import core_verilog
from lutgen.files import write_files
from lutgen.flow.cocotb import Design, build_bench
from lutgen.model.network import LutNetwork

STREAM_PORTS = (
    "clk",
    "rst",
    *(f"s_axis_{name}" for name in ("tdata", "tvalid", "tready", "tlast")),
    *(f"m_axis_{name}" for name in ("tdata", "tvalid", "tready", "tlast", "tuser")),
)


def simulate_stream(
    network: LutNetwork,
    X: ArrayLike,
    folder: Path,
    config: CoreConfig | None = None,
    *,
    beat_width: int = 64,
) -> LineResult:
    """Send samples through the AXI4-Stream shell in simulation; compare with the model.

    Parameters
    ----------
    config : CoreConfig, optional
        What the core is to be; by default one of truth tables that every tool reads, with a
        register after each level.

    Raises
    ------
    ToolError
        If a tool is missing or fails.
    """
    core = make_core(network, config or CoreConfig(pipeline=1))
    ports = CorePorts.of(core)
    texts = {f"{core.module}.v": core_verilog(core), f"{STREAM_MODULE}.v": ""}
    texts[f"{STREAM_MODULE}.v"] = stream_top(ports, beat_width=beat_width)
    sources = write_files(folder, texts)
    bench = build_bench(
        "bench_stream",
        Design((*sources, *stream_sources()), STREAM_MODULE, STREAM_PORTS),
        folder=folder / "bench",
    )
    bits = core.interface.samples(X)
    write_vectors(bench.folder, ports.to_lanes(bits), core.interface.answers(bits))
    settings = {
        **vector_settings(bench.folder),
        "LUTGEN_WIDTH": str(ports.n_stream_bits),
        "LUTGEN_LATENCY": str(ports.latency),
    }
    return run_line(bench, settings, "every_sample_once", bits.n_samples)
