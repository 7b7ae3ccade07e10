// lutgen_registers: a core behind registers of 32 bits, for the bridge of any bus.
//
// Words, by their place (a bus has them at four times that):
//   0      MAGIC    "LUTG", the first letter in the lowest byte
//   1      SHAPE    bits 15:0 words of a sample, bits 31:16 words of an answer
//   2      CONTROL  bit 0 START: write 1, reads 0; bit 1 INTERRUPT_ENABLE
//   3      STATUS   bit 0 BUSY; bit 1 DONE: write 1 to clear it
//   4      LOAD     bit 0 LOAD: write 1 to begin a load of tables, reads 0; bit 1 SHIFTING;
//                   bit 2 WHOLE: the tables are those of one model
//   5      TABLES   the next 32 bits of tables, the lowest first; not while SHIFTING
//   6      CONTENTS CRC-32 of the tables, where they are WHOLE
//   7      LOAD_WORDS  words of all tables
//   8-15   CORE_ID  identity of the core, SHA-256, its first byte in the lowest byte of word 8
//   16-    ANSWER   N_ANSWER words
//   SAMPLE_AT-      N_SAMPLE words, written byte by byte as strobes say
//
// START takes the sample as it stands, and clears DONE; what is written afterwards is for the next
// one. DONE says that ANSWER is the answer to it. START while BUSY begins anew. A word that is not
// there, or cannot be written, is not ok. The sample is kept over a reset.
//
// Words 4 to 7 are there where tables can be loaded (N_LOAD_WORDS is not 0). LOAD ends what is under
// way without an answer, and clears DONE; START is not ok until the tables are WHOLE again, and that
// they are once LOAD_WORDS words have come. Tables are kept over a reset.
`default_nettype none

module lutgen_registers #(
    parameter N_SAMPLE      = 1,
    parameter N_ANSWER      = 1,
    parameter LATENCY       = 0,   // clock cycles from core_x to core_y
    parameter ADDRESS_WIDTH = 12,  // of the address of a byte, at most 32
    parameter SAMPLE_AT     = 32,
    parameter N_LOAD_WORDS  = 0,
    parameter [255:0] CORE_ID = 0
) (
    input  wire                     clk,
    input  wire                     rst,  // synchronous

    input  wire                     write,
    input  wire [ADDRESS_WIDTH-3:0] write_word,
    input  wire [31:0]              write_data,
    input  wire [3:0]               write_strobe,
    output wire                     write_ok,

    input  wire [ADDRESS_WIDTH-3:0] read_word,
    output reg  [31:0]              read_data,
    output reg                      read_ok,

    output wire                     irq,

    output wire [32*N_SAMPLE-1:0]   core_x,
    input  wire [32*N_ANSWER-1:0]   core_y,

    output wire                     load_start,  // to lutgen_loader
    output wire                     load_bit_valid,
    output wire                     load_bit,
    input  wire                     tables_whole,
    input  wire [31:0]              tables_contents
);
  function integer clog2(input integer value);
    begin
      clog2 = 1;
      while ((1 << clog2) < value) clog2 = clog2 + 1;
    end
  endfunction

  localparam COUNT_BITS = clog2(LATENCY + 1);
  localparam [31:0] CYCLES = LATENCY;
  localparam [31:0] MAGIC = 32'h4754554C;
  localparam [31:0] SHAPE = (N_ANSWER << 16) | N_SAMPLE;
  localparam [31:0] AT_CONTROL = 2, AT_STATUS = 3, AT_ID = 8, AT_ANSWER = 16;
  localparam [31:0] AT_LOAD = 4, AT_TABLES = 5, AT_CONTENTS = 6, AT_LOAD_WORDS = 7;
  localparam CAN_LOAD = N_LOAD_WORDS != 0;
  localparam [31:0] AT_SAMPLE = SAMPLE_AT, SAMPLE_END = SAMPLE_AT + N_SAMPLE;
  localparam [31:0] ANSWER_END = 16 + N_ANSWER;

  wire shifting;  // a word of tables is not in them yet
  wire takes_word = !shifting && write_strobe == 4'hf;

  // ---- control
  reg                   busy, done, interrupt_enable;
  reg  [COUNT_BITS-1:0] count;
  reg  [32*N_ANSWER-1:0] answer;
  wire [31:0] write_at   = {{(34-ADDRESS_WIDTH){1'b0}}, write_word};
  wire        can_start  = !CAN_LOAD || tables_whole;
  wire        refused    = write_strobe[0] && write_data[0] && !can_start;
  wire        to_control = write && write_at == AT_CONTROL && write_strobe[0] && !refused;
  wire        to_status  = write && write_at == AT_STATUS && write_strobe[0];
  wire        start      = to_control && write_data[0];
  wire        finished   = busy && count == 0;

  assign irq      = done && interrupt_enable;
  assign write_ok  = (write_at == AT_CONTROL && !refused) || write_at == AT_STATUS
                   || (CAN_LOAD && write_at == AT_LOAD)
                   || (CAN_LOAD && write_at == AT_TABLES && takes_word)
                   || (write_at >= AT_SAMPLE && write_at < SAMPLE_END);

  always @(posedge clk) begin
    if (to_control) interrupt_enable <= write_data[1];
    if (finished) answer <= core_y;
    if (start) begin
      busy  <= 1'b1;
      done  <= 1'b0;
      count <= CYCLES[COUNT_BITS-1:0];
    end else if (load_start) begin
      busy <= 1'b0;
      done <= 1'b0;
    end else if (finished) begin
      busy <= 1'b0;
      done <= 1'b1;
    end else begin
      count <= count - 1'b1;
      if (to_status && write_data[1]) done <= 1'b0;
    end
    if (rst) begin
      busy             <= 1'b0;
      done             <= 1'b0;
      interrupt_enable <= 1'b0;
    end
  end

  // ---- tables
  assign load_start     = CAN_LOAD && write && write_at == AT_LOAD && write_strobe[0]
                        && write_data[0];
  assign load_bit_valid = CAN_LOAD && shifting;

  generate
    if (CAN_LOAD) begin : loads
      reg [31:0] shifted;
      reg [5:0]  n_shifted;  // bits of it still to come
      assign load_bit = shifted[0];
      assign shifting = n_shifted != 0;
      always @(posedge clk) begin
        if (write && write_at == AT_TABLES && takes_word) begin
          shifted   <= write_data;
          n_shifted <= 6'd32;
        end else if (shifting) begin
          shifted   <= {1'b0, shifted[31:1]};
          n_shifted <= n_shifted - 1'b1;
        end
        if (rst || load_start) n_shifted <= 6'd0;
      end
    end else begin : fixed
      assign load_bit = 1'b0;
      assign shifting = 1'b0;
    end
  endgenerate

  // ---- the sample
  genvar word, lane;
  generate
    for (word = 0; word < N_SAMPLE; word = word + 1) begin : words
      reg [31:0] value;
      wire is_written = write && write_at == SAMPLE_AT + word;
      for (lane = 0; lane < 4; lane = lane + 1) begin : lanes
        always @(posedge clk)
          if (is_written && write_strobe[lane]) value[8*lane +: 8] <= write_data[8*lane +: 8];
      end
      assign core_x[32*word +: 32] = value;
    end
  endgenerate

  // ---- reading
  wire [31:0] read_at = {{(34-ADDRESS_WIDTH){1'b0}}, read_word};

  always @* begin
    read_ok   = 1'b1;
    read_data = 32'd0;
    if (read_at == 0) read_data = MAGIC;
    else if (read_at == 1) read_data = SHAPE;
    else if (read_at == AT_CONTROL) read_data = {30'd0, interrupt_enable, 1'b0};
    else if (read_at == AT_STATUS) read_data = {30'd0, done, busy};
    else if (CAN_LOAD && read_at == AT_LOAD) read_data = {29'd0, tables_whole, shifting, 1'b0};
    else if (CAN_LOAD && read_at == AT_CONTENTS) read_data = tables_contents;
    else if (CAN_LOAD && read_at == AT_LOAD_WORDS) read_data = N_LOAD_WORDS;
    else if (read_at >= AT_ID && read_at < AT_ANSWER)
      read_data = CORE_ID[32*(read_at - AT_ID) +: 32];
    else if (read_at >= AT_ANSWER && read_at < ANSWER_END)
      read_data = answer[32*(read_at - AT_ANSWER) +: 32];
    else if (read_at >= AT_SAMPLE && read_at < SAMPLE_END)
      read_data = core_x[32*(read_at - AT_SAMPLE) +: 32];
    else read_ok = 1'b0;
  end
endmodule

`default_nettype wire
