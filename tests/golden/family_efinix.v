// A test.
// target   efinix (Efinix Trion and Titanium)
// ports    x[6:0]: x[i] is input bit i; y[1:0]: y[i] is output bit i
// latency  2 cycle(s) of clk, a new x every cycle
// cells    5 EFX_FF, 12 EFX_LUT4
// tables   bit p is the output at address p; input j of a cell is bit j of its address

`default_nettype none

module family (
    input  wire clk,
    input  wire [6:0] x,
    output wire [1:0] y
);
  wire l1_n0;
  EFX_LUT4 #(.LUTMASK(16'he8e8)) U_l1_n0 (.O(l1_n0), .I0(x[0]), .I1(x[1]), .I2(x[2]), .I3(1'b0));
  wire l1_n1;
  EFX_LUT4 #(.LUTMASK(16'h9696)) U_l1_n1 (.O(l1_n1), .I0(x[1]), .I1(x[2]), .I2(x[3]), .I3(1'b0));
  wire l1_n2_s0;
  EFX_LUT4 #(.LUTMASK(16'h177e)) U_l1_n2_s0 (.O(l1_n2_s0), .I0(x[3]), .I1(x[4]), .I2(x[5]), .I3(x[6]));
  wire l1_n2_s1;
  EFX_LUT4 #(.LUTMASK(16'h0117)) U_l1_n2_s1 (.O(l1_n2_s1), .I0(x[3]), .I1(x[4]), .I2(x[5]), .I3(x[6]));
  wire l1_n2_s2;
  EFX_LUT4 #(.LUTMASK(16'he4e4)) U_l1_n2_s2 (.O(l1_n2_s2), .I0(x[2]), .I1(l1_n2_s0), .I2(l1_n2_s1), .I3(1'b0));
  wire l1_n2_s3;
  EFX_LUT4 #(.LUTMASK(16'h8001)) U_l1_n2_s3 (.O(l1_n2_s3), .I0(x[3]), .I1(x[4]), .I2(x[5]), .I3(x[6]));
  wire l1_n2_s4;
  EFX_LUT4 #(.LUTMASK(16'he4e4)) U_l1_n2_s4 (.O(l1_n2_s4), .I0(x[2]), .I1(l1_n2_s1), .I2(l1_n2_s3), .I3(1'b0));
  wire l1_n2_s5;
  EFX_LUT4 #(.LUTMASK(16'he880)) U_l1_n2_s5 (.O(l1_n2_s5), .I0(x[3]), .I1(x[4]), .I2(x[5]), .I3(x[6]));
  wire l1_n2_s6;
  EFX_LUT4 #(.LUTMASK(16'he4e4)) U_l1_n2_s6 (.O(l1_n2_s6), .I0(x[2]), .I1(l1_n2_s3), .I2(l1_n2_s5), .I3(1'b0));
  wire l1_n2_s7;
  EFX_LUT4 #(.LUTMASK(16'hba98)) U_l1_n2_s7 (.O(l1_n2_s7), .I0(x[0]), .I1(x[1]), .I2(l1_n2_s2), .I3(l1_n2_s4));
  wire l1_n2;
  EFX_LUT4 #(.LUTMASK(16'hf588)) U_l1_n2 (.O(l1_n2), .I0(x[1]), .I1(l1_n2_s4), .I2(l1_n2_s6), .I3(l1_n2_s7));
  wire l1_n0_r1;
  EFX_FF #(.CLK_POLARITY(1'b1), .CE_POLARITY(1'b1), .SR_POLARITY(1'b1), .D_POLARITY(1'b1)) U_l1_n0_r1 (.Q(l1_n0_r1), .CLK(clk), .D(l1_n0), .CE(1'b1), .SR(1'b0));
  wire l1_n1_r1;
  EFX_FF #(.CLK_POLARITY(1'b1), .CE_POLARITY(1'b1), .SR_POLARITY(1'b1), .D_POLARITY(1'b1)) U_l1_n1_r1 (.Q(l1_n1_r1), .CLK(clk), .D(l1_n1), .CE(1'b1), .SR(1'b0));
  wire l1_n2_r1;
  EFX_FF #(.CLK_POLARITY(1'b1), .CE_POLARITY(1'b1), .SR_POLARITY(1'b1), .D_POLARITY(1'b1)) U_l1_n2_r1 (.Q(l1_n2_r1), .CLK(clk), .D(l1_n2), .CE(1'b1), .SR(1'b0));
  wire l2_n0;
  EFX_LUT4 #(.LUTMASK(16'hcaca)) U_l2_n0 (.O(l2_n0), .I0(l1_n0_r1), .I1(l1_n1_r1), .I2(l1_n2_r1), .I3(1'b0));
  wire l2_n0_r1;
  EFX_FF #(.CLK_POLARITY(1'b1), .CE_POLARITY(1'b1), .SR_POLARITY(1'b1), .D_POLARITY(1'b1)) U_l2_n0_r1 (.Q(l2_n0_r1), .CLK(clk), .D(l2_n0), .CE(1'b1), .SR(1'b0));
  wire l1_n0_r2;
  EFX_FF #(.CLK_POLARITY(1'b1), .CE_POLARITY(1'b1), .SR_POLARITY(1'b1), .D_POLARITY(1'b1)) U_l1_n0_r2 (.Q(l1_n0_r2), .CLK(clk), .D(l1_n0_r1), .CE(1'b1), .SR(1'b0));

  assign y = {l1_n0_r2, l2_n0_r1};
endmodule

`default_nettype wire
