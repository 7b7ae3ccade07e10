// Models of cells that only the netlist after place and route has: pins and global buffers as in
// pins.v, and the logic cell as Yosys models it, but for its carry output, which is driven here.
// lutgen.board.routed ties open inputs and gives the cells these names.
`default_nettype none
/* verilator lint_off DECLFILENAME */
/* verilator lint_off UNUSEDSIGNAL */
/* verilator lint_off UNUSEDPARAM */

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
