// lutgen_uart_rx: receiver for 8 data bits, no parity, one stop bit, the lowest bit first.
//
// Each bit is sampled once, in its middle as counted from the falling edge of the start bit, so
// that the sender's clock may be off by what half a bit is of nine and a half, less one clock.
`default_nettype none

module lutgen_uart_rx #(
    parameter CLKS_PER_BIT = 16
) (
    input  wire       clk,
    input  wire       rst,           // synchronous
    input  wire       rx,
    output reg        bit_valid,     // a data bit has come: data[7]
    output reg        byte_valid,    // a byte with its stop bit has come
    output reg        bad_stop,      // a byte without a stop bit has come
    output reg  [7:0] data,
    output wire       idle           // the line is high and no byte is under way
);
  function integer clog2(input integer value);
    begin
      clog2 = 1;
      while ((1 << clog2) < value) clog2 = clog2 + 1;
    end
  endfunction

  localparam COUNT_BITS = clog2(CLKS_PER_BIT);
  localparam [31:0] WHOLE_CLKS = CLKS_PER_BIT - 1;
  localparam [31:0] HALF_CLKS  = CLKS_PER_BIT / 2 - 1;
  localparam [COUNT_BITS-1:0] WHOLE = WHOLE_CLKS[COUNT_BITS-1:0];
  localparam [COUNT_BITS-1:0] HALF  = HALF_CLKS[COUNT_BITS-1:0];
  localparam [3:0] START = 4'd0, STOP = 4'd9;

  reg [1:0]            settled;  // two registers against metastability
  reg                  active;
  reg                  broken;   // after a bad stop bit, until the line is high again
  reg [3:0]            place;
  reg [COUNT_BITS-1:0] count;
  wire                 line = settled[1];

  assign idle = line && !active;

  always @(posedge clk) begin
    settled    <= {settled[0], rx};
    bit_valid  <= 1'b0;
    byte_valid <= 1'b0;
    bad_stop   <= 1'b0;
    if (rst) begin
      settled <= 2'b11;
      active  <= 1'b0;
      broken  <= 1'b0;
    end else if (!active) begin
      broken <= broken && !line;
      active <= !broken && !line;
      place  <= START;
      count  <= HALF;
    end else if (count != 0) begin
      count <= count - 1'b1;
    end else begin
      count <= WHOLE;
      place <= place + 1'b1;
      if (place == START) begin
        active <= !line;  // else it was but a glitch
      end else if (place == STOP) begin
        active     <= 1'b0;
        byte_valid <= line;
        bad_stop   <= !line;
        broken     <= !line;
      end else begin
        data      <= {line, data[7:1]};
        bit_valid <= 1'b1;
      end
    end
  end
endmodule

`default_nettype wire
