// Models of the cells of Yosys's library for Intel's ALM that lutgen uses, in Verilog that every
// simulator reads. tests/test_chips_models.py proves that they are the same as Yosys's own.
`default_nettype none
/* verilator lint_off DECLFILENAME */

module MISTRAL_NOT (input wire A, output wire Q);
  assign Q = ~A;
endmodule

module MISTRAL_ALUT2 #(parameter [3:0] LUT = 4'd0) (input wire A, B, output wire Q);
  assign Q = LUT[{B, A}];
endmodule

module MISTRAL_ALUT3 #(parameter [7:0] LUT = 8'd0) (input wire A, B, C, output wire Q);
  assign Q = LUT[{C, B, A}];
endmodule

module MISTRAL_ALUT4 #(parameter [15:0] LUT = 16'd0) (input wire A, B, C, D, output wire Q);
  assign Q = LUT[{D, C, B, A}];
endmodule

module MISTRAL_ALUT5 #(parameter [31:0] LUT = 32'd0) (input wire A, B, C, D, E, output wire Q);
  assign Q = LUT[{E, D, C, B, A}];
endmodule

module MISTRAL_ALUT6 #(parameter [63:0] LUT = 64'd0) (input wire A, B, C, D, E, F, output wire Q);
  assign Q = LUT[{F, E, D, C, B, A}];
endmodule

module MISTRAL_FF (
    input  wire DATAIN, CLK, ACLR, ENA, SCLR, SLOAD, SDATA,
    output reg  Q
);
  initial Q = 1'b0;
  always @(posedge CLK, negedge ACLR)
    if (!ACLR) Q <= 1'b0;
    else if (ENA) Q <= !SCLR & (SLOAD ? SDATA : DATAIN);
endmodule

`default_nettype wire
