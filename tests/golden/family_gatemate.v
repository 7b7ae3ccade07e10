// A test.
// target   gatemate (Cologne Chip GateMate)
// ports    x[6:0]: x[i] is input bit i; y[1:0]: y[i] is output bit i
// latency  2 cycle(s) of clk, a new x every cycle
// cells    5 CC_DFF, 21 CC_L2T4
// tables   bit p is the output at address p; input j of a cell is bit j of its address

`default_nettype none

module family (
    input  wire clk,
    input  wire [6:0] x,
    output wire [1:0] y
);
  wire l1_n0_t0;
  CC_L2T4 #(.INIT_L00(4'h6), .INIT_L01(4'h9), .INIT_L10(4'he)) U_l1_n0_t0 (.O(l1_n0_t0), .I0(x[1]), .I1(x[2]), .I2(x[0]), .I3(x[1]));
  wire l1_n0;
  CC_L2T4 #(.INIT_L00(4'hf), .INIT_L01(4'h9), .INIT_L10(4'hc)) U_l1_n0 (.O(l1_n0), .I0(x[0]), .I1(x[0]), .I2(x[0]), .I3(l1_n0_t0));
  wire l1_n1;
  CC_L2T4 #(.INIT_L00(4'ha), .INIT_L01(4'h9), .INIT_L10(4'h9)) U_l1_n1 (.O(l1_n1), .I0(x[3]), .I1(x[3]), .I2(x[1]), .I3(x[2]));
  wire l1_n2_s0_t1;
  CC_L2T4 #(.INIT_L00(4'h6), .INIT_L01(4'h6), .INIT_L10(4'h8)) U_l1_n2_s0_t1 (.O(l1_n2_s0_t1), .I0(x[5]), .I1(x[6]), .I2(x[3]), .I3(x[4]));
  wire l1_n2_s0_t0;
  CC_L2T4 #(.INIT_L00(4'h1), .INIT_L01(4'h6), .INIT_L10(4'he)) U_l1_n2_s0_t0 (.O(l1_n2_s0_t0), .I0(x[3]), .I1(x[4]), .I2(x[3]), .I3(l1_n2_s0_t1));
  wire l1_n2_s0;
  CC_L2T4 #(.INIT_L00(4'he), .INIT_L01(4'h6), .INIT_L10(4'h9)) U_l1_n2_s0 (.O(l1_n2_s0), .I0(x[5]), .I1(x[6]), .I2(x[3]), .I3(l1_n2_s0_t0));
  wire l1_n2_s1_t1;
  CC_L2T4 #(.INIT_L00(4'h7), .INIT_L01(4'h9), .INIT_L10(4'h8)) U_l1_n2_s1_t1 (.O(l1_n2_s1_t1), .I0(x[5]), .I1(x[6]), .I2(x[3]), .I3(x[6]));
  wire l1_n2_s1_t0;
  CC_L2T4 #(.INIT_L00(4'h6), .INIT_L01(4'h6), .INIT_L10(4'he)) U_l1_n2_s1_t0 (.O(l1_n2_s1_t0), .I0(x[4]), .I1(x[5]), .I2(x[4]), .I3(l1_n2_s1_t1));
  wire l1_n2_s1;
  CC_L2T4 #(.INIT_L00(4'hd), .INIT_L01(4'h6), .INIT_L10(4'h9)) U_l1_n2_s1 (.O(l1_n2_s1), .I0(x[3]), .I1(x[6]), .I2(x[6]), .I3(l1_n2_s1_t0));
  wire l1_n2_s2;
  CC_L2T4 #(.INIT_L00(4'hd), .INIT_L01(4'he), .INIT_L10(4'h8)) U_l1_n2_s2 (.O(l1_n2_s2), .I0(x[2]), .I1(l1_n2_s1), .I2(x[2]), .I3(l1_n2_s0));
  wire l1_n2_s3_t1;
  CC_L2T4 #(.INIT_L00(4'h6), .INIT_L01(4'h6), .INIT_L10(4'he)) U_l1_n2_s3_t1 (.O(l1_n2_s3_t1), .I0(x[4]), .I1(x[5]), .I2(x[3]), .I3(x[5]));
  wire l1_n2_s3_t0;
  CC_L2T4 #(.INIT_L00(4'h6), .INIT_L01(4'h6), .INIT_L10(4'he)) U_l1_n2_s3_t0 (.O(l1_n2_s3_t0), .I0(x[3]), .I1(x[6]), .I2(x[6]), .I3(l1_n2_s3_t1));
  wire l1_n2_s3;
  CC_L2T4 #(.INIT_L00(4'hd), .INIT_L01(4'h9), .INIT_L10(4'h8)) U_l1_n2_s3 (.O(l1_n2_s3), .I0(x[3]), .I1(x[6]), .I2(x[3]), .I3(l1_n2_s3_t0));
  wire l1_n2_s4;
  CC_L2T4 #(.INIT_L00(4'hd), .INIT_L01(4'he), .INIT_L10(4'h8)) U_l1_n2_s4 (.O(l1_n2_s4), .I0(x[2]), .I1(l1_n2_s3), .I2(x[2]), .I3(l1_n2_s1));
  wire l1_n2_s5;
  CC_L2T4 #(.INIT_L00(4'he), .INIT_L01(4'h9), .INIT_L10(4'h8)) U_l1_n2_s5 (.O(l1_n2_s5), .I0(x[5]), .I1(x[6]), .I2(x[3]), .I3(l1_n2_s0_t0));
  wire l1_n2_s6;
  CC_L2T4 #(.INIT_L00(4'hd), .INIT_L01(4'he), .INIT_L10(4'h8)) U_l1_n2_s6 (.O(l1_n2_s6), .I0(x[2]), .I1(l1_n2_s5), .I2(x[2]), .I3(l1_n2_s3));
  wire l1_n2_s7_t0;
  CC_L2T4 #(.INIT_L00(4'h9), .INIT_L01(4'h1), .INIT_L10(4'h8)) U_l1_n2_s7_t0 (.O(l1_n2_s7_t0), .I0(l1_n2_s2), .I1(l1_n2_s4), .I2(x[0]), .I3(x[1]));
  wire l1_n2_s7;
  CC_L2T4 #(.INIT_L00(4'he), .INIT_L01(4'he), .INIT_L10(4'h9)) U_l1_n2_s7 (.O(l1_n2_s7), .I0(x[1]), .I1(l1_n2_s4), .I2(x[0]), .I3(l1_n2_s7_t0));
  wire l1_n2_t0;
  CC_L2T4 #(.INIT_L00(4'h2), .INIT_L01(4'h8), .INIT_L10(4'he)) U_l1_n2_t0 (.O(l1_n2_t0), .I0(l1_n2_s4), .I1(l1_n2_s7), .I2(x[1]), .I3(l1_n2_s6));
  wire l1_n2;
  CC_L2T4 #(.INIT_L00(4'he), .INIT_L01(4'h9), .INIT_L10(4'h8)) U_l1_n2 (.O(l1_n2), .I0(l1_n2_s4), .I1(l1_n2_s7), .I2(x[1]), .I3(l1_n2_t0));
  wire l1_n0_r1;
  CC_DFF U_l1_n0_r1 (.Q(l1_n0_r1), .CLK(clk), .D(l1_n0), .EN(1'b1), .SR(1'b0));
  wire l1_n1_r1;
  CC_DFF U_l1_n1_r1 (.Q(l1_n1_r1), .CLK(clk), .D(l1_n1), .EN(1'b1), .SR(1'b0));
  wire l1_n2_r1;
  CC_DFF U_l1_n2_r1 (.Q(l1_n2_r1), .CLK(clk), .D(l1_n2), .EN(1'b1), .SR(1'b0));
  wire l2_n0;
  CC_L2T4 #(.INIT_L00(4'he), .INIT_L01(4'hb), .INIT_L10(4'h8)) U_l2_n0 (.O(l2_n0), .I0(l1_n0_r1), .I1(l1_n2_r1), .I2(l1_n1_r1), .I3(l1_n2_r1));
  wire l2_n0_r1;
  CC_DFF U_l2_n0_r1 (.Q(l2_n0_r1), .CLK(clk), .D(l2_n0), .EN(1'b1), .SR(1'b0));
  wire l1_n0_r2;
  CC_DFF U_l1_n0_r2 (.Q(l1_n0_r2), .CLK(clk), .D(l1_n0_r1), .EN(1'b1), .SR(1'b0));

  assign y = {l1_n0_r2, l2_n0_r1};
endmodule

`default_nettype wire
