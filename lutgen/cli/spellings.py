"""Old spellings of options, those of 0.1.0: they work for a release more, and say what is new.

``--target``, ``--device`` and ``--grade`` are one now: ``--chip FAMILY[-DEVICE[-GRADE]]``.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from lutgen.errors import ConfigError

RENAMED = {
    "boost": {"--luts": "--luts-per-class"},
    "host": {"--timeout": "--answer-timeout"},
    "mutate": {"--simulate": "--simulate-faults"},
}
"""By command, its options that have another name by now."""

_CHIP = ("--target", "--device", "--grade")
_USUAL = {"synth": "ice40", "mutate": "ice40", "optimise": "ice40"}
"""The families that 0.1.0 took where none was named; elsewhere generic."""


def renew(
    command: str, words: Sequence[str], known: Collection[str]
) -> tuple[list[str], list[str]]:
    """Return a command's words in the spelling of today, and in words what was changed.

    Parameters
    ----------
    known : collection of str
        Options that the command has; they keep their meaning.

    Raises
    ------
    ConfigError
        If old and new spellings are mixed.
    """
    new: list[str] = []
    remarks: list[str] = []
    chip: dict[str, str] = {}
    names = {key: name for key, name in RENAMED.get(command, {}).items() if key not in known}
    parts = [name for name in _CHIP if name not in known] if "--chip" in known else []
    rest = iter(words)
    for word in rest:
        if word == "--":
            new += [word, *rest]
            break
        name, equals, value = word.partition("=")
        if name in names:
            new.append(names[name] + equals + value)
            remarks.append(_remark(name, names[name]))
        elif name in parts:
            chip[name] = value if equals else next(rest, "")
        else:
            new.append(word)
    if chip:
        if any(word.partition("=")[0] == "--chip" for word in new):
            raise ConfigError(
                f"--chip says it all: leave {', '.join(chip)} out, as in --chip ice40-hx8k"
            )
        name = _chip_name(command, **{key.removeprefix("--"): text for key, text in chip.items()})
        old = " ".join(f"{key} {text}" for key, text in chip.items())
        new = ["--chip", name, *new]
        remarks.append(_remark(old, f"--chip {name}"))
    return new, remarks


def _remark(old: str, new: str) -> str:
    return f"{old} is {new} by now; the old spelling goes with the next release"


def _chip_name(command: str, target: str = "", device: str = "", grade: str = "") -> str:
    """Return the name of a chip that was named in parts; a grade could be a device, too."""
    from lutgen.chips.delay import delay_models  # noqa: PLC0415 - only for old spellings
    from lutgen.chips.registry import families  # noqa: PLC0415

    target = target or _USUAL.get(command, "generic")
    family = families().get(target)
    if family is not None and grade:
        if grade in family.devices:
            device, grade = device or grade, ""
        elif not device:  # any chip of that grade, and the largest, as it is not to be filled
            models = [model for model in delay_models(family) if model.grade == grade]
            names = [name for model in models for name in model.devices]
            device = max(names, key=lambda name: family.devices[name].luts, default="")
    return "-".join(filter(None, (target, device, grade)))
