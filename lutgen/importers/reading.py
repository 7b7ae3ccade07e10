"""From a file of any format to a network, with where it came from in its provenance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from numpy.typing import ArrayLike

from lutgen.encode.encoder import as_matrix
from lutgen.errors import ConfigError, ModelError
from lutgen.importers.content import Content
from lutgen.importers.format import Format, Imported, Request
from lutgen.importers.registry import get_format, recognise
from lutgen.model import LutNetwork, Provenance

AUTO = "auto"


def import_file(
    path: str | Path, format_: str = AUTO, *, samples: ArrayLike | None = None, **options: Any
) -> Imported:
    """Read a network that another program trained.

    Parameters
    ----------
    path : str or Path
        The file.
    format_ : str
        Name of its format; ``auto``: it is told by the content.
    samples : array-like of shape (n_samples, n_features), optional
        Samples to choose by where a format leaves something to choose, e.g. ``score_bits="auto"``;
        the network knows their ranges, which ``input_format="auto"`` goes by.
    **options
        What the format has to be told; see its ``options`` in :mod:`lutgen.importers.registry`.

    Returns
    -------
    Imported
        The network, and notes on what was taken for granted and what is not exact.

    Raises
    ------
    DataError
        If the file cannot be read.
    ModelError
        If it is of no known format, damaged, or holds what lutgen cannot take; nothing of a file
        is run.
    ConfigError
        If there is no such format or option, or an option that the file needs is missing.
    """
    content = Content(Path(path))
    chosen = recognise(content) if format_ == AUTO else get_format(format_)
    return read(chosen, content, samples, options)


def read(
    chosen: Format, content: Content, samples: ArrayLike | None, options: Mapping[str, Any]
) -> Imported:
    """Read a file as one of a format."""
    matrix = None if samples is None else as_matrix(samples, missing=True)
    request = Request(content, chosen.given(options), matrix)
    try:
        imported = chosen.read(request)
    except ModelError as error:
        if str(content.path) in str(error):
            raise
        raise ModelError(f"{content.path}, read as {chosen.name}: {error}") from error
    except ConfigError as error:
        raise ConfigError(f"{content.path}, read as {chosen.name}: {error}") from error
    except RecursionError as error:
        raise ModelError(f"{content.path}, read as {chosen.name}: nested too deeply") from error
    network = _with_origin(imported.network, chosen, request)
    return replace(imported, network=network if matrix is None else having_seen(network, matrix))


def having_seen(network: LutNetwork, samples: ArrayLike) -> LutNetwork:
    """Return the network that knows the range of the samples: number formats are chosen by it."""
    return replace(network, encoder=network.encoder.seeing(samples))


def _with_origin(network: LutNetwork, chosen: Format, request: Request) -> LutNetwork:
    """Return the network with where it came from, unless the format says that itself."""
    if network.provenance.learner:
        return network
    parameters = {
        "format": chosen.name,
        "file": request.content.path.name,
        "sha256": request.content.sha256,
        **{name: _plain(value) for name, value in request.options.items()},
    }
    return replace(network, provenance=Provenance(learner=chosen.title, parameters=parameters))


def _plain(value: Any) -> Any:
    return value if isinstance(value, bool | int | float | str) else str(value)
