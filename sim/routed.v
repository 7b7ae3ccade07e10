// Models of cells that only the netlist after place and route has: pins and global buffers as in
// pins.v, and logic cells as Yosys models them, but for two things: iCE40's makes no tests for open
// inputs, which a simulator of two values cannot make, and ECP5's drives its carry output.
// lutgen.board.routed ties open inputs and gives the cells these names.
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

module PIN_TRELLIS_COMB #(
    parameter MODE = "LOGIC",
    parameter [15:0] INITVAL = 16'd0,
    parameter CCU2_INJECT1 = "NO",
    parameter WREMUX = "WRE",
    parameter [0:0] IS_Z1 = 1'b0
) (
    input  wire A, B, C, D, M, FCI, F1, FXA, FXB, WD, WAD0, WAD1, WAD2, WAD3, WRE, WCK,
    output wire F, FCO, OFX
);
  wire lut = INITVAL[{D, C, B, A}];
  generate
    if (MODE == "CCU2") begin : carry
      wire generates = CCU2_INJECT1 == "YES" ? 1'b0 : INITVAL[{2'b00, B, A}];
      assign F = lut ^ (CCU2_INJECT1 == "YES" ? 1'b0 : FCI);
      assign FCO = lut ? FCI : generates;
    end else begin : logic_
      assign F = lut;
      assign FCO = 1'b0;
    end
    if (IS_Z1) begin : six
      assign OFX = M ? FXB : FXA;
    end else begin : five
      assign OFX = M ? F1 : F;
    end
  endgenerate
endmodule

module PIN_TRELLIS_INPUT (input wire B, I, T, output wire O);
  assign O = B;
endmodule

module PIN_TRELLIS_OUTPUT (output wire B, O, input wire I, T);
  assign B = I;
  assign O = I;
endmodule

module PIN_DCCA (output wire CLKO, input wire CLKI, CE);
  assign CLKO = CLKI;
endmodule

module PIN_GSR #(
    parameter SYNCMODE = "NONE",
    parameter MODE = "ACTIVE_LOW"
) (input wire GSR, CLK);
endmodule

`default_nettype wire
