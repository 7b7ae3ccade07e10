"""Ask a board at a serial port for its answers to samples, and compare with the model."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from lutgen.board.boards import DEFAULT_BAUD, find_board
from lutgen.chips.registry import get_family
from lutgen.chips.tables import STYLES
from lutgen.core import CoreConfig, Interface
from lutgen.core.inputs import InputFormat
from lutgen.encode.formats import FeatureFormat
from lutgen.errors import LutgenError, MismatchError
from lutgen.files import read_json
from lutgen.host.device import DEFAULT_TIMEOUT_SECONDS, Device, DeviceError
from lutgen.jobs.folders import working_folder
from lutgen.jobs.predict import answer_lines, write_answers
from lutgen.jobs.progress import SILENT, Progress
from lutgen.jobs.samples import class_numbers
from lutgen.model import Argmax, LutNetwork
from lutgen.records.build import BUILD_FILE, BuildRecord
from lutgen.records.core import CORE_FILE

SIMULATION_SECONDS = 24 * 3600.0


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
        Share of the answers that are right; None where they are no classes, or nobody knows.
    seconds : float
    retries : int
        Requests sent again.
    self_test_passed : bool
    was_loaded : bool
        Whether the model's tables were loaded for it.
    answers : tuple of str
        Each sample's, as it is written to a file.
    """

    port: str
    digest: str
    n_samples: int
    n_equal: int
    accuracy: float | None
    seconds: float
    retries: int
    self_test_passed: bool
    was_loaded: bool = False
    n_rounded: int = 0
    answers: tuple[str, ...] = ()

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


def built_interface(network: LutNetwork, folder: Path, core_id: str) -> Interface | None:
    """Return the interface of a core by its identity, as the records of a folder tell it.

    Parameters
    ----------
    folder : Path
        That of builds, or of one, or of a core.

    Returns
    -------
    Interface or None
        None if no record in the folder is of that core.
    """
    for path in (
        *(folder / name for name in (CORE_FILE, BUILD_FILE)),
        *sorted([*folder.glob(f"*/{BUILD_FILE}"), *folder.glob(f"*/{CORE_FILE}")]),
    ):
        try:
            record = read_json(path)
            own = record if path.name == CORE_FILE else record["model"]
            formats = tuple(FeatureFormat.parse(str(text)) for text in own["input_formats"])
            found = [Interface(network, formats, tables=tables) for tables in ("", *STYLES)]
        except (LutgenError, KeyError, TypeError):
            continue  # there is none, or none that could be read
        for interface in found:
            if interface.core_id == core_id:
                return interface
    return None


@contextmanager
def simulated_board(
    network: LutNetwork, build: Path, *, progress: Progress = SILENT
) -> Iterator[str]:
    """Run the board of a build in simulation, pins to pins; yields the port to open.

    The design is made as the build made it, but that a bit on the line lasts fewer clock cycles. It
    lies in a folder beside the build's own files until the port is left.

    Parameters
    ----------
    build : Path
        Folder of one board's build, as ``build/icebreaker``.

    Raises
    ------
    DataError
        If there is no build in the folder.
    MismatchError
        If it was built of another model.
    ToolError
        If a tool is missing or fails.
    """
    from lutgen.board import simulate  # noqa: PLC0415 - Amaranth is optional

    record = BuildRecord.read(build / BUILD_FILE)
    config = CoreConfig(
        chip=record.family, input_format=record.model.input_formats or "", accept_rounding=True
    )
    if get_family(record.family).tables and record.core_id != Interface.of(network, config).core_id:
        config = replace(config, reloadable=True)
    if record.core_id != Interface.of(network, config).core_id:
        raise MismatchError(
            f"{build} was built of another model ({record.digest[:16]}…) than this "
            f"({network.digest[:16]}…); name that one, or build the board anew"
        )
    with working_folder(None) as folder:
        with progress.working(f"building {record.board.title} for the simulator"):
            board = find_board(record.board.name)
            simulation = simulate.build_board_simulation(network, board, folder, config)
        with simulate.bridged(simulation, SIMULATION_SECONDS) as port:
            yield port


def ask_board(
    network: LutNetwork,
    port: str,
    X: NDArray[Any],
    y: NDArray[Any] | None = None,
    *,
    baud: int = 0,
    timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
    load: bool = False,
    answers: Path | None = None,
    input_format: InputFormat = "",
    build: Path | None = None,
    progress: Progress = SILENT,
) -> Answers:
    """Send samples to a board and compare its answers with the model's.

    Parameters
    ----------
    port : str
        Serial port, e.g. ``/dev/ttyUSB1``.
    X : ndarray of shape (n_samples, n_features)
    y : ndarray of shape (n_samples,), optional
        Their labels, for the accuracy.
    baud : int
        Bits a second; 0 for the usual ones.
    timeout_seconds : float
        Limit for each answer.
    load : bool
        Load the model's tables first, where the board holds those of another model of the same
        structure.
    answers : Path, optional
        File that gets the answers, one a line; also those that came before a cable was pulled.
    input_format : str, mapping or sequence
        As it was given to the build; needed where neither the board nor `build` tells its formats.
    build : Path, optional
        Folder that the board was built in, see :func:`built_interface`.

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

    given: Interface | Callable[[str], Interface | None] | None = None
    if input_format:
        given = Interface.taking(network, input_format, accept_rounding=True)
    elif build is not None:
        given = partial(built_interface, network, build)
    with Device(
        port,
        network,
        baud=baud or DEFAULT_BAUD,
        timeout_seconds=timeout_seconds,
        load=load,
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
    accuracy = None
    if y is not None and len(X) and isinstance(network.head, Argmax):
        accuracy = float((found == _as_classes(network, y)).mean())
    return Answers(
        port=port,
        digest=network.digest,
        n_samples=len(X),
        n_equal=int(equal.sum()),
        accuracy=accuracy,
        seconds=round(seconds, 3),
        retries=device.n_retries,
        self_test_passed=tested,
        was_loaded=device.was_loaded,
        n_rounded=int(rounded.sum()),
        answers=tuple(answer_lines(found)),
    )


def _as_classes(network: LutNetwork, y: NDArray[Any]) -> NDArray[Any]:
    """Return labels as the model has them, by what they mean: 1.0 is 1."""
    return network.classes[class_numbers(network, "the samples", y)]
