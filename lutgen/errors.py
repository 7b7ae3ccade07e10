"""The faults that lutgen reports; each class knows its exit code on the command line."""

from __future__ import annotations


class LutgenError(Exception):
    """A fault the user can mend: the message says what is wrong, where, and what to do."""

    exit_code = 2


class DataError(LutgenError, ValueError):
    """Samples, labels or a data set that cannot be used as they are."""


class ConfigError(LutgenError, ValueError):
    """A parameter, an option or a name that lutgen does not accept."""


class ModelError(LutgenError, ValueError):
    """A model, or a model file, that is damaged, foreign or inconsistent."""


class NetlistError(LutgenError, ValueError):
    """A netlist that breaks the rules of :mod:`lutgen.netlist.ir`."""


class OutputError(LutgenError):
    """A result that could not be written."""


class MismatchError(LutgenError):
    """Two forms of one network that should be equal are not, or a limit was missed."""

    exit_code = 1


class ToolError(LutgenError):
    """An external tool that is missing or failed."""

    exit_code = 3
