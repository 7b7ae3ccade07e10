// A test.
// target   cyclonev (Intel Cyclone V)
// ports    x[6:0]: x[i] is input bit i; y[1:0]: y[i] is output bit i
// latency  2 cycle(s) of clk, a new x every cycle
// cells    4 MISTRAL_ALUT3, 2 MISTRAL_ALUT6, 5 MISTRAL_FF
// tables   bit p is the output at address p; input j of a cell is bit j of its address

`default_nettype none

module family (
    input  wire clk,
    input  wire [6:0] x,
    output wire [1:0] y
);
  wire l1_n0;
  MISTRAL_ALUT3 #(.LUT(8'he8)) U_l1_n0 (.Q(l1_n0), .A(x[0]), .B(x[1]), .C(x[2]));
  wire l1_n1;
  MISTRAL_ALUT3 #(.LUT(8'h96)) U_l1_n1 (.Q(l1_n1), .A(x[1]), .B(x[2]), .C(x[3]));
  wire l1_n2_s0;
  MISTRAL_ALUT6 #(.LUT(64'h800101170117177e)) U_l1_n2_s0 (.Q(l1_n2_s0), .A(x[1]), .B(x[2]), .C(x[3]), .D(x[4]), .E(x[5]), .F(x[6]));
  wire l1_n2_s1;
  MISTRAL_ALUT6 #(.LUT(64'he880800180010117)) U_l1_n2_s1 (.Q(l1_n2_s1), .A(x[1]), .B(x[2]), .C(x[3]), .D(x[4]), .E(x[5]), .F(x[6]));
  wire l1_n2;
  MISTRAL_ALUT3 #(.LUT(8'he4)) U_l1_n2 (.Q(l1_n2), .A(x[0]), .B(l1_n2_s0), .C(l1_n2_s1));
  wire l1_n0_r1;
  MISTRAL_FF U_l1_n0_r1 (.Q(l1_n0_r1), .CLK(clk), .DATAIN(l1_n0), .ACLR(1'b1), .ENA(1'b1), .SCLR(1'b0), .SLOAD(1'b0), .SDATA(1'b0));
  wire l1_n1_r1;
  MISTRAL_FF U_l1_n1_r1 (.Q(l1_n1_r1), .CLK(clk), .DATAIN(l1_n1), .ACLR(1'b1), .ENA(1'b1), .SCLR(1'b0), .SLOAD(1'b0), .SDATA(1'b0));
  wire l1_n2_r1;
  MISTRAL_FF U_l1_n2_r1 (.Q(l1_n2_r1), .CLK(clk), .DATAIN(l1_n2), .ACLR(1'b1), .ENA(1'b1), .SCLR(1'b0), .SLOAD(1'b0), .SDATA(1'b0));
  wire l2_n0;
  MISTRAL_ALUT3 #(.LUT(8'hca)) U_l2_n0 (.Q(l2_n0), .A(l1_n0_r1), .B(l1_n1_r1), .C(l1_n2_r1));
  wire l2_n0_r1;
  MISTRAL_FF U_l2_n0_r1 (.Q(l2_n0_r1), .CLK(clk), .DATAIN(l2_n0), .ACLR(1'b1), .ENA(1'b1), .SCLR(1'b0), .SLOAD(1'b0), .SDATA(1'b0));
  wire l1_n0_r2;
  MISTRAL_FF U_l1_n0_r2 (.Q(l1_n0_r2), .CLK(clk), .DATAIN(l1_n0_r1), .ACLR(1'b1), .ENA(1'b1), .SCLR(1'b0), .SLOAD(1'b0), .SDATA(1'b0));

  assign y = {l1_n0_r2, l2_n0_r1};
endmodule

`default_nettype wire
