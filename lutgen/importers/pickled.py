"""Pickles of strangers, read without trust: an interpreter of their few operations.

What a pickle names is never imported. A name is a text that the caller's `resolve` knows, and then
stands for a function of lutgen's that makes plain data of plain data; any other is refused before
anything is done with it. Every value that comes out is None, a bool, number, text, bytes, tuple,
list or dict, an :class:`Array`, :class:`Instance` or :class:`Name`, or what the caller's own
functions return.

Values may share parts, as in any pickle: walk only as deep as the format goes, print only what is
known to be short.
"""

from __future__ import annotations

import io
import pickletools
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lutgen.errors import ModelError

MOST_OPERATIONS = 1 << 20
"""Operations that a pickle may have; those of a network have some thousands."""

_NEWEST_PROTOCOL = 5
_SCALARS = (str, bytes, int, float, bool, type(None))
_LITERALS = {
    *("INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"),
    *("STRING", "BINSTRING", "SHORT_BINSTRING"),
    *("UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"),
    *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8"),
}
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
_TUPLES = {"EMPTY_TUPLE": 0, "TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}

Maker = Callable[..., Any]
Resolve = Callable[[str, str], Maker | None]
"""What a name (module, name in it) stands for: a function of lutgen's, or None: refuse it."""


class UnknownNameError(ModelError):
    """A pickle names what its reader does not know.

    Parameters
    ----------
    module, name : str
        The name, as the file spells it.
    """

    def __init__(self, module: str, name: str) -> None:
        self.module, self.name = module[:80], name[:80]
        super().__init__(
            f"it names {self.module}.{self.name}, which is no part of such a file; nothing was run"
        )


@dataclass(eq=False)
class Array:
    """An array of NumPy's; `values` is set once the file has said what it holds."""

    values: NDArray[Any] = field(default_factory=lambda: np.empty(0))

    def set_state(self, state: Any) -> None:
        """Take what the file says of the array: version, shape, type, order and bytes."""
        match state:
            case (int(), tuple(shape), DType() as dtype, bool(columns), bytes(data)):
                self.values = _array(shape, dtype.value(), data, "F" if columns else "C")
            case _:
                raise ModelError("it holds an array of another kind than numbers")


@dataclass(eq=False)
class DType:
    """A type of NumPy's: its spelling, and the byte order that the file tells afterwards."""

    spelling: str
    order: str = "="

    def set_state(self, state: Any) -> None:
        """Take the byte order."""
        if not isinstance(state, tuple) or len(state) < 2 or state[1] not in ("<", ">", "|", "="):
            raise ModelError("it holds an array of a type without a byte order")
        self.order = state[1]

    def value(self) -> np.dtype[Any]:
        """Return NumPy's own."""
        if self.order in "<>":
            return np.dtype(self.spelling).newbyteorder("<" if self.order == "<" else ">")
        return np.dtype(self.spelling)


@dataclass(eq=False)
class Instance:
    """An object of a class of the file's writer: the class's name and the object's attributes."""

    name: str
    state: dict[str, Any] = field(default_factory=dict)

    def set_state(self, state: Any) -> None:
        """Take the attributes."""
        if not isinstance(state, dict) or not all(isinstance(key, str) for key in state):
            raise ModelError(f"an object of {self.name} is kept otherwise than by its attributes")
        self.state = state


def instance(name: str) -> Maker:
    """Return what makes an :class:`Instance` of a class, whatever the class is made with."""

    def make(*_: Any) -> Instance:
        return Instance(name)

    return make


def is_size(value: Any) -> bool:
    """Return whether a value of a file can be a size, an offset or a stride."""
    return type(value) is int and 0 <= value < 1 << 40


def _array(shape: Any, dtype: np.dtype[Any], data: bytes, order: Any) -> NDArray[Any]:
    if len(shape) > 32 or not all(map(is_size, shape)):
        raise ModelError("it holds an array of no possible shape")
    n_items = 1
    for size in shape:
        n_items *= size
    if n_items * dtype.itemsize != len(data):
        raise ModelError(f"it holds an array of {len(data)} bytes that claims {n_items} items")
    return np.frombuffer(data, dtype=dtype).reshape(shape, order=order)


def _dtype(spelling: Any, *_: Any) -> DType:
    known = isinstance(spelling, str) and len(spelling) <= 4 and spelling[:1] in tuple("biuf?SU")
    if not known or not (spelling[1:].isdecimal() or spelling == "?"):
        raise ModelError("it holds an array of another type than numbers")
    return DType(spelling)


def _scalar(dtype: Any, data: Any) -> Any:
    if not isinstance(dtype, DType) or not isinstance(data, bytes):
        raise ModelError("it holds a number of NumPy's that is none")
    return _array((), dtype.value(), data, "C").item()


def _encoded(text: Any, encoding: Any) -> bytes:
    if not isinstance(text, str) or encoding != "latin1":
        raise ModelError("it holds bytes that are spelt in no known way")
    return text.encode("latin-1")


def _no_class(*_: Any) -> Any:
    raise ModelError("it makes an array in no known way")


_NUMPY: dict[str, Maker] = {
    "_reconstruct": lambda *_: Array(),
    "scalar": _scalar,
    "dtype": _dtype,
    "ndarray": _no_class,  # an argument of _reconstruct, never called
}


def numpy_names(module: str, name: str) -> Maker | None:
    """Resolve the names that arrays and numbers of NumPy's need, any version's."""
    if (module, name) == ("_codecs", "encode"):
        return _encoded
    if module in ("__builtin__", "builtins") and name == "bytes":  # protocol 2: none at all
        return lambda: b""
    if module in ("numpy", "numpy.core.multiarray", "numpy._core.multiarray"):
        return _NUMPY.get(name)
    return None


def load(data: bytes, resolve: Resolve) -> Any:
    """Return the value of a pickle.

    Parameters
    ----------
    data : bytes
        The pickle; what comes after it is not looked at.
    resolve : callable
        What the names stand for.

    Raises
    ------
    UnknownNameError
        If it names something that `resolve` does not know.
    ModelError
        If it is damaged, too long, or does what no file of data needs.
    """
    return load_next(io.BytesIO(data), resolve)


def load_next(
    stream: io.BytesIO, resolve: Resolve, persistent: Callable[[Any], Any] | None = None
) -> Any:
    """Return the value of the pickle that comes next in a stream; see :func:`load`.

    Parameters
    ----------
    persistent : callable, optional
        Makes what an identifier stands for that the file refers to; without it they are refused.
    """
    machine = _Machine(resolve, persistent)
    try:
        for number, (operation, argument, _) in enumerate(pickletools.genops(stream)):
            if number >= MOST_OPERATIONS:
                raise ModelError(f"a pickle of more than {MOST_OPERATIONS:,} operations")
            machine.do(operation.name, argument)
        return machine.result()
    except ModelError:
        raise
    except Exception as error:  # whatever a function of the interpreter says to damaged data
        raise ModelError(f"the pickle in it is damaged ({type(error).__name__})") from error


@dataclass(frozen=True, eq=False)
class Name:
    """A name of the file that it does not call: what it stands for."""

    make: Maker


class _Machine:
    """Stack, marks and memo of a pickle; an operation never does more than its name says."""

    def __init__(self, resolve: Resolve, persistent: Callable[[Any], Any] | None) -> None:
        self._resolve = resolve
        self._persistent = persistent
        self._stack: list[Any] = []
        self._below: list[list[Any]] = []
        self._memo: dict[int, Any] = {}

    def result(self) -> Any:
        """Return the value, which is all that is left."""
        if len(self._stack) != 1 or self._below:
            raise ModelError("the pickle in it ends before its value is whole")
        return self._stack[0]

    def do(self, name: str, argument: Any) -> None:
        """Do one operation."""
        stack = self._stack
        if name in _LITERALS:
            stack.append(argument)
        elif name in _CONSTANTS:
            stack.append(_CONSTANTS[name])
        elif name in _TUPLES:
            n_items = _TUPLES[name]
            stack.append(tuple(self._take(n_items)))
        elif name in ("BINPUT", "LONG_BINPUT", "PUT"):
            self._memo[argument] = stack[-1]
        elif name in ("BINGET", "LONG_BINGET", "GET"):
            stack.append(self._memo[argument])
        elif (operation := getattr(self, f"_op_{name.lower()}", None)) is not None:
            operation(argument)
        else:
            raise ModelError(f"the pickle in it does what no file of data needs ({name})")

    def _take(self, n_items: int) -> list[Any]:
        if n_items > len(self._stack):
            raise ModelError("the pickle in it takes more values than it has made")
        taken = self._stack[len(self._stack) - n_items :]
        del self._stack[len(self._stack) - n_items :]
        return taken

    def _since_mark(self) -> list[Any]:
        taken, self._stack = self._stack, self._below.pop()
        return taken

    def _op_proto(self, version: int) -> None:
        if version > _NEWEST_PROTOCOL:
            raise ModelError(f"a pickle of protocol {version}, which nobody writes yet")

    def _op_frame(self, _: Any) -> None:
        """Frames only tell how much to read at a time."""

    def _op_stop(self, _: Any) -> None:
        """The value is what is left."""

    def _op_mark(self, _: Any) -> None:
        self._below.append(self._stack)
        self._stack = []

    def _op_pop(self, _: Any) -> None:
        self._take(1)

    def _op_pop_mark(self, _: Any) -> None:
        self._since_mark()

    def _op_dup(self, _: Any) -> None:
        self._stack.append(self._stack[-1])

    def _op_memoize(self, _: Any) -> None:
        self._memo[len(self._memo)] = self._stack[-1]

    def _op_empty_list(self, _: Any) -> None:
        self._stack.append([])

    def _op_empty_dict(self, _: Any) -> None:
        self._stack.append({})

    def _op_list(self, _: Any) -> None:
        taken = self._since_mark()
        self._stack.append(taken)

    def _op_tuple(self, _: Any) -> None:
        taken = self._since_mark()
        self._stack.append(tuple(taken))

    def _op_dict(self, _: Any) -> None:
        taken = self._since_mark()
        made: dict[Any, Any] = {}
        self._stack.append(made)
        _set_items(made, taken)

    def _op_append(self, _: Any) -> None:
        _extend(self._stack[-2], self._take(1))

    def _op_appends(self, _: Any) -> None:
        taken = self._since_mark()
        _extend(self._stack[-1], taken)

    def _op_setitem(self, _: Any) -> None:
        taken = self._take(2)
        _set_items(self._stack[-1], taken)

    def _op_setitems(self, _: Any) -> None:
        taken = self._since_mark()
        _set_items(self._stack[-1], taken)

    def _op_global(self, argument: str) -> None:
        module, _, name = argument.partition(" ")
        self._push_name(module, name)

    def _op_stack_global(self, _: Any) -> None:
        module, name = self._take(2)
        if not isinstance(module, str) or not isinstance(name, str):
            raise ModelError("the pickle in it names what is no name")
        self._push_name(module, name)

    def _push_name(self, module: str, name: str) -> None:
        make = self._resolve(module, name)
        if make is None:
            raise UnknownNameError(module, name)
        self._stack.append(Name(make))

    def _op_reduce(self, _: Any) -> None:
        self._call(*self._take(2))

    def _op_newobj(self, _: Any) -> None:
        self._call(*self._take(2))

    def _call(self, name: Any, arguments: Any) -> None:
        if not isinstance(name, Name) or not isinstance(arguments, tuple):
            raise ModelError("the pickle in it calls what is no function")
        self._stack.append(name.make(*arguments))

    def _op_build(self, _: Any) -> None:
        (state,) = self._take(1)
        made = self._stack[-1]
        if isinstance(made, Array | DType | Instance):
            made.set_state(state)
        elif not isinstance(made, dict):  # of an OrderedDict, attributes; lutgen needs none
            raise ModelError("the pickle in it sets attributes of what has none")

    def _op_binpersid(self, _: Any) -> None:
        (identifier,) = self._take(1)
        if self._persistent is None:
            raise ModelError("the pickle in it refers to what is kept elsewhere")
        self._stack.append(self._persistent(identifier))


def _extend(made: Any, items: list[Any]) -> None:
    if type(made) is not list:
        raise ModelError("the pickle in it appends to what is no list")
    made.extend(items)


def _set_items(made: Any, items: list[Any]) -> None:
    if type(made) is not dict or len(items) % 2:
        raise ModelError("the pickle in it sets items of what is no dictionary")
    for key, value in zip(items[::2], items[1::2], strict=True):
        if not _is_key(key):  # hashing nested tuples that share parts may take for ever
            raise ModelError("the pickle in it has a dictionary whose keys are no plain values")
        made[key] = value


def _is_key(key: Any) -> bool:
    if isinstance(key, tuple):
        return len(key) <= 8 and all(isinstance(part, _SCALARS) for part in key)
    return isinstance(key, _SCALARS)


def ordered_dict(items: Any = ()) -> dict[Any, Any]:
    """Make what ``collections.OrderedDict`` stands for: a dictionary."""
    made: dict[Any, Any] = {}
    if isinstance(items, Mapping):
        items = list(items.items())
    if not isinstance(items, list | tuple):
        raise ModelError("the pickle in it makes a dictionary of what is no list of items")
    for item in items:
        if not isinstance(item, list | tuple) or len(item) != 2:
            raise ModelError("the pickle in it makes a dictionary of what is no list of items")
        _set_items(made, list(item))
    return made
