// lutgen_uart_tx: transmitter for 8 data bits, no parity, one stop bit, the lowest bit first.
`default_nettype none

module lutgen_uart_tx #(
    parameter CLKS_PER_BIT = 16
) (
    input  wire       clk,
    input  wire       rst,    // synchronous
    input  wire       valid,
    output wire       ready,  // a byte is taken when valid and ready are 1
    input  wire [7:0] data,
    output wire       tx
);
  function integer clog2(input integer value);
    begin
      clog2 = 1;
      while ((1 << clog2) < value) clog2 = clog2 + 1;
    end
  endfunction

  localparam COUNT_BITS = clog2(CLKS_PER_BIT);
  localparam [31:0] WHOLE_CLKS = CLKS_PER_BIT - 1;
  localparam [COUNT_BITS-1:0] WHOLE = WHOLE_CLKS[COUNT_BITS-1:0];

  reg [8:0]            bits;     // start or data bit under way at the bottom, ones follow
  reg [3:0]            n_left;   // bits to send, this one and the stop bit counted
  reg [COUNT_BITS-1:0] count;

  assign ready = n_left == 0;
  assign tx    = bits[0];

  always @(posedge clk) begin
    if (rst) begin
      bits   <= 9'h1ff;
      n_left <= 4'd0;
    end else if (ready) begin
      if (valid) begin
        bits   <= {data, 1'b0};
        n_left <= 4'd10;
        count  <= WHOLE;
      end
    end else if (count != 0) begin
      count <= count - 1'b1;
    end else begin
      bits   <= {1'b1, bits[8:1]};
      n_left <= n_left - 1'b1;
      count  <= WHOLE;
    end
  end
endmodule

`default_nettype wire
