"""A board with a lutgen core at the end of a serial port.

from lutgen import LutNetwork
from lutgen.host import Device

with Device("/dev/ttyUSB1", LutNetwork.load("model.npz")) as device:
    labels = device.predict(X)
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lutgen.bits import Bits
from lutgen.core import Interface
from lutgen.errors import ConfigError, DataError, MismatchError, ToolError
from lutgen.host.identity import (
    CONTENTS_WORD,
    N_WORDS,
    TABLE,
    WHOLE_WORD,
    Identity,
    read_info,
)
from lutgen.host.protocol import (
    DIALECTS,
    DONE,
    ERRORS,
    IDENTITY,
    LOAD,
    OVERHEAD_BYTES,
    PREDICT,
    SELF_TEST,
    VERSION,
    Answer,
    encode_request,
    self_test_vectors,
    sign,
    take_answers,
)
from lutgen.model import Argmax, LutNetwork
from lutgen.model.head import Answers
from lutgen.model.migrate import digest_of_version_2

DEFAULT_BAUD = 1_000_000
DEFAULT_TIMEOUT_SECONDS = 2.0
AHEAD = 48  # requests under way; far below the 256 sequence numbers
AHEAD_SMALL = 2  # where a request is not longer than its answer
SELF_TEST_VECTORS = 4096

_RETRIES = 5  # in a row
_QUIET_SECONDS = 0.05  # more than the device's timeout for a broken request
_POLL_SECONDS = 0.005


class DeviceError(ToolError):
    """A device that does not answer, or whose line broke.

    Attributes
    ----------
    answered : ndarray
        What was answered to the first samples, as :meth:`Device.numbers` returns it.
    """

    def __init__(self, message: str, answered: NDArray[np.int64] | None = None) -> None:
        super().__init__(message)
        self.answered = np.zeros(0, dtype=np.int64) if answered is None else answered


class _BrokenLineError(DeviceError):
    """A line that broke while values came in.

    Attributes
    ----------
    values : list of int
        Those that came before.
    """

    def __init__(self, message: str, values: list[int]) -> None:
        super().__init__(message)
        self.values = values


class Device:
    """A board at a serial port; opening it makes sure that it holds the model.

    Parameters
    ----------
    port : str
        Serial port: ``/dev/ttyUSB1``, ``COM3``, or a URL of pyserial.
    network : LutNetwork
        The model that the board was built of.
    baud : int
        Bits a second; ``lutgen boards`` tells each board's.
    timeout_seconds : float
        How long to wait for an answer.
    load : bool
        Load the model's tables, where the board holds others. Otherwise such a board is refused.
    interface : Interface or callable, optional
        That of the core that the board was built of. Only a board whose features have several
        formats, or a code for missing values, needs it; all others tell theirs. A callable is asked
        for it by such a board alone: it is given the board's `core_id`, and returns it, or None.

    Attributes
    ----------
    identity : Identity
        Who the board says it is.
    interface : Interface
        What it takes and answers.
    n_retries : int
        How often something had to be sent again.
    was_loaded : bool
        Whether tables were loaded.

    Raises
    ------
    DeviceError
        If the port cannot be opened, or nothing answers as a lutgen board does.
    MismatchError
        If the board holds another model, or takes or answers it in another form.
    """

    def __init__(
        self,
        port: str,
        network: LutNetwork,
        *,
        baud: int = DEFAULT_BAUD,
        timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
        load: bool = False,
        interface: Interface | Callable[[str], Interface | None] | None = None,
    ) -> None:
        self.port = port
        self.network = network
        self._timeout_seconds = timeout_seconds
        self._baud = baud
        self._buffer = bytearray()
        self._sequence_number = 0
        self.n_retries = 0
        self.was_loaded = False
        self._line = _open(port, baud)
        try:
            self.identity = self._identify()
            if interface is not None and not isinstance(interface, Interface):
                told = self.identity.form != TABLE
                interface = None if told else interface(self.identity.core_id)
            self.interface = _find_interface(self.identity, network, interface)
            self._require_tables(load=load)
        except MismatchError as error:
            self.close()
            raise MismatchError(f"{port}: {error}") from error
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the port."""
        self._line.close()

    # -- what a user asks ----------------------------------------------------------------------

    def predict(self, X: ArrayLike, progress: Callable[[int, int], None] | None = None) -> Answers:
        """Return what the board answers to each sample, as the model's own ``predict`` does.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Raw features; columns of a data frame are matched by name.
        progress : callable, optional
            Called with the number of samples answered, and of all.

        Returns
        -------
        ndarray
            Labels, numbers or bits; see :meth:`lutgen.model.LutNetwork.predict`.

        Raises
        ------
        DataError
            If the samples cannot be encoded.
        DeviceError
            If the line breaks; its `answered` has what was answered before.
        """
        return self.interface.meant(self.numbers(X, progress))

    def class_numbers(
        self, X: ArrayLike, progress: Callable[[int, int], None] | None = None
    ) -> NDArray[np.intp]:
        """Return the class number that the board gives each sample; see :meth:`predict`.

        Raises
        ------
        ModelError
            If the network answers no classes.
        """
        _ = self.network.n_classes  # ModelError where there are none
        return self.numbers(X, progress).astype(np.intp)

    def numbers(
        self, X: ArrayLike, progress: Callable[[int, int], None] | None = None
    ) -> NDArray[np.int64]:
        """Return what the board answers to each sample, in whole numbers; see :meth:`predict`.

        Returns
        -------
        ndarray
            See :meth:`lutgen.core.interface.Interface.numbers`.
        """
        return self.interface.numbers(self._answers(X, progress))

    def scores(
        self, X: ArrayLike, progress: Callable[[int, int], None] | None = None
    ) -> NDArray[np.int64]:
        """Return the scores that the board gives each sample, of shape (n_samples, n_scores).

        Raises
        ------
        ConfigError
            If its core was built without scores.
        """
        return self.interface.score_numbers(self._answers(X, progress))

    def _answers(self, X: ArrayLike, progress: Callable[[int, int], None] | None) -> Bits:
        """Return what the board's core answers to each sample, as it stands at ``y``."""
        bits = self.interface.samples(X)
        rows = np.packbits(bits.to_dense(), axis=1, bitorder="little")
        requests = [(PREDICT, row.tobytes()) for row in rows]
        answer_bytes = DIALECTS[self.identity.version].answer_bytes
        ahead = AHEAD if OVERHEAD_BYTES + rows.shape[1] > answer_bytes else AHEAD_SMALL
        try:
            return self._read(self._ask(requests, ahead, progress))
        except _BrokenLineError as error:
            answered = self.interface.numbers(self._read(error.values))
            raise DeviceError(str(error), answered) from error

    def _read(self, values: list[int]) -> Bits:
        """Return what stood at ``y`` where values came over the line."""
        head, none = self.network.head, self.interface.numbers(self.interface.of_values([]))
        try:
            if isinstance(head, Argmax) and values:
                low = (1 << self.interface.class_width) - 1
                largest = max(value & low if self.interface.scores else value for value in values)
                if largest >= head.n_classes:
                    raise DataError(
                        f"the board answered class number {largest}, the model has "
                        f"{head.n_classes} classes"
                    )
            return self.interface.of_values(values)
        except DataError as error:
            raise DeviceError(f"{self.port}: {error}; build the board anew", none) from error

    def self_test(self) -> bool:
        """Return whether the board's core, at full speed, computes what the model does.

        The board makes 4,096 vectors itself and answers a signature of what its core answers.
        """
        interface = self.interface
        vectors = self_test_vectors(interface.n_inputs, SELF_TEST_VECTORS)
        answers = interface.answers(Bits.from_dense(vectors))
        expected = sign(interface.values(answers), self.identity.version)
        (signature,) = self._ask([(SELF_TEST, b"")], 1, None)
        return signature == expected

    # -- tables --------------------------------------------------------------------------------

    def load(self) -> None:
        """Load the model's tables into the board, whatever it holds.

        Raises
        ------
        ConfigError
            If the tables of the board are fixed.
        DeviceError
            If the board does not hold them afterwards, or the line breaks: then it answers no
            samples until tables are loaded.
        """
        if self.interface.loading is None:
            raise ConfigError(
                f"{self.port}: the tables of the board are fixed; build it with --reloadable"
            )
        image, patience = self.interface.image, self._timeout_seconds
        self._timeout_seconds += 10 * len(image) / self._baud  # until it is over the line
        try:
            (contents,) = self._ask([(LOAD, image)], 1, None)
        finally:
            self._timeout_seconds = patience
        if contents != self.interface.contents:
            raise DeviceError(
                f"{self.port}: the board holds tables {contents:08x} after those of the model, "
                f"{self.interface.contents:08x}, were loaded; build the board anew"
            )
        self.was_loaded = True

    def _require_tables(self, *, load: bool) -> None:
        """Make sure that a board whose tables can be loaded holds those of the model."""
        if self.interface.loading is None:
            if load:
                self.load()  # says that it cannot
            return
        words = [(IDENTITY, bytes([word])) for word in (CONTENTS_WORD, WHOLE_WORD)]
        contents, is_whole = self._ask(words, AHEAD_SMALL, None)
        if is_whole and contents == self.interface.contents:
            return
        if load:
            self.load()
            return
        held = f"tables {contents:08x}" if is_whole else "tables that are not whole"
        raise MismatchError(
            f"the board is of the model's structure, {self.network.structure_digest[:16]}…, but "
            f"holds {held}, not the model's, {self.interface.contents:08x}; load them: lutgen "
            "host --load, or Device(…, load=True)"
        )

    # -- the line ------------------------------------------------------------------------------

    def _identify(self) -> Identity:
        try:
            (version,) = self._ask([(IDENTITY, b"\0")], 1, None)
            if version not in DIALECTS:
                raise MismatchError(
                    f"the board speaks version {version} of the protocol, this lutgen versions "
                    f"{' and '.join(map(str, DIALECTS))}; use the lutgen that built it, or build "
                    "the board anew"
                )
            requests = [(IDENTITY, bytes([index])) for index in range(1, N_WORDS[version])]
            return read_info([version, *self._ask(requests, AHEAD_SMALL, None)])
        except DeviceError as error:
            raise DeviceError(
                f"{self.port}: no lutgen board answers ({error}); is it the right port and baud "
                "rate, and is the bitstream loaded?"
            ) from error

    def _ask(
        self,
        requests: list[tuple[int, bytes]],
        ahead: int,
        progress: Callable[[int, int], None] | None,
    ) -> list[int]:
        """Return the value of the answer to each request, so many requests being under way."""
        values: list[int] = []
        under_way: deque[tuple[int, int]] = deque()  # sequence number, command
        failures = 0
        try:
            while len(values) < len(requests):
                self._send_more(requests, len(values), under_way, ahead)
                n_before = len(values)
                fault = self._take(values, under_way)
                if len(values) > n_before:
                    failures = 0
                if fault:
                    failures += 1
                    self.n_retries += 1
                    if failures > _RETRIES:
                        raise DeviceError(f"{self.port}: {fault}, {_RETRIES} times in a row")
                    self._settle()
                    under_way.clear()  # to be sent again
                if progress:
                    progress(len(values), len(requests))
        except DeviceError as error:
            raise _BrokenLineError(str(error), values) from error
        except OSError as error:  # pyserial's own error is one, too
            raise _BrokenLineError(
                f"{self.port}: the line broke ({error}) after {len(values):,} of "
                f"{len(requests):,} answers; is the cable plugged in?",
                values,
            ) from error
        return values

    def _send_more(
        self,
        requests: list[tuple[int, bytes]],
        n_answered: int,
        under_way: deque[tuple[int, int]],
        ahead: int,
    ) -> None:
        data = b""
        while len(under_way) < ahead and n_answered + len(under_way) < len(requests):
            command, payload = requests[n_answered + len(under_way)]
            data += encode_request(command, self._sequence_number, payload)
            under_way.append((self._sequence_number, command))
            self._sequence_number = (self._sequence_number + 1) % 256
        if data:
            self._line.write(data)

    def _take(self, values: list[int], under_way: deque[tuple[int, int]]) -> str:
        """Take what answers have come, at least one; return what is wrong, "" if nothing is."""
        until = time.monotonic() + self._timeout_seconds
        while time.monotonic() < until:
            self._buffer += self._line.read(max(1, self._line.in_waiting))
            answers = list(take_answers(self._buffer))
            for answer in answers:
                fault = _take_one(answer, values, under_way)
                if fault:
                    return fault
            if answers:
                return ""
        return f"no answer within {self._timeout_seconds:g} s"

    def _settle(self) -> None:
        """Wait until the device has dropped what was broken, and forget what it said of it."""
        until = time.monotonic() + _QUIET_SECONDS
        while time.monotonic() < until:
            if self._line.read(max(1, self._line.in_waiting)):
                until = time.monotonic() + _QUIET_SECONDS
        self._buffer.clear()


def _find_interface(identity: Identity, network: LutNetwork, given: Interface | None) -> Interface:
    """Return the interface of a device, which must be one of the model."""
    if given is not None and given.network.digest != network.digest:
        raise MismatchError("the interface given is that of another model")
    if given is not None and not given.tables:
        given = replace(given, tables=identity.tables)
    if identity.version < VERSION:
        _require_digest(identity, network)
        interface = identity.interface(network)
        expected = (given or interface).core_id, interface.core_id
    else:
        interface = given or identity.interface(network)
        expected = interface.core_id, identity.core_id
    if expected[0] != expected[1]:
        ours = Identity.of(given or interface)
        if identity.tables and ours.tables == identity.tables:
            raise MismatchError(
                f"the board holds a core of another structure, {expected[1][:16]}… "
                f"({identity.describe()}), than the model, {ours.core_id[:16]}… "
                f"({ours.describe()}): its tables cannot be loaded there; load the bitstream that "
                "was built of a model of the same wiring, encoder and head"
            )
        raise MismatchError(
            f"the board holds core {expected[1][:16]}… ({identity.describe()}), not "
            f"{ours.core_id[:16]}… ({ours.describe()}); load the bitstream that was built of this "
            "model"
        )
    return interface


def _require_digest(identity: Identity, network: LutNetwork) -> None:
    """Refuse a device of version 1 of the protocol that was built of another model."""
    if not isinstance(network.head, Argmax):
        raise MismatchError(
            "the board speaks version 1 of the protocol, which carries class numbers alone; the "
            f"model answers none ({network.describe_head()}); load the bitstream that was built of "
            "this model"
        )
    old = digest_of_version_2(network)
    if identity.core_id not in (old, network.digest, *network.aliases):
        raise MismatchError(
            f"the board holds model {identity.core_id[:16]}…, not {old[:16]}…; load the bitstream "
            "that was built of this model"
        )


def _take_one(answer: Answer, values: list[int], under_way: deque[tuple[int, int]]) -> str:
    if answer.status in ERRORS:
        return ERRORS[answer.status]
    request = (answer.sequence_number, answer.status ^ DONE)
    if request not in under_way:
        return ""  # of a request that has been given up and sent again
    if request != under_way[0]:
        return "an answer was lost"
    under_way.popleft()
    values.append(answer.value)
    return ""


def _open(port: str, baud: int) -> Any:
    try:
        import serial  # noqa: PLC0415 - an optional library
        from serial.tools import list_ports  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise ToolError("pyserial is not installed; pip install 'lutgen[boards]'") from error
    try:
        return serial.serial_for_url(port, baudrate=baud, timeout=_POLL_SECONDS, exclusive=None)
    except (OSError, ValueError) as error:
        there = ", ".join(item.device for item in list_ports.comports()) or "none"
        raise DeviceError(f"cannot open {port}: {error}; serial ports here: {there}") from error
