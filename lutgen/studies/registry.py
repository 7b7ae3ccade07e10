"""The studies, in the order of the papers."""

from __future__ import annotations

from lutgen.errors import ConfigError
from lutgen.studies import (
    binary_mnist,
    bound,
    circle,
    implementation,
    interpolation,
    memorizers,
    memorizers_width,
    methods,
    noise_capacity,
    noise_complexity,
    noise_depth,
    noise_regularisers,
    pairs,
)
from lutgen.studies.study import Study

_MODULES = (
    binary_mnist,
    methods,
    pairs,
    circle,
    implementation,
    bound,
    noise_capacity,
    noise_depth,
    noise_complexity,
    noise_regularisers,
    interpolation,
    memorizers,
    memorizers_width,
)
STUDIES: dict[str, Study] = {study.name: study for module in _MODULES for study in module.STUDIES}


def get_study(name: str) -> Study:
    """Return a study by its name.

    Raises
    ------
    ConfigError
        If there is none; the message lists them.
    """
    if name not in STUDIES:
        raise ConfigError(f"there is no study {name!r}; there are {', '.join(STUDIES)}, or all")
    return STUDIES[name]
