"""From the model to components of an Amaranth design (https://amaranth-lang.org, 0.5).

Three lines put a network into a design::

    from lutgen import LutNetwork
    from lutgen.emit.amaranth import LutNetworkCore

    m.submodules.core = core = LutNetworkCore(LutNetwork.load("m.npz"), chip="ice40", pipeline=1)

LUTs become instances of the family's primitives where the design is built for a platform, and
table look-ups in Amaranth's simulator. Registers are Amaranth's own, in the domain ``sync``, so
that ``DomainRenamer``, ``EnableInserter`` and resets work on them as on any others.

Amaranth takes two thirds of the time for a large core where ``gc.disable()`` stands before its
elaboration: its objects make few cycles, and Python looks for them among millions.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from typing import Any

from amaranth.back import rtlil
from amaranth.hdl import Cat, Const, EnableInserter, Instance, Module, Signal, unsigned
from amaranth.lib import stream, wiring
from amaranth.lib.wiring import In, Out

from lutgen.chips.fabric.site import Instance as SharedInstance
from lutgen.chips.fabric.site import held_luts, instances
from lutgen.chips.family import Family
from lutgen.chips.primitive import Primitive
from lutgen.core import Core, CoreConfig, config_of, make_core
from lutgen.core.build import without_collecting
from lutgen.errors import ConfigError
from lutgen.model.network import LutNetwork
from lutgen.netlist.ir import CORE, FIRST_INPUT, LUT, REGISTER, Cell, Netlist
from lutgen.netlist.loadable import tables
from lutgen.netlist.tables import BUFFER
from lutgen.text import in_comment

_KEPT = {"a_keep": "true", "a_dont_touch": "true"}
"""Attributes of instances that have to stay, as in Verilog."""


class NetlistFunction(wiring.Component):
    """A netlist: `y` is the answer to what `x` was `latency` cycles ago.

    Parameters
    ----------
    netlist : Netlist
        A netlist that :func:`lutgen.netlist.check.check` accepts.
    family : Family
        Knows the primitives that the cells name.
    reset : bool
        Whether the reset of the domain ``sync`` sets registers to 0.
    primitives : bool, optional
        Whether LUTs are instances of primitives or table look-ups, which every back end and the
        simulator understand; by default instances when elaborated for a platform. Cells without
        a primitive are look-ups in any case.

    Attributes
    ----------
    x : Signal(n_inputs), in
        The sample, see :class:`lutgen.core.interface.Interface`.
    y : Signal(n_outputs), out
        The answer, see there.
    latency : int
        Cycles from `x` to `y`.
    """

    def __init__(
        self,
        netlist: Netlist,
        family: Family,
        *,
        reset: bool = False,
        primitives: bool | None = None,
    ) -> None:
        if tables(netlist):
            raise ConfigError(
                "Amaranth components have no tables that are loaded; leave --reloadable out, or "
                "take Verilog"
            )
        self._reset = reset
        self._netlist = netlist
        self._family = family
        self._primitives = primitives
        self._data = Counter(
            cell.inputs[0] for cell in netlist.cells if cell.kind == REGISTER and cell.keep
        )
        self.latency = netlist.latency
        ports = {"x": In(unsigned(netlist.n_inputs)), "y": Out(unsigned(len(netlist.outputs)))}
        super().__init__(ports)

    def elaborate(self, platform: Any) -> Module:
        """Return the logic, a submodule each for the encoder, a layer, and the head."""
        netlist = self._netlist
        as_instances = platform is not None if self._primitives is None else self._primitives
        if as_instances and self._family.fabric is None and max(self._data.values(), default=0) > 1:
            raise ConfigError(
                "copies of registers that have to stay need a chip's LUTs in Amaranth: name one "
                "(chip=...), or take Verilog"
            )
        m = Module()
        nets = [Const(0, 1), Const(1, 1), *self.x]
        layers: dict[tuple[str, int], Module] = {}
        inside = held_luts(netlist, self._family.primitives) if as_instances else set()
        for net, cell in enumerate(netlist.cells, netlist.first_cell):
            place = cell.part, cell.layer
            if place not in layers:
                name = f"layer{cell.layer}" if cell.part == CORE else cell.part
                layers[place] = m.submodules[name] = Module()
            output = Signal(1, name=cell.name, reset_less=not self._reset)
            reads = [nets[net] for net in cell.inputs]
            primitive = self._family.primitives.get(cell.primitive) if as_instances else None
            if as_instances and cell.keep and cell.kind == REGISTER:
                reads = [self._apart(layers[place], cell, reads[0])]
            alone = primitive is None or not (primitive.is_part or primitive.holds)
            if alone and net not in inside:
                _add_cell(layers[place], cell, output, reads, primitive)
            nets.append(output)
        if as_instances:
            for net, shared in instances(netlist, self._family.primitives).items():
                layers[shared.part, shared.layer].submodules[f"U_{shared.name}"] = _shared(
                    shared, nets, keep=netlist.cells[net - netlist.first_cell].keep
                )
        assert len(nets) == netlist.n_nets and netlist.first_cell == FIRST_INPUT + len(self.x)
        m.d.comb += self.y.eq(Cat(*(nets[net] for net in netlist.outputs)))
        return m

    def _apart(self, m: Module, cell: Cell, data: Any) -> Any:
        """Return the data of a register that has to stay: no other may read the same.

        Attributes of Amaranth's signals do not reach registers, so that tools would merge those of
        equal data. A LUT that has to stay comes between.
        """
        if self._data[cell.inputs[0]] < 2:
            return data
        output = Signal(1, name=f"{cell.name}_d")
        buffer = self._family.realise(Cell(LUT, (0,), BUFFER, f"{cell.name}_d", 0, keep=True))
        reads = [data, *[Const(0, 1)] * (len(buffer.inputs) - 1)]
        _add_cell(m, buffer, output, reads, self._family.primitives[buffer.primitive])
        return output


class LutNetworkFunction(NetlistFunction):
    """The plain function of a network: `y` is the answer to what `x` was `latency` cycles ago.

    Parameters
    ----------
    network : LutNetwork
        The model.
    config : CoreConfig, optional
        What the core is to be.
    primitives : bool, optional
        See :class:`NetlistFunction`, which has the signals, too. The chip ``generic`` has
        look-ups only.
    options
        Fields of :class:`lutgen.core.config.CoreConfig`, in place of `config` or over it: chip,
        pipeline, fmax_target_mhz, input_bits …

    Raises
    ------
    ConfigError
        See :func:`lutgen.core.build.make_core`.
    """

    def __init__(
        self,
        network: LutNetwork,
        config: CoreConfig | None = None,
        *,
        primitives: bool | None = None,
        **options: Any,
    ) -> None:
        core = make_core(network, config_of(config, options))
        has_reset = bool(core.config.controls.reset)
        super().__init__(core.netlist, core.family, reset=has_reset, primitives=primitives)
        self.__doc__ = "\n".join(core.header)  # what the bits of this one mean


class StreamedFunction(wiring.Component):
    """A function between two streams: one answer for every sample, in order, one a cycle at best.

    The pipeline stands still, by clock enables, while an answer waits to be taken. Without
    registers the streams are joined combinationally.

    Parameters
    ----------
    function : NetlistFunction

    Attributes
    ----------
    i : stream.Signature(n_inputs), in
        A sample, see :class:`lutgen.core.interface.Interface`: `payload` is taken when `valid` and
        `ready` are 1.
    o : stream.Signature(n_outputs), out
        The answer to each sample; `payload` stays as it is from `valid` until `ready`.
    latency : int
        Cycles from a sample to its answer when nothing holds it up.
    """

    def __init__(self, function: NetlistFunction) -> None:
        self._function = function
        self.latency = function.latency
        super().__init__(
            {
                "i": In(stream.Signature(unsigned(len(function.x)))),
                "o": Out(stream.Signature(unsigned(len(function.y)))),
            }
        )

    def elaborate(self, platform: Any) -> Module:  # noqa: ARG002 - Amaranth's signature
        """Return the function with its handshake."""
        m = Module()
        advance = Signal()
        # valid[0] is the sample that comes in, valid[-1] the answer that waits
        valid = [self.i.valid, *(Signal(name=f"valid{n}") for n in range(1, self.latency + 1))]
        function: Any = self._function
        if self.latency:
            function = EnableInserter(advance)(function)
        m.submodules.function = function
        m.d.comb += [
            advance.eq(self.o.ready | ~self.o.valid if self.latency else self.o.ready),
            self._function.x.eq(self.i.payload),
            self.i.ready.eq(advance),
            self.o.valid.eq(valid[-1]),
            self.o.payload.eq(self._function.y),
        ]
        with m.If(advance):
            m.d.sync += [later.eq(now) for now, later in pairwise(valid)]
        return m


class LutNetworkCore(StreamedFunction):
    """A network between two streams; signals and attributes are those of its base class.

    Parameters
    ----------
    network, config, primitives, options
        See :class:`LutNetworkFunction`.

    Raises
    ------
    ConfigError
        See :func:`lutgen.core.build.make_core`.
    """

    def __init__(
        self,
        network: LutNetwork,
        config: CoreConfig | None = None,
        *,
        primitives: bool | None = None,
        **options: Any,
    ) -> None:
        function = LutNetworkFunction(network, config, primitives=primitives, **options)
        super().__init__(function)
        self.__doc__ = function.__doc__


class CoreRegisters(wiring.Component):
    """A core behind registers of 32 bits: what a bus of one's own needs, without one.

    Words, by `address`: 0 "LUTG"; 1 words of a sample (bits 15:0) and of an answer (31:16);
    2 CONTROL, bit 0 START, which reads 0; 3 STATUS, bit 0 BUSY, bit 1 DONE, cleared by writing 1;
    8 to 15 the identity of the core; from :attr:`answer_at` on the answer, `y` of the core, its
    lowest bits first; from :attr:`sample_at` on the sample, `x`. START takes the sample as it
    stands and clears DONE; DONE says that the answer is that to the last START.

    Parameters
    ----------
    core : Core
    primitives : bool, optional
        See :class:`NetlistFunction`.

    Attributes
    ----------
    address : Signal(16), in
        A word.
    write : Signal, in
        Write `w_data` there, with this clock edge.
    w_data, r_data : Signal(32), in and out
        `r_data` is what stands at the address, in the same cycle; 0 where nothing does.
    done : Signal, out
        STATUS.DONE: an interrupt.
    """

    MAGIC = int.from_bytes(b"LUTG", "little")
    CONTROL, STATUS, ID = 2, 3, 8
    answer_at = 16

    def __init__(self, core: Core, *, primitives: bool | None = None) -> None:
        has_reset = bool(core.config.controls.reset)
        self._core = core
        self._function = NetlistFunction(
            core.netlist, core.family, reset=has_reset, primitives=primitives
        )
        self.n_sample = -(-len(self._function.x) // 32)
        self.n_answer = -(-len(self._function.y) // 32)
        self.sample_at = self.answer_at + self.n_answer
        super().__init__(
            {
                "address": In(16),
                "write": In(1),
                "w_data": In(32),
                "r_data": Out(32),
                "done": Out(1),
            }
        )

    def elaborate(self, platform: Any) -> Module:  # noqa: ARG002 - Amaranth's signature
        """Return the registers and the core."""
        m = Module()
        m.submodules.function = function = self._function
        sample = [Signal(32, name=f"sample{i}") for i in range(self.n_sample)]
        answer = Signal(32 * self.n_answer)
        busy, count = Signal(), Signal(range(function.latency + 1))
        m.d.comb += function.x.eq(Cat(*sample))
        identity = bytes.fromhex(self._core.interface.core_id)
        with m.If(busy):
            m.d.sync += count.eq(count - 1)
            with m.If(count == 0):
                m.d.sync += [busy.eq(0), self.done.eq(1), answer.eq(function.y)]
        with m.If(self.write), m.Switch(self.address):
            with m.Case(self.CONTROL), m.If(self.w_data[0]):
                m.d.sync += [busy.eq(1), self.done.eq(0), count.eq(function.latency)]
            with m.Case(self.STATUS), m.If(self.w_data[1]):
                m.d.sync += self.done.eq(busy & (count == 0))
            for i, word in enumerate(sample):
                with m.Case(self.sample_at + i):
                    m.d.sync += word.eq(self.w_data)
        told: dict[int, Any] = {
            0: Const(self.MAGIC, 32),
            1: Const(self.n_answer << 16 | self.n_sample, 32),
            self.STATUS: Cat(busy, self.done),
        }
        for i in range(8):
            told[self.ID + i] = Const(int.from_bytes(identity[4 * i : 4 * i + 4], "little"), 32)
        told |= {self.answer_at + i: answer.word_select(i, 32) for i in range(self.n_answer)}
        told |= {self.sample_at + i: word for i, word in enumerate(sample)}
        with m.Switch(self.address):
            for place, value in told.items():
                with m.Case(place):
                    m.d.comb += self.r_data.eq(value)
        return m


@without_collecting()
def emit_rtlil(core: Core, *, primitives: bool = True) -> str:
    """Return a core between two streams, as :class:`LutNetworkCore`, in RTLIL, Yosys's language."""
    has_reset = bool(core.config.controls.reset)
    function = NetlistFunction(core.netlist, core.family, reset=has_reset, primitives=primitives)
    header = "".join(f"# {in_comment(line)}\n" for line in core.header)
    text = rtlil.convert(StreamedFunction(function), name=core.module, emit_src=False)
    return header + str(text)


def _add_cell(
    m: Module, cell: Cell, output: Signal, reads: list[Any], primitive: Primitive | None
) -> None:
    if cell.kind == REGISTER:
        m.d.sync += output.eq(reads[0])
    elif primitive is None:
        table = Const(cell.init, 1 << len(reads))
        m.d.comb += output.eq(table.bit_select(Cat(*reads), 1))
    else:
        m.submodules[f"U_{cell.name}"] = _instance(cell, output, reads, primitive)


def _instance(cell: Cell, output: Signal, reads: list[Any], primitive: Primitive) -> Instance:
    primitive = primitive.taking(cell.init)
    named: dict[str, Any] = {f"o_{primitive.output}": output}
    named |= {f"i_{port}": net for port, net in zip(primitive.inputs, reads, strict=True)}
    named |= {f"i_{port}": Const(value, 1) for port, value in primitive.ties}
    settings = (*primitive.settings(cell.init), *primitive.parameters)
    if cell.keep:
        named |= _KEPT
    named |= {f"p_{name}": _value(text) for name, text in settings}
    return Instance(primitive.name, **named)


def _value(text: str) -> Any:
    """Return the value of a parameter that is written as in Verilog: a string or a number."""
    if text.startswith('"'):
        return text.strip('"')
    width, _, digits = text.partition("'")
    if not digits:
        return int(text)
    return Const(int(digits[1:], {"b": 2, "d": 10, "h": 16}[digits[0].lower()]), int(width))


def _shared(shared: SharedInstance, nets: list[Any], *, keep: bool = False) -> Instance:
    """Return an instance of several outputs; those that nothing reads stay open."""
    named: dict[str, Any] = {}
    for side, ports in (("i", shared.inputs), ("o", shared.outputs)):
        for port, pins in ports.items():
            bits = [Signal(name="unused") if net is None else nets[net] for net in pins]
            named[f"{side}_{port}"] = Cat(*bits)
    for name, width, value in shared.parameters:
        named[f"p_{name}"] = Const(value, width)
    named |= {f"p_{name}": _value(text) for name, text in shared.settings}
    if keep:
        named |= _KEPT
    return Instance(shared.module, **named)
