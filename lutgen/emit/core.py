"""The way from a model to its hardware in one call."""

from __future__ import annotations

from dataclasses import dataclass

from lutgen import __version__
from lutgen.emit.verilog import check_module_name, emit_verilog
from lutgen.errors import ConfigError
from lutgen.model import LutNetwork
from lutgen.netlist.check import check
from lutgen.netlist.ir import Netlist
from lutgen.netlist.lower import lower
from lutgen.netlist.passes.pipeline import pipeline as insert_registers
from lutgen.netlist.passes.simplify import simplify
from lutgen.netlist.passes.stats import PassStats
from lutgen.target.registry import get_family


@dataclass(frozen=True)
class Core:
    """Everything that later stages need of the hardware made from one model.

    Parameters
    ----------
    digest : str
        Digest of the model.
    target : str
        Name of the family.
    module : str
        Name of the Verilog module.
    pipeline : int
        LUT levels between registers; 0 for none.
    logic : Netlist
        Netlist of k-LUTs, simplified and pipelined, before mapping.
    netlist : Netlist
        The same, mapped onto the family.
    verilog : str
        Text of the module.
    passes : tuple of PassStats
        What the passes did, in the order in which they ran.
    """

    digest: str
    target: str
    module: str
    pipeline: int
    logic: Netlist
    netlist: Netlist
    verilog: str
    passes: tuple[PassStats, ...]


def build_core(
    network: LutNetwork,
    *,
    target: str = "generic",
    pipeline: int = 0,
    module: str = "lutgen_core",
) -> Core:
    """Make the hardware of a model: lower, simplify, pipeline, map, check, write.

    Parameters
    ----------
    network : LutNetwork
        The model.
    target : str
        Name of a family, see :func:`lutgen.target.registry.get_family`.
    pipeline : int
        Put registers after every so many levels of k-LUTs; 0 for none.
    module : str
        Name of the Verilog module.

    Raises
    ------
    ConfigError
        If the target does not exist, the pipeline is negative or the module's name is illegal.
    """
    if pipeline < 0:
        raise ConfigError(
            f"pipeline must be 0 (no registers) or the LUT levels between registers, got {pipeline}"
        )
    family = get_family(target)
    check_module_name(module)
    logic, passes = simplify(lower(network))
    if pipeline:
        logic, stats = insert_registers(logic, pipeline)
        passes = (*passes, stats)
    netlist = family.map(logic)
    check(netlist)
    header = [
        f"{module}: a learnt network of lookup tables, written by lutgen {__version__}",
        f"model    sha256 {network.digest}",
    ]
    if pipeline:
        header.append(f"pipeline a register after every {pipeline} level(s) of trained LUTs")
    verilog = emit_verilog(netlist, family, module=module, header=header)
    return Core(network.digest, target, module, pipeline, logic, netlist, verilog, passes)
