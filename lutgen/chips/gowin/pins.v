// Models of the pin buffers that Amaranth's platforms place, for simulators
// without tri-state: a pin is an input or drives at all times, as its parameters say.
// lutgen.board.simulate gives the cells these names; what is not here has a model of Yosys's.
`default_nettype none
/* verilator lint_off DECLFILENAME */
/* verilator lint_off UNUSEDSIGNAL */
/* verilator lint_off UNUSEDPARAM */

module PIN_TBUF (output wire O, input wire I, OEN);
  assign O = I;
endmodule

`default_nettype wire
