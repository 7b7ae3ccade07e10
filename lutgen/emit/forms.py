"""The languages that a core can be written in, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lutgen.core.build import Core
from lutgen.emit.aiger import make_aig
from lutgen.emit.blif import emit_blif
from lutgen.emit.c import emit_c
from lutgen.emit.tables import tables_header
from lutgen.emit.verilog import behavioural_verilog, core_verilog
from lutgen.errors import ConfigError
from lutgen.netlist.passes.triplicate import NONE


@dataclass(frozen=True)
class Form:
    """A language.

    Parameters
    ----------
    suffix : str
        How the names of its files end.
    title : str
        What it is, for people.
    write : callable
        Returns a core in it. What decides over the cells is the core's chip.
    fixed, loaded : bool
        Whether it is one of cores whose tables are fixed, and of those whose tables are loaded.
    """

    suffix: str
    title: str
    write: Callable[[Core], str | bytes]
    fixed: bool = True
    loaded: bool = True

    def fits(self, core: Core) -> bool:
        """Return whether a core can be written in it."""
        return self.fixed if core.interface.loading is None else self.loaded


def get_form(name: str) -> Form:
    """Return a form by its name.

    Raises
    ------
    ConfigError
        If there is none of that name; the message lists those that exist.
    """
    form = FORMS.get(name)
    if form is None:
        raise ConfigError(f"there is no form {name!r}; choose one of: {', '.join(FORMS)}")
    return form


def forms_of(core: Core) -> tuple[str, ...]:
    """Return the names of the forms that a core can be written in."""
    return tuple(name for name, form in FORMS.items() if form.fits(core))


def require_plain_registers(core: Core, form: str) -> None:
    """Refuse a core whose registers have a reset or an enable, which a form cannot say.

    Raises
    ------
    ConfigError
        The message names the form.
    """
    if core.interface.loading is not None:
        raise ConfigError(f"{form} has no tables that are loaded; leave --reloadable out")
    if core.has_registers and not core.config.controls.is_plain:
        raise ConfigError(
            f"{form} has no registers with reset or clock enable; leave --reset and --enable out, "
            "or take Verilog"
        )


def require_one_copy(core: Core, form: str) -> None:
    """Refuse a core with copies that have to stay, which a form cannot say.

    Raises
    ------
    ConfigError
        The message names the form.
    """
    if core.config.tmr != NONE:
        raise ConfigError(
            f"{form} cannot say that copies have to stay, and tools would merge them; leave --tmr "
            "out, or take Verilog or Amaranth"
        )


def _behavioural(core: Core) -> str:
    require_one_copy(core, "Verilog of truth tables")
    return behavioural_verilog(core)


def _blif(core: Core) -> str:
    require_one_copy(core, "BLIF")
    require_plain_registers(core, "BLIF")
    return emit_blif(core.netlist, model=core.module, header=core.header)


def _aiger(core: Core) -> bytes:
    require_one_copy(core, "AIGER")
    require_plain_registers(core, "AIGER")
    return make_aig(core.netlist).to_binary(core.header)


def _aiger_ascii(core: Core) -> str:
    require_one_copy(core, "AIGER")
    require_plain_registers(core, "AIGER")
    return make_aig(core.netlist).to_ascii(core.header)


FORMS: Mapping[str, Form] = {
    "verilog": Form(".v", "Verilog of the chip's primitives", core_verilog),
    "behavioural": Form("_behavioural.v", "Verilog of truth tables", _behavioural),
    "blif": Form(".blif", "BLIF", _blif, loaded=False),
    "aiger": Form(".aig", "AIGER, binary", _aiger, loaded=False),
    "aiger-ascii": Form(".aag", "AIGER, ASCII", _aiger_ascii, loaded=False),
    "c": Form(".c", "C99 for microcontrollers and servers", emit_c),
    "tables": Form("_tables.h", "tables to load into a core (C)", tables_header, fixed=False),
}
