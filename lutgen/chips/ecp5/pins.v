// Models of the pin buffers and start-up cells that Amaranth's platforms place, for simulators
// without tri-state: a pin is an input or drives at all times, as its parameters say.
// lutgen.board.simulate gives the cells these names; what is not here has a model of Yosys's.
`default_nettype none
/* verilator lint_off DECLFILENAME */
/* verilator lint_off UNUSEDSIGNAL */
/* verilator lint_off UNUSEDPARAM */

module PIN_IB (output wire O, input wire I);
  assign O = I;
endmodule

module PIN_OBZ (output wire O, input wire I, T);
  assign O = I;
endmodule

module PIN_FD1S3AX #(parameter GSR = "ENABLED") (input wire D, CK, output reg Q);
  initial Q = 1'b0;
  always @(posedge CK) Q <= D;
endmodule

module PIN_SGSR (input wire GSR, CLK);
endmodule

`default_nettype wire
