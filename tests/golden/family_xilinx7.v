// A test.
// target   xilinx7 (AMD 7 series)
// ports    x[6:0]: x[i] is input bit i; y[1:0]: y[i] is output bit i
// latency  2 cycle(s) of clk, a new x every cycle
// cells    5 FDRE, 1 LUT3, 2 LUT6, 1 LUT6_2, 1 MUXF7
// tables   bit p is the output at address p; input j of a cell is bit j of its address

`default_nettype none

module family (
    input  wire clk,
    input  wire [6:0] x,
    output wire [1:0] y
);
  wire l1_n0;
  wire l1_n1;
  LUT6_2 #(.INIT(64'hc33cc33ce8e8e8e8)) U_l1_n1 (.O5(l1_n0), .O6(l1_n1), .I0(x[0]), .I1(x[1]), .I2(x[2]), .I3(x[3]), .I4(1'b0), .I5(1'b1));
  wire l1_n2_s0;
  LUT6 #(.INIT(64'h800101170117177e)) U_l1_n2_s0 (.O(l1_n2_s0), .I0(x[0]), .I1(x[1]), .I2(x[2]), .I3(x[3]), .I4(x[4]), .I5(x[5]));
  wire l1_n2_s1;
  LUT6 #(.INIT(64'he880800180010117)) U_l1_n2_s1 (.O(l1_n2_s1), .I0(x[0]), .I1(x[1]), .I2(x[2]), .I3(x[3]), .I4(x[4]), .I5(x[5]));
  wire l1_n2;
  MUXF7 U_l1_n2 (.O(l1_n2), .I0(l1_n2_s0), .I1(l1_n2_s1), .S(x[6]));
  wire l1_n0_r1;
  FDRE U_l1_n0_r1 (.Q(l1_n0_r1), .C(clk), .D(l1_n0), .CE(1'b1), .R(1'b0));
  wire l1_n1_r1;
  FDRE U_l1_n1_r1 (.Q(l1_n1_r1), .C(clk), .D(l1_n1), .CE(1'b1), .R(1'b0));
  wire l1_n2_r1;
  FDRE U_l1_n2_r1 (.Q(l1_n2_r1), .C(clk), .D(l1_n2), .CE(1'b1), .R(1'b0));
  wire l2_n0;
  LUT3 #(.INIT(8'hca)) U_l2_n0 (.O(l2_n0), .I0(l1_n0_r1), .I1(l1_n1_r1), .I2(l1_n2_r1));
  wire l2_n0_r1;
  FDRE U_l2_n0_r1 (.Q(l2_n0_r1), .C(clk), .D(l2_n0), .CE(1'b1), .R(1'b0));
  wire l1_n0_r2;
  FDRE U_l1_n0_r2 (.Q(l1_n0_r2), .C(clk), .D(l1_n0_r1), .CE(1'b1), .R(1'b0));

  assign y = {l1_n0_r2, l2_n0_r1};
endmodule

`default_nettype wire
