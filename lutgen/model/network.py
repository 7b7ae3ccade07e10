"""The model: a graph of lookup tables between an encoder and a head, and its semantics.

Everything after training must equal what :meth:`LutNetwork.predict` says, bit for bit.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lutgen.bits import Bits, tail_mask
from lutgen.encode.encoder import Encoder
from lutgen.errors import DataError, ModelError
from lutgen.model import builder
from lutgen.model.digest import function_digest, structure_digest
from lutgen.model.graph import LutGraph, table_words
from lutgen.model.head import Answers, Argmax, Head, Sum, check_names
from lutgen.model.provenance import Provenance

if TYPE_CHECKING:
    from lutgen.core import CoreConfig
    from lutgen.infer import Engine

ZERO, ONE = -1, -2
"""Outputs that are constants."""


@dataclass(frozen=True, eq=False)
class LutNetwork(LutGraph):
    """A network of k-input lookup tables with its encoder and its head.

    Parameters
    ----------
    n_inputs, fan_in, wires, tables, seen, tied, layer
        See :class:`lutgen.model.graph.LutGraph`.
    outputs : ndarray of shape (n_outputs,), dtype=np.int32
        What the head reads: LUTs or inputs, by signal, and the constants `ZERO` and `ONE`.
    head : Head
        What turns the outputs into the answer.
    encoder : Encoder
        What turns features into the input bits.
    feature_names : tuple of str
        A name for each feature; empty where nobody gave any.
    categories : mapping of str to tuple of str
        Values of the columns of texts that features were made of: feature ``column=value`` is one
        where the column holds that value.
    provenance : Provenance
        How the model came to be; no part of the digest.
    aliases : tuple of str
        Digests that the same function had in files of earlier formats.

    Raises
    ------
    ModelError
        If the parts are not consistent; the message lists all faults.
    """

    outputs: NDArray[np.int32]
    head: Head
    encoder: Encoder
    feature_names: tuple[str, ...] = ()
    provenance: Provenance = field(default_factory=Provenance)
    aliases: tuple[str, ...] = ()
    categories: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        faults = self.type_faults() or [*self.graph_faults(), *self._faults()]
        if faults:
            raise ModelError("inconsistent LUT network: " + "; ".join(faults))

    def _faults(self) -> list[str]:
        faults = []
        if self.encoder.n_bits != self.n_inputs:
            faults.append(
                f"{self.n_inputs} input bits, but an encoder of {self.encoder.n_bits} bits"
            )
        faults += check_names(self.feature_names, self.encoder.n_features, "features")
        for column, values in self.categories.items():
            lacking = {f"{column}={value}" for value in values} - {*self.feature_names}
            if lacking or not values:
                faults.append(f"the values of column {column!r} are not features of the model")
        if (
            not isinstance(self.outputs, np.ndarray)
            or self.outputs.ndim != 1
            or self.outputs.dtype != np.int32
        ):
            return [*faults, "outputs must be a vector of int32"]
        outside = (self.outputs < ONE) | (self.outputs >= self.n_signals)
        if not self.outputs.size:
            faults.append("the head reads no output")
        elif outside.any():
            faults.append(
                f"the head reads signal {self.outputs[np.argmax(outside)]}, which is none of the "
                f"{self.n_signals} signals"
            )
        return faults + self.head.faults(int(self.outputs.size))

    @classmethod
    def from_luts(
        cls,
        n_inputs: int,
        luts: Iterable[tuple[Sequence[int], int | Sequence[int]]],
        *,
        outputs: Sequence[int] | None = None,
        head: Head | None = None,
        encoder: Encoder | None = None,
        layers: Sequence[int] | None = None,
        feature_names: Sequence[str] = (),
        provenance: Provenance | None = None,
    ) -> Self:
        """Make a network of lists and plain integers; see :func:`lutgen.model.builder.arrays`.

        Parameters
        ----------
        n_inputs : int
            Number of input bits.
        luts : iterable of (wires, table)
            In evaluation order. `wires`: the signals that the LUT reads, address bit 0 first;
            signal i < n_inputs is input i, signal n_inputs + j is LUT j. `table`: the truth table,
            an integer whose bit p is the value at address p, or its 2^k entries in that order.
        outputs : sequence of int, optional
            Signals that the head reads, or `ZERO` or `ONE`; by default the last LUT.
        head : Head, optional
            By default :class:`lutgen.model.head.Bits`: the output bits are the answer.
        encoder : Encoder, optional
            By default features are the input bits, each 0 or 1.
        layers : sequence of int, optional
            Layer of each LUT; by default one more than the deepest LUT that it reads, and the LUTs
            have to come layer by layer; else all are of layer 1.
        feature_names : sequence of str
        provenance : Provenance, optional

        Raises
        ------
        ModelError
            If something is wrong; the message names the LUT and what it lacks.

        Examples
        --------
        >>> from lutgen.model import LutNetwork
        >>> network = LutNetwork.from_luts(2, [((0, 1), 0b0110), ((0, 1), 0b1000)], outputs=(2, 3))
        >>> network.predict([[0, 1], [1, 1]]).tolist()  # sum and carry
        [[1, 0], [0, 1]]
        """
        arrays = builder.arrays(n_inputs, luts, layers)
        return cls(
            **arrays,
            outputs=builder.outputs(n_inputs, arrays["fan_in"].size, outputs),
            head=builder.head(head),
            encoder=builder.encoder(n_inputs, encoder),
            feature_names=tuple(feature_names),
            provenance=provenance or Provenance(),
        )

    @classmethod
    def from_arrays(
        cls,
        n_inputs: int,
        blocks: Iterable[Sequence[ArrayLike]],
        *,
        outputs: ArrayLike | None = None,
        head: Head | None = None,
        encoder: Encoder | None = None,
        layers: Sequence[int] | None = None,
        feature_names: Sequence[str] = (),
        provenance: Provenance | None = None,
    ) -> Self:
        """Make a network of arrays, quickly also of hundreds of thousands of LUTs.

        Parameters
        ----------
        n_inputs : int
            Number of input bits.
        blocks : iterable of (wires, tables) or (wires, tables, seen)
            LUTs of one fan-in each, in evaluation order. `wires`: whole numbers of shape
            (n_luts, k), signals as for :meth:`from_luts`, address bit 0 first; a LUT may read
            earlier ones of its block. `tables`: 0 and 1 of shape (n_luts, 2^k), entry p in column
            p. `seen`: the like; 0 marks entries whose value does not matter. By default all do.
        outputs : array-like of int, optional
            Signals that the head reads, or `ZERO` or `ONE`; by default the last LUT.
        layers : sequence of int, optional
            Layer of each block; by default blocks are layers, numbered from 1.
        head, encoder, feature_names, provenance
            See :meth:`from_luts`.

        Raises
        ------
        ModelError
            If something is wrong; the message names the block and what it lacks.

        Examples
        --------
        >>> from lutgen.model import LutNetwork
        >>> adder = [([[0, 1], [0, 1]], [[0, 1, 1, 0], [0, 0, 0, 1]])]
        >>> network = LutNetwork.from_arrays(2, adder, outputs=(2, 3))
        >>> network.predict([[0, 1], [1, 1]]).tolist()  # sum and carry
        [[1, 0], [0, 1]]
        """
        arrays = builder.block_arrays(n_inputs, blocks, layers)
        return cls(
            **arrays,
            outputs=builder.outputs(n_inputs, arrays["fan_in"].size, outputs),
            head=builder.head(head),
            encoder=builder.encoder(n_inputs, encoder),
            feature_names=tuple(feature_names),
            provenance=provenance or Provenance(),
        )

    # -- structure ---------------------------------------------------------------------------

    @property
    def classes(self) -> NDArray[Any]:
        """Labels in the order of the class numbers.

        Raises
        ------
        ModelError
            If the network answers no classes.
        """
        return self._argmax().classes

    @property
    def n_classes(self) -> int:
        """Number of classes; see :attr:`classes`."""
        return self._argmax().n_classes

    @property
    def is_class_number(self) -> bool:
        """Whether the one output is the class number itself: nothing votes, nothing is added up."""
        return isinstance(self.head, Argmax) and self.head.is_class_number

    def _argmax(self) -> Argmax:
        if not isinstance(self.head, Argmax):
            raise ModelError(
                f"the network answers no classes ({self.head.describe(self.outputs.size)}); ask "
                "for its answers, not for class numbers or labels"
            )
        return self.head

    def describe_head(self) -> str:
        """Return one line for people on how the outputs become the answer."""
        return self.head.describe(int(self.outputs.size))

    @cached_property
    def cone(self) -> NDArray[np.bool_]:
        """Which LUTs can reach an output (the cone of influence); shape (n_luts,)."""
        return self.reach(self.outputs[self.outputs >= 0])

    def restrict_to_cone(self) -> LutNetwork:
        """Return the same function without the LUTs that cannot reach an output."""
        keep = self.cone
        renumbered = np.arange(self.n_signals, dtype=np.int32)
        renumbered[self.n_inputs :] = self.n_inputs + np.cumsum(keep) - 1
        word_keep = np.repeat(keep, table_words(self.fan_in))
        return replace(
            self,
            fan_in=self.fan_in[keep],
            wires=renumbered[self.wires[np.repeat(keep, self.fan_in)]],
            tables=self.tables[word_keep],
            seen=self.seen[word_keep],
            tied=self.tied[word_keep],
            layer=self.layer[keep],
            outputs=np.where(self.outputs < 0, self.outputs, renumbered[self.outputs]),
            aliases=self.aliases if keep.all() else (),
        )

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) of the function; see :func:`lutgen.model.digest.function_digest`."""
        return function_digest(self)

    @cached_property
    def structure_digest(self) -> str:
        """SHA-256 (hex) of the function with its truth tables left out."""
        return structure_digest(self)

    # -- semantics ---------------------------------------------------------------------------

    def output_bits(self, bits: Bits) -> Bits:
        """Evaluate the cone of influence and return the output bits, shape (n_outputs, n_words)."""
        rows = self.signals(bits, self.cone).words[self.outputs]
        rows[self.outputs == ZERO] = 0
        rows[self.outputs == ONE] = tail_mask(bits.n_samples)
        return Bits(rows, bits.n_samples)

    def scores(self, samples: Bits | ArrayLike) -> NDArray[np.int64]:
        """Return the scores of each sample, shape (n_samples, n_classes or n_scores).

        Parameters
        ----------
        samples : Bits or array-like of shape (n_samples, n_features)
            Encoded samples, or features as for :meth:`predict`.

        Raises
        ------
        ModelError
            If the head has no scores.
        """
        if not isinstance(self.head, Argmax | Sum):
            raise ModelError("the network answers bits, which have no scores")
        if isinstance(samples, Bits):
            return self.head.scores(self.output_bits(samples).to_dense())
        X = self.by_name(samples)
        engine = self._engine(X)
        return engine.scores(X) if engine else self.scores(self.encode(X))

    def margins(self, samples: Bits | ArrayLike) -> NDArray[np.float64]:
        """Return the scores of each sample in the units that are meant; see :meth:`scores`.

        Returns
        -------
        ndarray of shape (n_samples, n_classes or n_scores), dtype=np.float64
            ``score * scale + offset`` of the head, e.g. the margins of an imported model.
        """
        scores = self.scores(samples)
        assert isinstance(self.head, Argmax | Sum)
        return self.head.meant(scores)

    def class_numbers(self, samples: Bits | ArrayLike) -> NDArray[np.intp]:
        """Return the class number of each sample, shape (n_samples,); samples as for `scores`.

        Raises
        ------
        ModelError
            If the network answers no classes.
        """
        head = self._argmax()
        if isinstance(samples, Bits):
            return head.class_numbers(self.output_bits(samples).to_dense())
        X = self.by_name(samples)
        engine = self._engine(X)
        return engine.class_numbers(X) if engine else self.class_numbers(self.encode(X))

    def answers(self, bits: Bits) -> Answers:
        """Return the answer to each encoded sample: its label, its numbers or its bits.

        This is the definition, in NumPy; :meth:`predict` of many samples runs compiled code that
        equals it.
        """
        return self.head.answers(self.output_bits(bits).to_dense())

    def predict(self, X: ArrayLike) -> Answers:
        """Return the answer to each sample; X of shape (n_samples, n_features), raw features.

        Where features have names and X is a data frame (pandas, polars, Arrow), its columns are
        matched with them by name, in any order. Many samples are answered by
        :mod:`lutgen.infer`, in as many threads as there are processors.

        Returns
        -------
        ndarray
            Labels of shape (n_samples,); or of a :class:`~lutgen.model.head.Sum` numbers of shape
            (n_samples,) or (n_samples, n_scores); or of :class:`~lutgen.model.head.Bits` 0 and 1
            of shape (n_samples, n_outputs).

        Raises
        ------
        DataError
            If the encoder cannot encode X, or a feature is not among its columns.
        """
        X = self.by_name(X)
        engine = self._engine(X)
        return engine.answers(X) if engine else self.answers(self.encode(X))

    def _engine(self, X: Any) -> Engine | None:
        """Return what answers so many samples in compiled code, if that pays."""
        # An import of a later stage: who asks the model for many answers wants them soon.
        from lutgen.infer import engine_for  # noqa: PLC0415

        return engine_for(self, len(X) if hasattr(X, "__len__") else 0)

    def encode(self, X: ArrayLike) -> Bits:
        """Return the input bits of samples; X as for :meth:`predict`.

        Raises
        ------
        DataError
            See :meth:`predict`.
        """
        return self.encoder.encode(self.by_name(X), names=self.feature_names)

    def by_name(self, X: Any) -> Any:
        """Return a data frame's columns in the order of the features; all else as it is.

        Raises
        ------
        DataError
            If a feature is not among its columns.
        """
        is_arrow = hasattr(X, "column_names")
        columns = getattr(X, "column_names" if is_arrow else "columns", None)
        if columns is None or not self.feature_names:
            return X
        names = list(columns)
        if not all(isinstance(name, str) for name in names):
            return X  # a frame without names counts its columns
        lacking = [name for name in self.feature_names if name not in names]
        if lacking:
            raise DataError(
                f"{len(lacking)} of the {len(self.feature_names)} features are not among the "
                f"columns: {', '.join(lacking[:8])}; found {', '.join(names[:8])}"
            )
        wanted = list(self.feature_names)
        return X.select(wanted) if is_arrow else X[wanted]

    def to_verilog(self, config: CoreConfig | None = None, **options: Any) -> str:
        """Return the network as Verilog-2005.

        Parameters
        ----------
        config : CoreConfig, optional
            What the core is to be.
        options
            Fields of :class:`lutgen.core.config.CoreConfig`, in place of `config` or over it.

        Raises
        ------
        ConfigError
            See :func:`lutgen.core.build.make_core`.
        """
        # An import of a later stage: users look for this method on the model.
        from lutgen.core import config_of, make_core  # noqa: PLC0415
        from lutgen.emit.verilog import core_verilog  # noqa: PLC0415

        return core_verilog(make_core(self, config_of(config, options)))

    def _repr_html_(self) -> str:
        """Return what notebooks show."""
        from lutgen.model.summary import summary_html  # noqa: PLC0415 - it reads networks

        return summary_html(self)

    # -- file --------------------------------------------------------------------------------

    def save(self, path: str | Path) -> None:
        """Write the model to a ``.npz`` file, whole or not at all.

        Raises
        ------
        OutputError
            If it cannot be written; a file that was there before is untouched.
        ModelError
            If the provenance holds what JSON cannot.
        """
        from lutgen.model.file import save  # noqa: PLC0415 - the file makes networks, too

        save(self, Path(path))

    @staticmethod
    def load(path: str | Path) -> LutNetwork:
        """Read a model file, checked whole before use.

        Raises
        ------
        ModelError
            If the file is missing, truncated, not a lutgen model, of another version, or
            inconsistent.
        """
        from lutgen.model.file import load  # noqa: PLC0415

        return load(path)
