// Models of the pin buffers that Amaranth's platforms place, for simulators
// without tri-state: a pin is an input or drives at all times, as its parameters say.
// lutgen.board.simulate gives the cells these names; what is not here has a model of Yosys's.
`default_nettype none
/* verilator lint_off DECLFILENAME */
/* verilator lint_off UNUSEDSIGNAL */
/* verilator lint_off UNUSEDPARAM */

module PIN_SB_IO #(
    parameter [5:0] PIN_TYPE = 6'd0,
    parameter [0:0] PULLUP = 1'b0,
    parameter [0:0] NEG_TRIGGER = 1'b0,
    parameter IO_STANDARD = "SB_LVCMOS"
) (
    inout  wire PACKAGE_PIN,
    input  wire LATCH_INPUT_VALUE, CLOCK_ENABLE, INPUT_CLK, OUTPUT_CLK, OUTPUT_ENABLE,
    input  wire D_OUT_0, D_OUT_1,
    output wire D_IN_0, D_IN_1
);
  generate
    if (PIN_TYPE[5:4] != 2'b00) begin : drives
      assign PACKAGE_PIN = D_OUT_0;
    end
  endgenerate
  assign D_IN_0 = PACKAGE_PIN;
  assign D_IN_1 = PACKAGE_PIN;
endmodule

module PIN_SB_GB_IO #(
    parameter [5:0] PIN_TYPE = 6'd0,
    parameter [0:0] PULLUP = 1'b0,
    parameter [0:0] NEG_TRIGGER = 1'b0,
    parameter IO_STANDARD = "SB_LVCMOS"
) (
    inout  wire PACKAGE_PIN,
    input  wire LATCH_INPUT_VALUE, CLOCK_ENABLE, INPUT_CLK, OUTPUT_CLK, OUTPUT_ENABLE,
    input  wire D_OUT_0, D_OUT_1,
    output wire D_IN_0, D_IN_1, GLOBAL_BUFFER_OUTPUT
);
  assign D_IN_0 = PACKAGE_PIN;
  assign D_IN_1 = PACKAGE_PIN;
  assign GLOBAL_BUFFER_OUTPUT = PACKAGE_PIN;
endmodule

`default_nettype wire
