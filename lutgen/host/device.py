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
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lutgen.bits import Bits
from lutgen.core import CoreConfig, Interface
from lutgen.errors import MismatchError, ToolError
from lutgen.host.protocol import (
    DONE,
    ERRORS,
    IDENTITY,
    N_INFO_WORDS,
    PREDICT,
    SELF_TEST,
    VERSION,
    Answer,
    Identity,
    encode_request,
    read_info,
    self_test_vectors,
    sign,
    take_answers,
)
from lutgen.model.network import LutNetwork

DEFAULT_BAUD = 1_000_000
DEFAULT_TIMEOUT_SECONDS = 2.0
AHEAD = 48  # requests under way; far below the 256 sequence numbers
AHEAD_SMALL = 2  # where a request is hardly longer than its answer
SELF_TEST_VECTORS = 4096

_RETRIES = 5  # in a row
_QUIET_SECONDS = 0.05  # more than the device's timeout for a broken request
_POLL_SECONDS = 0.005


class DeviceError(ToolError):
    """A device that does not answer, or whose line broke.

    Attributes
    ----------
    answered : ndarray
        Class numbers of the first samples, as many as were answered.
    """

    def __init__(self, message: str, answered: NDArray[np.intp] | None = None) -> None:
        super().__init__(message)
        self.answered = np.zeros(0, dtype=np.intp) if answered is None else answered


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

    Raises
    ------
    DeviceError
        If the port cannot be opened, or nothing answers as a lutgen board does.
    MismatchError
        If the board holds another model.
    """

    def __init__(
        self,
        port: str,
        network: LutNetwork,
        *,
        baud: int = DEFAULT_BAUD,
        timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
    ) -> None:
        self.port = port
        self.network = network
        self._timeout_seconds = timeout_seconds
        self._buffer = bytearray()
        self._sequence_number = 0
        self.n_retries = 0
        self._line = _open(port, baud)
        try:
            self.identity = self._identify()
            self._require_model()
            config = CoreConfig(input_bits=self.identity.feature_bits)
            self.interface = Interface.of(network, config)
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

    def predict(
        self, X: ArrayLike, progress: Callable[[int, int], None] | None = None
    ) -> NDArray[Any]:
        """Return the label that the board gives each sample.

        Parameters
        ----------
        X : array_like of shape (n_samples, n_features)
            Raw features.
        progress : callable, optional
            Called with the number of samples answered, and of all.

        Raises
        ------
        DataError
            If the samples cannot be encoded.
        DeviceError
            If the line breaks; its `answered` has what was answered before.
        """
        return self.network.classes[self.class_numbers(X, progress)]

    def class_numbers(
        self, X: ArrayLike, progress: Callable[[int, int], None] | None = None
    ) -> NDArray[np.intp]:
        """Return the class number that the board gives each sample; see :meth:`predict`."""
        bits = self.interface.samples(X)
        rows = np.packbits(bits.to_dense(), axis=1, bitorder="little")
        requests = [(PREDICT, row.tobytes()) for row in rows]
        ahead = AHEAD if rows.shape[1] > 1 else AHEAD_SMALL
        values = self._ask(requests, ahead, progress)
        numbers = np.array(values, dtype=np.intp)
        if numbers.size and numbers.max() >= self.network.n_classes:
            raise DeviceError(
                f"{self.port}: the board answered class number {numbers.max()}, the model has "
                f"{self.network.n_classes} classes; build the board anew"
            )
        return numbers

    def self_test(self) -> bool:
        """Return whether the board's core, at full speed, computes what the model does.

        The board makes 4,096 vectors itself and answers a signature of their classes.
        """
        vectors = self_test_vectors(self.identity.n_inputs, SELF_TEST_VECTORS)
        answers = self.interface.answers(Bits.from_dense(vectors))
        expected = sign(self.interface.numbers(answers))
        (signature,) = self._ask([(SELF_TEST, b"")], 1, None)
        return signature == expected

    # -- the line ------------------------------------------------------------------------------

    def _identify(self) -> Identity:
        requests = [(IDENTITY, bytes([index])) for index in range(N_INFO_WORDS)]
        try:
            return read_info(self._ask(requests, AHEAD_SMALL, None))
        except DeviceError as error:
            raise DeviceError(
                f"{self.port}: no lutgen board answers ({error}); is it the right port and baud "
                "rate, and is the bitstream loaded?"
            ) from error

    def _require_model(self) -> None:
        if self.identity.version != VERSION:
            raise MismatchError(
                f"{self.port}: the board speaks version {self.identity.version} of the protocol, "
                f"this lutgen version {VERSION}; build the board anew"
            )
        if self.identity.digest not in (self.network.digest, *self.network.aliases):
            raise MismatchError(
                f"{self.port}: the board holds model {self.identity.digest[:16]}…, not "
                f"{self.network.digest[:16]}…; load the bitstream that was built of this model"
            )

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
                fault = self._take(values, under_way)
                failures = failures + 1 if fault else 0
                if fault:
                    self.n_retries += 1
                    if failures > _RETRIES:
                        raise DeviceError(f"{self.port}: {fault}, {_RETRIES} times in a row")
                    self._settle()
                    under_way.clear()  # to be sent again
                if progress:
                    progress(len(values), len(requests))
        except DeviceError as error:
            raise DeviceError(str(error), np.array(values, dtype=np.intp)) from error
        except OSError as error:  # pyserial's own error is one, too
            raise DeviceError(
                f"{self.port}: the line broke ({error}) after {len(values):,} of "
                f"{len(requests):,} answers; is the cable plugged in?",
                np.array(values, dtype=np.intp),
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
