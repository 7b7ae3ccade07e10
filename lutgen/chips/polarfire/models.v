// Models of the cells of Microchip's library that lutgen uses. tests/test_chips_models.py proves
// that those without a clock are the same as Yosys's; Yosys's SLE drives its flip-flop twice, once
// as a latch, and stays undefined in simulation: this one is the flip-flop alone (LAT = 0).
`default_nettype none
/* verilator lint_off DECLFILENAME */
/* verilator lint_off UNUSEDSIGNAL */

module CFG1 #(parameter [1:0] INIT = 2'd0) (output wire Y, input wire A);
  assign Y = INIT[A];
endmodule

module CFG2 #(parameter [3:0] INIT = 4'd0) (output wire Y, input wire A, B);
  assign Y = INIT[{B, A}];
endmodule

module CFG3 #(parameter [7:0] INIT = 8'd0) (output wire Y, input wire A, B, C);
  assign Y = INIT[{C, B, A}];
endmodule

module CFG4 #(parameter [15:0] INIT = 16'd0) (output wire Y, input wire A, B, C, D);
  assign Y = INIT[{D, C, B, A}];
endmodule

module INV (output wire Y, input wire A);
  assign Y = ~A;
endmodule

module SLE (
    output reg  Q,
    input  wire ADn, ALn, CLK, D, LAT, SD, EN, SLn
);
  always @(posedge CLK, negedge ALn)
    if (!ALn) Q <= !ADn;
    else if (EN) Q <= SLn ? D : SD;
endmodule

`default_nettype wire
