// Model of the logic cell that only the netlist after place and route has: as Yosys models it, but
// without tests for open inputs, which a simulator of two values cannot make.
// lutgen.board.routed ties open inputs and gives the cell this name.
`default_nettype none
/* verilator lint_off DECLFILENAME */
/* verilator lint_off UNUSEDSIGNAL */
/* verilator lint_off UNUSEDPARAM */

module PIN_ICESTORM_LC #(
    parameter [15:0] LUT_INIT = 16'd0,
    parameter [0:0] NEG_CLK = 1'b0,
    parameter [0:0] CARRY_ENABLE = 1'b0,
    parameter [0:0] DFF_ENABLE = 1'b0,
    parameter [0:0] SET_NORESET = 1'b0,
    parameter [0:0] ASYNC_SR = 1'b0,
    parameter [0:0] CIN_CONST = 1'b0,
    parameter [0:0] CIN_SET = 1'b0
) (
    input  wire I0, I1, I2, I3, CIN, CLK, CEN, SR,
    output wire LO, O, COUT
);
  wire carry_in = CIN_CONST ? CIN_SET : CIN;
  wire lut = LUT_INIT[{I3, I2, I1, I0}];
  assign COUT = CARRY_ENABLE & (I1 & I2 | (I1 | I2) & carry_in);
  assign LO = lut;
  generate
    if (!DFF_ENABLE) begin : no_register
      assign O = lut;
    end else begin : register
      reg q = 1'b0;
      wire edge_clk = CLK ^ NEG_CLK;
      if (ASYNC_SR) begin : async
        always @(posedge edge_clk, posedge SR)
          if (SR) q <= SET_NORESET;
          else if (CEN) q <= lut;
      end else begin : sync
        always @(posedge edge_clk)
          if (CEN) q <= SR ? SET_NORESET : lut;
      end
      assign O = q;
    end
  endgenerate
endmodule

`default_nettype wire
