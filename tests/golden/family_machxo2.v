// A test.
// target   machxo2 (Lattice MachXO2)
// ports    x[6:0]: x[i] is input bit i; y[1:0]: y[i] is output bit i
// latency  2 cycle(s) of clk, a new x every cycle
// cells    3 L6MUX21, 11 LUT4, 4 PFUMX, 5 TRELLIS_FF
// tables   bit p is the output at address p; input j of a cell is bit j of its address

`default_nettype none

module family (
    input  wire clk,
    input  wire [6:0] x,
    output wire [1:0] y
);
  wire l1_n0;
  LUT4 #(.INIT(16'he8e8)) U_l1_n0 (.Z(l1_n0), .A(x[0]), .B(x[1]), .C(x[2]), .D(1'b0));
  wire l1_n1;
  LUT4 #(.INIT(16'h9696)) U_l1_n1 (.Z(l1_n1), .A(x[1]), .B(x[2]), .C(x[3]), .D(1'b0));
  wire l1_n2_s0;
  LUT4 #(.INIT(16'h177e)) U_l1_n2_s0 (.Z(l1_n2_s0), .A(x[0]), .B(x[1]), .C(x[2]), .D(x[3]));
  wire l1_n2_s1;
  LUT4 #(.INIT(16'h0117)) U_l1_n2_s1 (.Z(l1_n2_s1), .A(x[0]), .B(x[1]), .C(x[2]), .D(x[3]));
  wire l1_n2_s2;
  LUT4 #(.INIT(16'h0117)) U_l1_n2_s2 (.Z(l1_n2_s2), .A(x[0]), .B(x[1]), .C(x[2]), .D(x[3]));
  wire l1_n2_s3;
  LUT4 #(.INIT(16'h8001)) U_l1_n2_s3 (.Z(l1_n2_s3), .A(x[0]), .B(x[1]), .C(x[2]), .D(x[3]));
  wire l1_n2_s4;
  LUT4 #(.INIT(16'h0117)) U_l1_n2_s4 (.Z(l1_n2_s4), .A(x[0]), .B(x[1]), .C(x[2]), .D(x[3]));
  wire l1_n2_s5;
  LUT4 #(.INIT(16'h8001)) U_l1_n2_s5 (.Z(l1_n2_s5), .A(x[0]), .B(x[1]), .C(x[2]), .D(x[3]));
  wire l1_n2_s6;
  LUT4 #(.INIT(16'h8001)) U_l1_n2_s6 (.Z(l1_n2_s6), .A(x[0]), .B(x[1]), .C(x[2]), .D(x[3]));
  wire l1_n2_s7;
  LUT4 #(.INIT(16'he880)) U_l1_n2_s7 (.Z(l1_n2_s7), .A(x[0]), .B(x[1]), .C(x[2]), .D(x[3]));
  wire l1_n2_s8;
  PFUMX U_l1_n2_s8 (.Z(l1_n2_s8), .BLUT(l1_n2_s0), .ALUT(l1_n2_s1), .C0(x[4]));
  wire l1_n2_s9;
  PFUMX U_l1_n2_s9 (.Z(l1_n2_s9), .BLUT(l1_n2_s2), .ALUT(l1_n2_s3), .C0(x[4]));
  wire l1_n2_s10;
  PFUMX U_l1_n2_s10 (.Z(l1_n2_s10), .BLUT(l1_n2_s4), .ALUT(l1_n2_s5), .C0(x[4]));
  wire l1_n2_s11;
  PFUMX U_l1_n2_s11 (.Z(l1_n2_s11), .BLUT(l1_n2_s6), .ALUT(l1_n2_s7), .C0(x[4]));
  wire l1_n2_s12;
  L6MUX21 U_l1_n2_s12 (.Z(l1_n2_s12), .D0(l1_n2_s8), .D1(l1_n2_s9), .SD(x[5]));
  wire l1_n2_s13;
  L6MUX21 U_l1_n2_s13 (.Z(l1_n2_s13), .D0(l1_n2_s10), .D1(l1_n2_s11), .SD(x[5]));
  wire l1_n2;
  L6MUX21 U_l1_n2 (.Z(l1_n2), .D0(l1_n2_s12), .D1(l1_n2_s13), .SD(x[6]));
  wire l1_n0_r1;
  TRELLIS_FF #(.GSR("AUTO"), .CEMUX("1"), .CLKMUX("CLK"), .LSRMUX("LSR"), .REGSET("RESET")) U_l1_n0_r1 (.Q(l1_n0_r1), .CLK(clk), .DI(l1_n0), .LSR(1'b0));
  wire l1_n1_r1;
  TRELLIS_FF #(.GSR("AUTO"), .CEMUX("1"), .CLKMUX("CLK"), .LSRMUX("LSR"), .REGSET("RESET")) U_l1_n1_r1 (.Q(l1_n1_r1), .CLK(clk), .DI(l1_n1), .LSR(1'b0));
  wire l1_n2_r1;
  TRELLIS_FF #(.GSR("AUTO"), .CEMUX("1"), .CLKMUX("CLK"), .LSRMUX("LSR"), .REGSET("RESET")) U_l1_n2_r1 (.Q(l1_n2_r1), .CLK(clk), .DI(l1_n2), .LSR(1'b0));
  wire l2_n0;
  LUT4 #(.INIT(16'hcaca)) U_l2_n0 (.Z(l2_n0), .A(l1_n0_r1), .B(l1_n1_r1), .C(l1_n2_r1), .D(1'b0));
  wire l2_n0_r1;
  TRELLIS_FF #(.GSR("AUTO"), .CEMUX("1"), .CLKMUX("CLK"), .LSRMUX("LSR"), .REGSET("RESET")) U_l2_n0_r1 (.Q(l2_n0_r1), .CLK(clk), .DI(l2_n0), .LSR(1'b0));
  wire l1_n0_r2;
  TRELLIS_FF #(.GSR("AUTO"), .CEMUX("1"), .CLKMUX("CLK"), .LSRMUX("LSR"), .REGSET("RESET")) U_l1_n0_r2 (.Q(l1_n0_r2), .CLK(clk), .DI(l1_n0_r1), .LSR(1'b0));

  assign y = {l1_n0_r2, l2_n0_r1};
endmodule

`default_nettype wire
