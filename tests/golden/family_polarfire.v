// A test.
// target   polarfire (Microchip PolarFire)
// ports    x[6:0]: x[i] is input bit i; y[1:0]: y[i] is output bit i
// latency  2 cycle(s) of clk, a new x every cycle
// cells    6 CFG3, 6 CFG4, 5 SLE
// tables   bit p is the output at address p; input j of a cell is bit j of its address

`default_nettype none

module family (
    input  wire clk,
    input  wire [6:0] x,
    output wire [1:0] y
);
  wire l1_n0;
  CFG3 #(.INIT(8'he8)) U_l1_n0 (.Y(l1_n0), .A(x[0]), .B(x[1]), .C(x[2]));
  wire l1_n1;
  CFG3 #(.INIT(8'h96)) U_l1_n1 (.Y(l1_n1), .A(x[1]), .B(x[2]), .C(x[3]));
  wire l1_n2_s0;
  CFG4 #(.INIT(16'h177e)) U_l1_n2_s0 (.Y(l1_n2_s0), .A(x[3]), .B(x[4]), .C(x[5]), .D(x[6]));
  wire l1_n2_s1;
  CFG4 #(.INIT(16'h0117)) U_l1_n2_s1 (.Y(l1_n2_s1), .A(x[3]), .B(x[4]), .C(x[5]), .D(x[6]));
  wire l1_n2_s2;
  CFG3 #(.INIT(8'he4)) U_l1_n2_s2 (.Y(l1_n2_s2), .A(x[2]), .B(l1_n2_s0), .C(l1_n2_s1));
  wire l1_n2_s3;
  CFG4 #(.INIT(16'h8001)) U_l1_n2_s3 (.Y(l1_n2_s3), .A(x[3]), .B(x[4]), .C(x[5]), .D(x[6]));
  wire l1_n2_s4;
  CFG3 #(.INIT(8'he4)) U_l1_n2_s4 (.Y(l1_n2_s4), .A(x[2]), .B(l1_n2_s1), .C(l1_n2_s3));
  wire l1_n2_s5;
  CFG4 #(.INIT(16'he880)) U_l1_n2_s5 (.Y(l1_n2_s5), .A(x[3]), .B(x[4]), .C(x[5]), .D(x[6]));
  wire l1_n2_s6;
  CFG3 #(.INIT(8'he4)) U_l1_n2_s6 (.Y(l1_n2_s6), .A(x[2]), .B(l1_n2_s3), .C(l1_n2_s5));
  wire l1_n2_s7;
  CFG4 #(.INIT(16'hba98)) U_l1_n2_s7 (.Y(l1_n2_s7), .A(x[0]), .B(x[1]), .C(l1_n2_s2), .D(l1_n2_s4));
  wire l1_n2;
  CFG4 #(.INIT(16'hf588)) U_l1_n2 (.Y(l1_n2), .A(x[1]), .B(l1_n2_s4), .C(l1_n2_s6), .D(l1_n2_s7));
  wire l1_n0_r1;
  SLE U_l1_n0_r1 (.Q(l1_n0_r1), .CLK(clk), .D(l1_n0), .ADn(1'b1), .ALn(1'b1), .EN(1'b1), .LAT(1'b0), .SD(1'b0), .SLn(1'b1));
  wire l1_n1_r1;
  SLE U_l1_n1_r1 (.Q(l1_n1_r1), .CLK(clk), .D(l1_n1), .ADn(1'b1), .ALn(1'b1), .EN(1'b1), .LAT(1'b0), .SD(1'b0), .SLn(1'b1));
  wire l1_n2_r1;
  SLE U_l1_n2_r1 (.Q(l1_n2_r1), .CLK(clk), .D(l1_n2), .ADn(1'b1), .ALn(1'b1), .EN(1'b1), .LAT(1'b0), .SD(1'b0), .SLn(1'b1));
  wire l2_n0;
  CFG3 #(.INIT(8'hca)) U_l2_n0 (.Y(l2_n0), .A(l1_n0_r1), .B(l1_n1_r1), .C(l1_n2_r1));
  wire l2_n0_r1;
  SLE U_l2_n0_r1 (.Q(l2_n0_r1), .CLK(clk), .D(l2_n0), .ADn(1'b1), .ALn(1'b1), .EN(1'b1), .LAT(1'b0), .SD(1'b0), .SLn(1'b1));
  wire l1_n0_r2;
  SLE U_l1_n0_r2 (.Q(l1_n0_r2), .CLK(clk), .D(l1_n0_r1), .ADn(1'b1), .ALn(1'b1), .EN(1'b1), .LAT(1'b0), .SD(1'b0), .SLn(1'b1));

  assign y = {l1_n0_r2, l2_n0_r1};
endmodule

`default_nettype wire
