// A test.
//
// target   ice40 (Lattice iCE40)
// ports    x[11:0]: x[i] is input bit i; y[0:0]: y[i] is output bit i
// latency  3 cycle(s) of clk, a new x every cycle
// cells    18 SB_DFF, 35 SB_LUT4
// tables   bit p is the output at address p; input j of a cell is bit j of its address

`default_nettype none

module pipelined (
    input  wire clk,
    // the model decides without some of its input bits, yet keeps its ports
    /* verilator lint_off UNUSEDSIGNAL */
    input  wire [11:0] x,
    /* verilator lint_on UNUSEDSIGNAL */
    output wire [0:0] y
);
  wire l1_n0_s0;
  SB_LUT4 #(.LUT_INIT(16'h3b14)) U_l1_n0_s0 (.O(l1_n0_s0), .I0(x[3]), .I1(x[4]), .I2(x[5]), .I3(x[7]));
  wire l1_n0_s1;
  SB_LUT4 #(.LUT_INIT(16'h9cc0)) U_l1_n0_s1 (.O(l1_n0_s1), .I0(x[3]), .I1(x[4]), .I2(x[5]), .I3(x[7]));
  wire l1_n0_s2;
  SB_LUT4 #(.LUT_INIT(16'he464)) U_l1_n0_s2 (.O(l1_n0_s2), .I0(x[3]), .I1(x[4]), .I2(x[5]), .I3(x[7]));
  wire l1_n0_s3;
  SB_LUT4 #(.LUT_INIT(16'h57cd)) U_l1_n0_s3 (.O(l1_n0_s3), .I0(x[3]), .I1(x[4]), .I2(x[5]), .I3(x[7]));
  wire l1_n0_s4;
  SB_LUT4 #(.LUT_INIT(16'hba98)) U_l1_n0_s4 (.O(l1_n0_s4), .I0(x[0]), .I1(x[2]), .I2(l1_n0_s0), .I3(l1_n0_s1));
  wire l1_n0;
  SB_LUT4 #(.LUT_INIT(16'hf588)) U_l1_n0 (.O(l1_n0), .I0(x[2]), .I1(l1_n0_s2), .I2(l1_n0_s3), .I3(l1_n0_s4));
  wire l1_n4_s0;
  SB_LUT4 #(.LUT_INIT(16'h9803)) U_l1_n4_s0 (.O(l1_n4_s0), .I0(x[4]), .I1(x[5]), .I2(x[6]), .I3(x[7]));
  wire l1_n4_s1;
  SB_LUT4 #(.LUT_INIT(16'h79d0)) U_l1_n4_s1 (.O(l1_n4_s1), .I0(x[4]), .I1(x[5]), .I2(x[6]), .I3(x[7]));
  wire l1_n4_s2;
  SB_LUT4 #(.LUT_INIT(16'he4e4)) U_l1_n4_s2 (.O(l1_n4_s2), .I0(x[2]), .I1(l1_n4_s0), .I2(l1_n4_s1), .I3(1'b0));
  wire l1_n4_s3;
  SB_LUT4 #(.LUT_INIT(16'hc371)) U_l1_n4_s3 (.O(l1_n4_s3), .I0(x[2]), .I1(x[4]), .I2(x[5]), .I3(x[6]));
  wire l1_n4_s4;
  SB_LUT4 #(.LUT_INIT(16'hfa24)) U_l1_n4_s4 (.O(l1_n4_s4), .I0(x[2]), .I1(x[4]), .I2(x[7]), .I3(l1_n4_s3));
  wire l1_n4;
  SB_LUT4 #(.LUT_INIT(16'he4e4)) U_l1_n4 (.O(l1_n4), .I0(x[0]), .I1(l1_n4_s2), .I2(l1_n4_s4), .I3(1'b0));
  wire l1_n5_s0;
  SB_LUT4 #(.LUT_INIT(16'ha680)) U_l1_n5_s0 (.O(l1_n5_s0), .I0(x[7]), .I1(x[8]), .I2(x[9]), .I3(x[10]));
  wire l1_n5_s1;
  SB_LUT4 #(.LUT_INIT(16'he124)) U_l1_n5_s1 (.O(l1_n5_s1), .I0(x[7]), .I1(x[8]), .I2(x[9]), .I3(x[10]));
  wire l1_n5_s2;
  SB_LUT4 #(.LUT_INIT(16'he4e4)) U_l1_n5_s2 (.O(l1_n5_s2), .I0(x[6]), .I1(l1_n5_s0), .I2(l1_n5_s1), .I3(1'b0));
  wire l1_n5_s3;
  SB_LUT4 #(.LUT_INIT(16'hcac3)) U_l1_n5_s3 (.O(l1_n5_s3), .I0(x[6]), .I1(x[7]), .I2(x[8]), .I3(x[9]));
  wire l1_n5_s4;
  SB_LUT4 #(.LUT_INIT(16'hf986)) U_l1_n5_s4 (.O(l1_n5_s4), .I0(x[7]), .I1(x[9]), .I2(x[10]), .I3(l1_n5_s3));
  wire l1_n5;
  SB_LUT4 #(.LUT_INIT(16'he4e4)) U_l1_n5 (.O(l1_n5), .I0(x[3]), .I1(l1_n5_s2), .I2(l1_n5_s4), .I3(1'b0));
  wire x10_r1;
  SB_DFF U_x10_r1 (.Q(x10_r1), .C(clk), .D(x[10]));
  wire x7_r1;
  SB_DFF U_x7_r1 (.Q(x7_r1), .C(clk), .D(x[7]));
  wire x8_r1;
  SB_DFF U_x8_r1 (.Q(x8_r1), .C(clk), .D(x[8]));
  wire x6_r1;
  SB_DFF U_x6_r1 (.Q(x6_r1), .C(clk), .D(x[6]));
  wire x5_r1;
  SB_DFF U_x5_r1 (.Q(x5_r1), .C(clk), .D(x[5]));
  wire l1_n0_r1;
  SB_DFF U_l1_n0_r1 (.Q(l1_n0_r1), .C(clk), .D(l1_n0));
  wire l2_n0_s0;
  SB_LUT4 #(.LUT_INIT(16'he9d1)) U_l2_n0_s0 (.O(l2_n0_s0), .I0(x10_r1), .I1(x8_r1), .I2(x6_r1), .I3(x5_r1));
  wire l2_n0_s1;
  SB_LUT4 #(.LUT_INIT(16'hf702)) U_l2_n0_s1 (.O(l2_n0_s1), .I0(x10_r1), .I1(x8_r1), .I2(l1_n0_r1), .I3(l2_n0_s0));
  wire l2_n0_s2;
  SB_LUT4 #(.LUT_INIT(16'hc2a4)) U_l2_n0_s2 (.O(l2_n0_s2), .I0(x10_r1), .I1(x8_r1), .I2(x5_r1), .I3(l1_n0_r1));
  wire l2_n0_s3;
  SB_LUT4 #(.LUT_INIT(16'hfe18)) U_l2_n0_s3 (.O(l2_n0_s3), .I0(x8_r1), .I1(x6_r1), .I2(x5_r1), .I3(l2_n0_s2));
  wire l2_n0;
  SB_LUT4 #(.LUT_INIT(16'he4e4)) U_l2_n0 (.O(l2_n0), .I0(x7_r1), .I1(l2_n0_s1), .I2(l2_n0_s3), .I3(1'b0));
  wire x9_r1;
  SB_DFF U_x9_r1 (.Q(x9_r1), .C(clk), .D(x[9]));
  wire x4_r1;
  SB_DFF U_x4_r1 (.Q(x4_r1), .C(clk), .D(x[4]));
  wire l2_n1_s0;
  SB_LUT4 #(.LUT_INIT(16'h8928)) U_l2_n1_s0 (.O(l2_n1_s0), .I0(x10_r1), .I1(x7_r1), .I2(x9_r1), .I3(x4_r1));
  wire l2_n1_s1;
  SB_LUT4 #(.LUT_INIT(16'ha740)) U_l2_n1_s1 (.O(l2_n1_s1), .I0(x5_r1), .I1(x9_r1), .I2(x4_r1), .I3(l2_n1_s0));
  wire l2_n1_s2;
  SB_LUT4 #(.LUT_INIT(16'ha53e)) U_l2_n1_s2 (.O(l2_n1_s2), .I0(x7_r1), .I1(x5_r1), .I2(x9_r1), .I3(x4_r1));
  wire l2_n1_s3;
  SB_LUT4 #(.LUT_INIT(16'h2a1f)) U_l2_n1_s3 (.O(l2_n1_s3), .I0(x7_r1), .I1(x5_r1), .I2(x9_r1), .I3(x4_r1));
  wire l2_n1_s4;
  SB_LUT4 #(.LUT_INIT(16'he4e4)) U_l2_n1_s4 (.O(l2_n1_s4), .I0(x10_r1), .I1(l2_n1_s2), .I2(l2_n1_s3), .I3(1'b0));
  wire l2_n1;
  SB_LUT4 #(.LUT_INIT(16'he4e4)) U_l2_n1 (.O(l2_n1), .I0(l1_n0_r1), .I1(l2_n1_s1), .I2(l2_n1_s4), .I3(1'b0));
  wire l1_n4_r1;
  SB_DFF U_l1_n4_r1 (.Q(l1_n4_r1), .C(clk), .D(l1_n4));
  wire l1_n4_r2;
  SB_DFF U_l1_n4_r2 (.Q(l1_n4_r2), .C(clk), .D(l1_n4_r1));
  wire l1_n5_r1;
  SB_DFF U_l1_n5_r1 (.Q(l1_n5_r1), .C(clk), .D(l1_n5));
  wire l1_n5_r2;
  SB_DFF U_l1_n5_r2 (.Q(l1_n5_r2), .C(clk), .D(l1_n5_r1));
  wire x9_r2;
  SB_DFF U_x9_r2 (.Q(x9_r2), .C(clk), .D(x9_r1));
  wire l2_n1_r1;
  SB_DFF U_l2_n1_r1 (.Q(l2_n1_r1), .C(clk), .D(l2_n1));
  wire x2_r1;
  SB_DFF U_x2_r1 (.Q(x2_r1), .C(clk), .D(x[2]));
  wire x2_r2;
  SB_DFF U_x2_r2 (.Q(x2_r2), .C(clk), .D(x2_r1));
  wire l2_n0_r1;
  SB_DFF U_l2_n0_r1 (.Q(l2_n0_r1), .C(clk), .D(l2_n0));
  wire l3_n0_s0;
  SB_LUT4 #(.LUT_INIT(16'hd162)) U_l3_n0_s0 (.O(l3_n0_s0), .I0(l1_n5_r2), .I1(l2_n1_r1), .I2(x2_r2), .I3(l2_n0_r1));
  wire l3_n0_s1;
  SB_LUT4 #(.LUT_INIT(16'h40cb)) U_l3_n0_s1 (.O(l3_n0_s1), .I0(l1_n5_r2), .I1(l2_n1_r1), .I2(x2_r2), .I3(l2_n0_r1));
  wire l3_n0_s2;
  SB_LUT4 #(.LUT_INIT(16'he4e4)) U_l3_n0_s2 (.O(l3_n0_s2), .I0(l1_n4_r2), .I1(l3_n0_s0), .I2(l3_n0_s1), .I3(1'b0));
  wire l3_n0_s3;
  SB_LUT4 #(.LUT_INIT(16'h8761)) U_l3_n0_s3 (.O(l3_n0_s3), .I0(l1_n4_r2), .I1(l1_n5_r2), .I2(x2_r2), .I3(l2_n0_r1));
  wire l3_n0_s4;
  SB_LUT4 #(.LUT_INIT(16'hdb06)) U_l3_n0_s4 (.O(l3_n0_s4), .I0(l2_n1_r1), .I1(x2_r2), .I2(l2_n0_r1), .I3(l3_n0_s3));
  wire l3_n0;
  SB_LUT4 #(.LUT_INIT(16'he4e4)) U_l3_n0 (.O(l3_n0), .I0(x9_r2), .I1(l3_n0_s2), .I2(l3_n0_s4), .I3(1'b0));
  wire l3_n0_r1;
  SB_DFF U_l3_n0_r1 (.Q(l3_n0_r1), .C(clk), .D(l3_n0));

  assign y = {l3_n0_r1};
endmodule

`default_nettype wire
