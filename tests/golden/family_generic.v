// A test.
// target   generic (portable Verilog, no chip in particular)
// ports    x[6:0]: x[i] is input bit i; y[1:0]: y[i] is output bit i
// latency  2 cycle(s) of clk, a new x every cycle
// cells    3 LUT3, 1 LUT7, 5 register
// tables   bit p is the output at address p; input j of a cell is bit j of its address

`default_nettype none

module family (
    input  wire clk,
    input  wire [6:0] x,
    output wire [1:0] y
);
  localparam [7:0] INIT_l1_n0 = 8'he8;
  wire l1_n0 = INIT_l1_n0[{x[2], x[1], x[0]}];
  localparam [7:0] INIT_l1_n1 = 8'h96;
  wire l1_n1 = INIT_l1_n1[{x[3], x[2], x[1]}];
  localparam [127:0] INIT_l1_n2 = 128'he880800180010117800101170117177e;
  wire l1_n2 = INIT_l1_n2[{x[6], x[5], x[4], x[3], x[2], x[1], x[0]}];
  reg l1_n0_r1;
  always @(posedge clk) l1_n0_r1 <= l1_n0;
  reg l1_n1_r1;
  always @(posedge clk) l1_n1_r1 <= l1_n1;
  reg l1_n2_r1;
  always @(posedge clk) l1_n2_r1 <= l1_n2;
  localparam [7:0] INIT_l2_n0 = 8'hca;
  wire l2_n0 = INIT_l2_n0[{l1_n2_r1, l1_n1_r1, l1_n0_r1}];
  reg l2_n0_r1;
  always @(posedge clk) l2_n0_r1 <= l2_n0;
  reg l1_n0_r2;
  always @(posedge clk) l1_n0_r2 <= l1_n0_r1;

  assign y = {l1_n0_r2, l2_n0_r1};
endmodule

`default_nettype wire
