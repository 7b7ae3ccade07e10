// A test.
//
// target   generic (portable Verilog, no chip in particular)
// ports    x[11:0]: x[i] is input bit i; y[0:0]: y[i] is output bit i
// latency  3 cycle(s) of clk, a new x every cycle
// cells    6 LUT6, 18 register
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
  localparam [63:0] INIT_l1_n0 = 64'h70bc8ea568ea44b4;
  wire l1_n0 = INIT_l1_n0[{x[5], x[0], x[3], x[4], x[7], x[2]}];
  localparam [63:0] INIT_l1_n4 = 64'h9ec64f0cf2000eb1;
  wire l1_n4 = INIT_l1_n4[{x[2], x[5], x[7], x[4], x[6], x[0]}];
  localparam [63:0] INIT_l1_n5 = 64'hfebea50259800f68;
  wire l1_n5 = INIT_l1_n5[{x[7], x[9], x[3], x[8], x[6], x[10]}];
  reg x10_r1;
  always @(posedge clk) x10_r1 <= x[10];
  reg x7_r1;
  always @(posedge clk) x7_r1 <= x[7];
  reg x8_r1;
  always @(posedge clk) x8_r1 <= x[8];
  reg x6_r1;
  always @(posedge clk) x6_r1 <= x[6];
  reg x5_r1;
  always @(posedge clk) x5_r1 <= x[5];
  reg l1_n0_r1;
  always @(posedge clk) l1_n0_r1 <= l1_n0;
  localparam [63:0] INIT_l2_n0 = 64'hf2edf9019a8fd343;
  wire l2_n0 = INIT_l2_n0[{l1_n0_r1, x5_r1, x6_r1, x8_r1, x7_r1, x10_r1}];
  reg x9_r1;
  always @(posedge clk) x9_r1 <= x[9];
  reg x4_r1;
  always @(posedge clk) x4_r1 <= x[4];
  localparam [63:0] INIT_l2_n1 = 64'h75c584ac042e5468;
  wire l2_n1 = INIT_l2_n1[{x7_r1, x10_r1, x5_r1, x4_r1, l1_n0_r1, x9_r1}];
  reg l1_n4_r1;
  always @(posedge clk) l1_n4_r1 <= l1_n4;
  reg l1_n4_r2;
  always @(posedge clk) l1_n4_r2 <= l1_n4_r1;
  reg l1_n5_r1;
  always @(posedge clk) l1_n5_r1 <= l1_n5;
  reg l1_n5_r2;
  always @(posedge clk) l1_n5_r2 <= l1_n5_r1;
  reg x9_r2;
  always @(posedge clk) x9_r2 <= x9_r1;
  reg l2_n1_r1;
  always @(posedge clk) l2_n1_r1 <= l2_n1;
  reg x2_r1;
  always @(posedge clk) x2_r1 <= x[2];
  reg x2_r2;
  always @(posedge clk) x2_r2 <= x2_r1;
  reg l2_n0_r1;
  always @(posedge clk) l2_n0_r1 <= l2_n0;
  localparam [63:0] INIT_l3_n0 = 64'h878100716b94f81e;
  wire l3_n0 = INIT_l3_n0[{l2_n0_r1, x2_r2, l2_n1_r1, x9_r2, l1_n5_r2, l1_n4_r2}];
  reg l3_n0_r1;
  always @(posedge clk) l3_n0_r1 <= l3_n0;

  assign y = {l3_n0_r1};
endmodule

`default_nettype wire
