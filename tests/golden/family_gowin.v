// A test.
// target   gowin (Gowin LittleBee and Arora)
// ports    x[6:0]: x[i] is input bit i; y[1:0]: y[i] is output bit i
// latency  2 cycle(s) of clk, a new x every cycle
// cells    5 DFF, 3 LUT3, 8 LUT4, 4 MUX2_LUT5, 2 MUX2_LUT6, 1 MUX2_LUT7
// tables   bit p is the output at address p; input j of a cell is bit j of its address

`default_nettype none

module family (
    input  wire clk,
    input  wire [6:0] x,
    output wire [1:0] y
);
  wire l1_n0;
  LUT3 #(.INIT(8'he8)) U_l1_n0 (.F(l1_n0), .I0(x[0]), .I1(x[1]), .I2(x[2]));
  wire l1_n1;
  LUT3 #(.INIT(8'h96)) U_l1_n1 (.F(l1_n1), .I0(x[1]), .I1(x[2]), .I2(x[3]));
  wire l1_n2_s0;
  LUT4 #(.INIT(16'h177e)) U_l1_n2_s0 (.F(l1_n2_s0), .I0(x[0]), .I1(x[1]), .I2(x[2]), .I3(x[3]));
  wire l1_n2_s1;
  LUT4 #(.INIT(16'h0117)) U_l1_n2_s1 (.F(l1_n2_s1), .I0(x[0]), .I1(x[1]), .I2(x[2]), .I3(x[3]));
  wire l1_n2_s2;
  LUT4 #(.INIT(16'h0117)) U_l1_n2_s2 (.F(l1_n2_s2), .I0(x[0]), .I1(x[1]), .I2(x[2]), .I3(x[3]));
  wire l1_n2_s3;
  LUT4 #(.INIT(16'h8001)) U_l1_n2_s3 (.F(l1_n2_s3), .I0(x[0]), .I1(x[1]), .I2(x[2]), .I3(x[3]));
  wire l1_n2_s4;
  LUT4 #(.INIT(16'h0117)) U_l1_n2_s4 (.F(l1_n2_s4), .I0(x[0]), .I1(x[1]), .I2(x[2]), .I3(x[3]));
  wire l1_n2_s5;
  LUT4 #(.INIT(16'h8001)) U_l1_n2_s5 (.F(l1_n2_s5), .I0(x[0]), .I1(x[1]), .I2(x[2]), .I3(x[3]));
  wire l1_n2_s6;
  LUT4 #(.INIT(16'h8001)) U_l1_n2_s6 (.F(l1_n2_s6), .I0(x[0]), .I1(x[1]), .I2(x[2]), .I3(x[3]));
  wire l1_n2_s7;
  LUT4 #(.INIT(16'he880)) U_l1_n2_s7 (.F(l1_n2_s7), .I0(x[0]), .I1(x[1]), .I2(x[2]), .I3(x[3]));
  wire l1_n2_s8;
  MUX2_LUT5 U_l1_n2_s8 (.O(l1_n2_s8), .I0(l1_n2_s0), .I1(l1_n2_s1), .S0(x[4]));
  wire l1_n2_s9;
  MUX2_LUT5 U_l1_n2_s9 (.O(l1_n2_s9), .I0(l1_n2_s2), .I1(l1_n2_s3), .S0(x[4]));
  wire l1_n2_s10;
  MUX2_LUT5 U_l1_n2_s10 (.O(l1_n2_s10), .I0(l1_n2_s4), .I1(l1_n2_s5), .S0(x[4]));
  wire l1_n2_s11;
  MUX2_LUT5 U_l1_n2_s11 (.O(l1_n2_s11), .I0(l1_n2_s6), .I1(l1_n2_s7), .S0(x[4]));
  wire l1_n2_s12;
  MUX2_LUT6 U_l1_n2_s12 (.O(l1_n2_s12), .I0(l1_n2_s8), .I1(l1_n2_s9), .S0(x[5]));
  wire l1_n2_s13;
  MUX2_LUT6 U_l1_n2_s13 (.O(l1_n2_s13), .I0(l1_n2_s10), .I1(l1_n2_s11), .S0(x[5]));
  wire l1_n2;
  MUX2_LUT7 U_l1_n2 (.O(l1_n2), .I0(l1_n2_s12), .I1(l1_n2_s13), .S0(x[6]));
  wire l1_n0_r1;
  DFF U_l1_n0_r1 (.Q(l1_n0_r1), .CLK(clk), .D(l1_n0));
  wire l1_n1_r1;
  DFF U_l1_n1_r1 (.Q(l1_n1_r1), .CLK(clk), .D(l1_n1));
  wire l1_n2_r1;
  DFF U_l1_n2_r1 (.Q(l1_n2_r1), .CLK(clk), .D(l1_n2));
  wire l2_n0;
  LUT3 #(.INIT(8'hca)) U_l2_n0 (.F(l2_n0), .I0(l1_n0_r1), .I1(l1_n1_r1), .I2(l1_n2_r1));
  wire l2_n0_r1;
  DFF U_l2_n0_r1 (.Q(l2_n0_r1), .CLK(clk), .D(l2_n0));
  wire l1_n0_r2;
  DFF U_l1_n0_r2 (.Q(l1_n0_r2), .CLK(clk), .D(l1_n0_r1));

  assign y = {l1_n0_r2, l2_n0_r1};
endmodule

`default_nettype wire
