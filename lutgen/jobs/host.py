"""Ask a board at a serial port for its answers to samples, and compare with the model."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from lutgen.board.boards import DEFAULT_BAUD
from lutgen.core import Interface
from lutgen.core.inputs import InputFormat
from lutgen.errors import MismatchError
from lutgen.host.device import DEFAULT_TIMEOUT_SECONDS, Device, DeviceError
from lutgen.jobs.predict import write_answers
from lutgen.jobs.progress import SILENT, Progress
from lutgen.jobs.samples import class_numbers
from lutgen.model import Argmax, LutNetwork


@dataclass(frozen=True)
class Answers:
    """What a board answered.

    Parameters
    ----------
    port : str
    digest : str
        That of the model.
    n_samples, n_equal : int
        Samples that were asked for, and answers equal to the model's of the same codes.
    n_rounded : int
        Samples whose codes the model answers otherwise than the numbers themselves.
    accuracy : float or None
        Share of the answers that are right; None where they are no classes.
    seconds : float
    retries : int
        Requests sent again.
    self_test_passed : bool
    """

    port: str
    digest: str
    n_samples: int
    n_equal: int
    accuracy: float | None
    seconds: float
    retries: int
    self_test_passed: bool
    n_rounded: int = 0

    @property
    def samples_per_second(self) -> int:
        """How fast it was."""
        return round(self.n_samples / max(self.seconds, 1e-9))

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON."""
        return {**asdict(self), "samples_per_second": self.samples_per_second}

    def require_equal(self) -> None:
        """Raise :class:`MismatchError` if the board and the model differ."""
        n_other = self.n_samples - self.n_equal
        if n_other or not self.self_test_passed:
            raise MismatchError(
                f"the board differs from the model in {n_other:,} of {self.n_samples:,} answers"
                + ("" if self.self_test_passed else ", and its self-test failed")
            )


def ask_board(
    network: LutNetwork,
    port: str,
    X: NDArray[Any],
    y: NDArray[Any],
    *,
    baud: int = 0,
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
    answers: Path | None = None,
    input_format: InputFormat = "",
    progress: Progress = SILENT,
) -> Answers:
    """Send samples to a board and compare its answers with the model's.

    Parameters
    ----------
    port : str
        Serial port, e.g. ``/dev/ttyUSB1``.
    baud : int
        Bits a second; 0 for the usual ones.
    timeout_seconds : float
        Limit for each answer.
    answers : Path, optional
        File that gets the answers, one a line; also those that came before a cable was pulled.
    input_format : str, mapping or sequence
        As it was given to the build; needed where the board does not tell its formats.

    Raises
    ------
    DeviceError
        If the board does not answer, or not any more.
    MismatchError
        If its bitstream was built of another model.
    """

    def keep(found: NDArray[Any]) -> None:
        if answers is not None:
            write_answers(answers, found)

    given = Interface.taking(network, input_format, accept_rounding=True) if input_format else None
    with Device(
        port,
        network,
        baud=baud or DEFAULT_BAUD,
        timeout_seconds=timeout_seconds,
        interface=given,
    ) as device:
        tested = device.self_test()
        start = time.monotonic()
        try:
            with progress.count("asking the board", "samples") as count:
                found = device.predict(X, count)
        except DeviceError as error:
            keep(device.interface.meant(error.answered))
            raise DeviceError(
                f"{error}; {len(error.answered):,} of {len(X):,} samples were answered"
                + (f" and are in {answers}" if answers else ""),
                error.answered,
            ) from error
        seconds = time.monotonic() - start
    keep(found)
    _, rounded = device.interface.changed(X)
    equal = (found == device.interface.predict(X)).reshape(len(X), found[:1].size or 1).all(axis=1)
    is_class = len(X) and isinstance(network.head, Argmax)
    return Answers(
        port=port,
        digest=network.digest,
        n_samples=len(X),
        n_equal=int(equal.sum()),
        accuracy=float((found == _as_classes(network, y)).mean()) if is_class else None,
        seconds=round(seconds, 3),
        retries=device.n_retries,
        self_test_passed=tested,
        n_rounded=int(rounded.sum()),
    )


def _as_classes(network: LutNetwork, y: NDArray[Any]) -> NDArray[Any]:
    """Return labels as the model has them, by what they mean: 1.0 is 1."""
    return network.classes[class_numbers(network, "the samples", y)]
