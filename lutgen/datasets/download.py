"""Checked downloads into the cache folder: a file is there whole and right, or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

from lutgen.errors import DataError, LutgenError, OutputError

Progress = Callable[[str, int, int], None]
"""Told the file's name, the bytes so far and the bytes in all (0 where the server does not say)."""

CACHE_VARIABLE = "LUTGEN_DATA"
"""Names the folder of data sets, which are read from there and, if missing, downloaded to there."""

_TIMEOUT_SECONDS = 30
_RETRIES = 1


def cache_folder() -> Path:
    """Return the folder of data sets: $LUTGEN_DATA, or the user's cache."""
    if given := os.environ.get(CACHE_VARIABLE):
        return Path(given)
    from pooch.utils import os_cache  # noqa: PLC0415 - it loads a client for HTTP

    return Path(os_cache("lutgen"))


def fetch_files(
    folder: Path, base_url: str, sha256: Mapping[str, str], progress: Progress | None = None
) -> None:
    """Download the files that `folder` lacks or holds with a wrong checksum.

    Parameters
    ----------
    base_url : str
        Where the files lie; ends in a slash.
    sha256 : mapping
        Checksum (hex) of each file by its name.

    Raises
    ------
    DataError
        If a file cannot be downloaded or is not the expected one. Nothing of it is kept.
    OutputError
        If the folder cannot be written.
    """
    from pooch.core import create  # noqa: PLC0415 - it loads a client for HTTP
    from pooch.downloaders import HTTPDownloader  # noqa: PLC0415
    from pooch.utils import get_logger  # noqa: PLC0415

    get_logger().setLevel("ERROR")  # what it would say is said by `progress` or raised
    registry = {name: f"sha256:{value}" for name, value in sha256.items()}
    store = create(folder, base_url, registry=registry, retry_if_failed=_RETRIES)
    for name in registry:
        bar = _ProgressBar(name, progress) if progress else False
        downloader = HTTPDownloader(progressbar=bar, timeout=_TIMEOUT_SECONDS)
        try:
            store.fetch(name, downloader=downloader)
        except ValueError as error:
            raise DataError(
                f"{base_url}{name} does not have the expected SHA-256 checksum; nothing was kept"
            ) from error
        except OSError as error:
            raise _explain(error, base_url + name, folder) from error


def _explain(error: OSError, url: str, folder: Path) -> LutgenError:
    if error.errno is not None:  # from the system: the network's errors carry no number
        return OutputError(
            f"cannot write into {folder}: {error.strerror or error}; set {CACHE_VARIABLE} to a "
            "folder that is writable and has room"
        )
    response = getattr(error, "response", None)
    if response is not None:
        return DataError(f"cannot download {url}: {response.status_code} {response.reason}")
    return DataError(f"cannot download {url}: there is no connection, or it broke off")


class _ProgressBar:
    """What pooch expects of a progress bar, told on to a plain function."""

    def __init__(self, name: str, report: Progress) -> None:
        self.total = 0
        self._name = name
        self._report = report
        self._done = 0

    def update(self, n_bytes: int) -> None:
        # pooch counts whole chunks, the last one too
        self._done = min(self._done + n_bytes, self.total)
        self._report(self._name, self._done, self.total)

    def reset(self) -> None:
        self._done = 0

    def close(self) -> None:
        pass
