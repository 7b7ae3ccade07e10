// A test.
//
// target   generic (portable Verilog, no chip in particular)
// ports    x[1:0]: x[i] is input bit i; y[3:0]: y[i] is output bit i
// latency  0 cycles, combinational
// cells    1 LUT3
// tables   bit p is the output at address p; input j of a cell is bit j of its address

`default_nettype none

module constant_pins (
    input  wire [1:0] x,
    output wire [3:0] y
);
  localparam [7:0] INIT_l1_n0 = 8'h5a;
  wire l1_n0 = INIT_l1_n0[{1'b1, 1'b0, x[0]}];

  assign y = {x[1], 1'b1, 1'b0, l1_n0};
endmodule

`default_nettype wire
