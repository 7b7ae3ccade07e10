"""A board of pins alone: its top module in Verilog, its constraints, and the tools that make it.

No platform of Amaranth is asked: the board's file says the pins, and the chip's family says how
synthesis, router and packer are called and told of them.
"""

from __future__ import annotations

from lutgen.board.boards import Board
from lutgen.board.shell import UART_MODULE
from lutgen.chips.registry import get_family
from lutgen.chips.tools import PinFile
from lutgen.flow.yosys import yosys_family

TOP = "top"
CLOCK, RX, TX, LED = "clk", "uart_rx", "uart_tx", "led"
PORTS = {"clock": CLOCK, "rx": RX, "tx": TX, "led": LED}
RESET_CYCLES = 15


def pins_top(board: Board) -> str:
    """Return the Verilog of the top module: ports and pins, and a reset at the beginning."""
    light = "".join(f",\n    output wire {LED}" for pin in board.pins if pin == "led")
    value = "!led" if board.led_active_low else "led"
    assign = f"\n  assign {LED} = {value.replace('led', 'light')};" if light else ""
    return f"""// {board.title}: clock, serial line and light around {UART_MODULE}
`default_nettype none
module {TOP} (
    input  wire {CLOCK},
    input  wire {RX},
    output wire {TX}{light}
);
  reg [3:0] started = 4'd0;
  always @(posedge {CLOCK}) if (started != 4'd{RESET_CYCLES}) started <= started + 4'd1;
  wire light;
  {UART_MODULE} shell (
      .clk({CLOCK}),
      .rst(started != 4'd{RESET_CYCLES}),
      .rx({RX}),
      .tx({TX}),
      .led(light)
  );{assign}
endmodule
`default_nettype wire
"""


def pins_files(board: Board, sources: list[str]) -> dict[str, str]:
    """Return the top module, the constraints and the script for Yosys, by name.

    Parameters
    ----------
    sources : list of str
        Names of the other Verilog files.
    """
    synth = yosys_family(board.family).synth_with_pins
    constraints = _pin_file(board).text(
        {PORTS[name]: pin for name, pin in board.pins.items()},
        standard=board.standard,
        clock=CLOCK,
        mhz=board.clock_hz / 1e6,
    )
    return {
        f"{TOP}.v": pins_top(board),
        f"{TOP}.{_pin_file(board).suffix}": constraints,
        f"{TOP}.ys": f"read_verilog {' '.join(sources)} {TOP}.v\n{synth} -top {TOP}\n"
        f"write_json {TOP}.json\n",
    }


def pins_commands(board: Board) -> tuple[tuple[str, ...], ...]:
    """Return the commands of synthesis, place and route, and packing."""
    family, device = get_family(board.family), board.chip
    router, packer = family.router, family.packer
    assert router is not None and packer is not None, "board_faults"
    options = list(device.router_options)
    if board.package:
        options[options.index(router.package_option) + 1] = board.package
    constraints = f"{TOP}.{_pin_file(board).suffix}"
    route = ("--json", f"{TOP}.json", *_pin_file(board).words(constraints), *router.output)
    return (
        ("yosys", "-q", f"{TOP}.ys"),
        (router.program, *options, *route),
        (packer.program, *device.packer_options, *packer.words),
    )


def _pin_file(board: Board) -> PinFile:
    router = get_family(board.family).router
    assert router is not None and router.pin_file is not None, "board_faults"
    return router.pin_file
