// What fabric/table_ram.v is made of, on Gowin's chips.
`default_nettype none

// 16 words of 4 bits in LUTs; entry 16 * l + i of INIT is bit l of word i.
module lutgen_table_ram #(
    parameter [63:0] INIT = 0
) (
    input  wire       clk,
    input  wire       write,
    input  wire [3:0] at,
    input  wire [3:0] data,
    input  wire [3:0] low,
    output wire [3:0] y
);
  RAM16SDP4 #(
      .INIT_0(INIT[15:0]), .INIT_1(INIT[31:16]), .INIT_2(INIT[47:32]), .INIT_3(INIT[63:48])
  ) ram (.CLK(clk), .WRE(write), .WAD(at), .DI(data), .RAD(low), .DO(y));
endmodule

// One of four bits, in two LUT4: see lutgen.chips.fabric.mapper.
module lutgen_table_choice (
    input  wire [3:0] d,
    input  wire [1:0] s,
    output wire       y
);
  wire low;
  LUT4 #(.INIT(16'hba98)) first (.F(low), .I0(s[0]), .I1(s[1]), .I2(d[0]), .I3(d[1]));
  LUT4 #(.INIT(16'hec64)) second (.F(y), .I0(s[1]), .I1(low), .I2(d[2]), .I3(d[3]));
endmodule

`default_nettype wire
