// A test.
// target   nexus (Lattice Nexus)
// ports    x[6:0]: x[i] is input bit i; y[1:0]: y[i] is output bit i
// latency  2 cycle(s) of clk, a new x every cycle
// cells    5 FD1P3IX, 5 LUT4, 3 WIDEFN9
// tables   bit p is the output at address p; input j of a cell is bit j of its address

`default_nettype none

module family (
    input  wire clk,
    input  wire [6:0] x,
    output wire [1:0] y
);
  wire l1_n0;
  LUT4 #(.INIT("0xe8e8")) U_l1_n0 (.Z(l1_n0), .A(x[0]), .B(x[1]), .C(x[2]), .D(1'b0));
  wire l1_n1;
  LUT4 #(.INIT("0x9696")) U_l1_n1 (.Z(l1_n1), .A(x[1]), .B(x[2]), .C(x[3]), .D(1'b0));
  wire l1_n2_s2;
  WIDEFN9 #(.INIT0("0x177e"), .INIT1("0x0117")) U_l1_n2_s2 (.Z(l1_n2_s2), .SEL(x[6]), .A0(x[2]), .B0(x[3]), .C0(x[4]), .D0(x[5]), .A1(x[2]), .B1(x[3]), .C1(x[4]), .D1(x[5]));
  wire l1_n2_s5;
  WIDEFN9 #(.INIT0("0x0117"), .INIT1("0x8001")) U_l1_n2_s5 (.Z(l1_n2_s5), .SEL(x[6]), .A0(x[2]), .B0(x[3]), .C0(x[4]), .D0(x[5]), .A1(x[2]), .B1(x[3]), .C1(x[4]), .D1(x[5]));
  wire l1_n2_s8;
  WIDEFN9 #(.INIT0("0x8001"), .INIT1("0xe880")) U_l1_n2_s8 (.Z(l1_n2_s8), .SEL(x[6]), .A0(x[2]), .B0(x[3]), .C0(x[4]), .D0(x[5]), .A1(x[2]), .B1(x[3]), .C1(x[4]), .D1(x[5]));
  wire l1_n2_s9;
  LUT4 #(.INIT("0xba98")) U_l1_n2_s9 (.Z(l1_n2_s9), .A(x[0]), .B(x[1]), .C(l1_n2_s2), .D(l1_n2_s5));
  wire l1_n2;
  LUT4 #(.INIT("0xf588")) U_l1_n2 (.Z(l1_n2), .A(x[1]), .B(l1_n2_s5), .C(l1_n2_s8), .D(l1_n2_s9));
  wire l1_n0_r1;
  FD1P3IX #(.GSR("DISABLED")) U_l1_n0_r1 (.Q(l1_n0_r1), .CK(clk), .D(l1_n0), .SP(1'b1), .CD(1'b0));
  wire l1_n1_r1;
  FD1P3IX #(.GSR("DISABLED")) U_l1_n1_r1 (.Q(l1_n1_r1), .CK(clk), .D(l1_n1), .SP(1'b1), .CD(1'b0));
  wire l1_n2_r1;
  FD1P3IX #(.GSR("DISABLED")) U_l1_n2_r1 (.Q(l1_n2_r1), .CK(clk), .D(l1_n2), .SP(1'b1), .CD(1'b0));
  wire l2_n0;
  LUT4 #(.INIT("0xcaca")) U_l2_n0 (.Z(l2_n0), .A(l1_n0_r1), .B(l1_n1_r1), .C(l1_n2_r1), .D(1'b0));
  wire l2_n0_r1;
  FD1P3IX #(.GSR("DISABLED")) U_l2_n0_r1 (.Q(l2_n0_r1), .CK(clk), .D(l2_n0), .SP(1'b1), .CD(1'b0));
  wire l1_n0_r2;
  FD1P3IX #(.GSR("DISABLED")) U_l1_n0_r2 (.Q(l1_n0_r2), .CK(clk), .D(l1_n0_r1), .SP(1'b1), .CD(1'b0));

  assign y = {l1_n0_r2, l2_n0_r1};
endmodule

`default_nettype wire
