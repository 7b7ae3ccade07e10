// A test.
//
// target   ice40 (Lattice iCE40)
// ports    x[1:0]: x[i] is input bit i; y[3:0]: y[i] is output bit i
// latency  0 cycles, combinational
// cells    1 SB_LUT4
// tables   bit p is the output at address p; input j of a cell is bit j of its address

`default_nettype none

module constant_pins (
    input  wire [1:0] x,
    output wire [3:0] y
);
  wire l1_n0;
  SB_LUT4 #(.LUT_INIT(16'h5555)) U_l1_n0 (.O(l1_n0), .I0(x[0]), .I1(1'b0), .I2(1'b0), .I3(1'b0));

  assign y = {x[1], 1'b1, 1'b0, l1_n0};
endmodule

`default_nettype wire
