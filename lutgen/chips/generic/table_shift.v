// lutgen_table: a lookup table that is loaded as a shift register; any tool makes registers of it.
//
// The first entry that is shifted in ends at the highest address; see hdl/lutgen_loader.v.
`default_nettype none

module lutgen_table #(
    parameter K = 4,      // inputs
    parameter LEAST = 1,  // entries of the shift register at least
    parameter [(1<<K)-1:0] INIT = 0
) (
    input  wire         clk,
    input  wire         load,
    input  wire         load_in,
    output wire         load_out,
    input  wire [K-1:0] a,
    output wire         y
);
  localparam N = (1 << K) > LEAST ? 1 << K : LEAST;

  reg [N-1:0] entries;

  initial begin
    entries = 0;
    entries[(1<<K)-1:0] = INIT;
  end

  always @(posedge clk) if (load) entries <= {entries[N-2:0], load_in};

  assign load_out = entries[N-1];
  assign y        = entries[{{(32-K){1'b0}}, a}];
endmodule

`default_nettype wire
