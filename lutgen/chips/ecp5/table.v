// What fabric/table_ram.v is made of, on ECP5.
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
  function [63:0] words(input [63:0] entries);
    integer n;
    for (n = 0; n < 64; n = n + 1) words[4*(n%16)+n/16] = entries[n];
  endfunction

  TRELLIS_DPR16X4 #(.WCKMUX("WCK"), .WREMUX("WRE"), .INITVAL(words(INIT))) ram (
      .WCK(clk), .WRE(write), .WAD(at), .DI(data), .RAD(low), .DO(y));
endmodule

// One of four bits, in two LUT4: see lutgen.chips.fabric.mapper.
module lutgen_table_choice (
    input  wire [3:0] d,
    input  wire [1:0] s,
    output wire       y
);
  wire low;
  LUT4 #(.INIT(16'hba98)) first (.Z(low), .A(s[0]), .B(s[1]), .C(d[0]), .D(d[1]));
  LUT4 #(.INIT(16'hec64)) second (.Z(y), .A(s[1]), .B(low), .C(d[2]), .D(d[3]));
endmodule

`default_nettype wire
