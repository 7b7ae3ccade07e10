"""What a core is to be: one frozen value from the command line to the netlist."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from lutgen.chips.registry import families_with_cell
from lutgen.core.controls import NO_RESET, Controls
from lutgen.core.inputs import AUTO, InputFormat
from lutgen.encode.formats import MAX_WIDTH, FeatureFormat
from lutgen.errors import ConfigError
from lutgen.netlist.names import module_fault
from lutgen.netlist.passes import triplicate

DEFAULT_MODULE = "lutgen_core"


@dataclass(frozen=True)
class CoreConfig:
    """What a core is to be.

    Parameters
    ----------
    chip : str
        What its netlist is mapped onto: ``FAMILY[-DEVICE[-GRADE]]``; device and grade matter to
        `fmax_target_mhz` alone. ``generic`` is portable Verilog.
    pipeline : int
        Put registers after every so many levels of k-LUTs; 0 for none.
    fmax_target_mhz : float
        Put registers between the primitives such that the delay model expects this clock
        frequency, as few stages as do; 0 for not. An alternative to `pipeline`.
    input_bits : int
        The same as the `input_format` ``u<N>``; 0: encoded bits come in.
    input_format : str, FeatureFormat, mapping or sequence
        The number that each feature comes in as, to have the encoder in hardware: ``auto``,
        ``u8``, ``q4.8`` …, see :func:`lutgen.core.inputs.choose_formats`; "": encoded bits come in.
    accept_rounding : bool
        Take a format in which thresholds or training samples lose something, too.
    one_hot : bool
        Answer with one bit a class instead of the class number.
    scores : bool
        Answer with the score of each class beside the class.
    reset : str
        What a reset does to registers: one of :data:`lutgen.core.controls.RESETS`, ``high`` and
        ``low`` synchronous, ``async-high`` and ``async-low`` not.
    enable : bool
        Give registers a clock enable.
    port_names : str
        Whose names clock, reset and enable have: ``plain`` (clk, rst, rst_n, ce) or ``axi`` (aclk,
        areset, aresetn, aclken), which AMD's tools know.
    reloadable : bool
        Let the tables of the trained LUTs be loaded while the hardware runs, so that a model of the
        same wiring takes the place of this one; encoder and head stay as they are.
    tmr : str
        What there are three copies of, with voters: one of
        :data:`lutgen.netlist.passes.triplicate.KINDS`.
    tmr_outputs : bool
        With three copies of all: bring out three copies of the answer, one above the other in
        ``y``, each of voters of its own; then no cell is left that all depends on.
    dont_cares : bool
        Use table entries that no input reaches, or that no output shows; the function is the same.
    module : str
        Name of the hardware's module.

    Raises
    ------
    ConfigError
        If a value is out of its range, or two do not go together.
    """

    chip: str = "generic"
    pipeline: int = 0
    fmax_target_mhz: float = 0.0
    input_bits: int = 0
    input_format: InputFormat = ""
    accept_rounding: bool = False
    one_hot: bool = False
    scores: bool = False
    reset: str = NO_RESET
    enable: bool = False
    port_names: str = "plain"
    reloadable: bool = False
    tmr: str = triplicate.NONE
    tmr_outputs: bool = False
    dont_cares: bool = True
    module: str = DEFAULT_MODULE

    def __post_init__(self) -> None:
        if self.pipeline < 0:
            raise ConfigError(
                "pipeline must be 0 (no registers) or the LUT levels between registers, got "
                f"{self.pipeline}"
            )
        if not 0 <= self.fmax_target_mhz < float("inf"):
            raise ConfigError(
                f"the Fmax aimed at must be a positive frequency, got {self.fmax_target_mhz}"
            )
        if self.pipeline and self.fmax_target_mhz:
            raise ConfigError(
                f"a pipeline of {self.pipeline} level(s) and an Fmax of {self.fmax_target_mhz:g} "
                "MHz were both asked for; the one follows from the other, give one of them"
            )
        if self.reloadable and self.fmax_target_mhz:
            raise ConfigError(
                f"tables that are loaded have no delay model, so an Fmax of "
                f"{self.fmax_target_mhz:g} MHz cannot be aimed at; give --pipeline instead"
            )
        if not 0 <= self.input_bits <= MAX_WIDTH:
            raise ConfigError(
                f"input bits must be 0 (encoded bits come in) or 1 to {MAX_WIDTH}, got "
                f"{self.input_bits}"
            )
        self._check_format()
        controls = self.controls
        if not (controls.is_plain or self.pipeline or self.fmax_target_mhz):
            raise ConfigError(
                "reset and clock enable are of registers, and the core has none: give --pipeline "
                "or --fmax-target as well"
            )
        self._check_tmr()
        require_module_name(self.module)

    def _check_format(self) -> None:
        if self.input_bits and self.input_format:
            raise ConfigError(
                f"input bits {self.input_bits} and an input format were both asked for; the one is "
                f"short for the format u{self.input_bits}, give one of them"
            )
        if isinstance(self.input_format, str) and self.input_format.strip().lower() not in (
            "",
            AUTO,
        ):
            FeatureFormat.parse(self.input_format)

    def _check_tmr(self) -> None:
        if self.tmr not in triplicate.KINDS:
            raise ConfigError(
                f"there is no tmr {self.tmr!r}; there are: {', '.join(triplicate.KINDS)}"
            )
        if self.reloadable and self.tmr != triplicate.NONE:
            raise ConfigError(
                "tables that are loaded have no copies to vote on: give --reloadable or --tmr, "
                "not both"
            )
        if self.tmr == triplicate.REGISTERS and not (self.pipeline or self.fmax_target_mhz):
            raise ConfigError(
                "three copies of registers were asked for, and the core has none: give --pipeline "
                "or --fmax-target as well, or --tmr all"
            )
        if self.tmr_outputs and self.tmr != triplicate.ALL:
            raise ConfigError(
                f"three copies of the answer go with three copies of all, not with {self.tmr!r}: "
                "give --tmr all"
            )

    @property
    def controls(self) -> Controls:
        """The ports of the registers."""
        return Controls.of(self.reset, enable=self.enable, port_names=self.port_names)

    @property
    def takes_features(self) -> InputFormat:
        """The format that is asked for, in whichever way; "" where encoded bits come in."""
        return f"u{self.input_bits}" if self.input_bits else self.input_format


def require_module_name(name: str) -> None:
    """Refuse names that a module cannot have, or that a cell of any chip family has.

    Raises
    ------
    ConfigError
        The message says what else is called so.
    """
    if name == DEFAULT_MODULE:
        return
    if fault := module_fault(name):
        raise ConfigError(fault)
    if owners := families_with_cell(name):
        raise ConfigError(
            f"{name!r} cannot name a module: it is a primitive of {', '.join(owners)}; choose "
            "another name"
        )


def config_of(config: CoreConfig | None, options: Mapping[str, Any]) -> CoreConfig:
    """Return a configuration with some fields given in place of its own.

    ``target`` and ``grade``, the spelling of 0.1.0 for `chip`, work for a release more.

    Raises
    ------
    ConfigError
        If there is no such field, or a value is out of its range.
    """
    given = dict(options)
    if "target" in given or "grade" in given:
        chip = "-".join(filter(None, (given.pop("target", "generic"), given.pop("grade", ""))))
        warnings.warn(
            f"target and grade are one by now: chip={chip!r}; the old names go with the next "
            "release",
            DeprecationWarning,
            stacklevel=3,
        )
        given.setdefault("chip", chip)
    known = [item.name for item in fields(CoreConfig)]
    if unknown := [name for name in given if name not in known]:
        raise ConfigError(
            f"a core has no option {', '.join(unknown)}; there are: {', '.join(known)}"
        )
    return replace(config or CoreConfig(), **given)
