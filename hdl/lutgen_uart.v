// lutgen_uart: a core at the end of a serial line. docs/protocol.md says what goes over the line;
// this is version 2 of it.
//
// Bits are taken as they come: the payload shifts through the sample register, all of a frame
// through the CRC. A sample is answered only when the whole frame was right. One answer may wait
// for the one under way; answers all have 11 bytes, so only where requests of less than that come
// back to back are there more, and the host is told. Of a core whose tables are not whole, as a
// load broke off, E8 is answered.
`default_nettype none

module lutgen_uart #(
    parameter CLKS_PER_BIT     = 16,
    parameter TIMEOUT_CLKS     = 4096,  // of a quiet line, until a frame counts as ended
    parameter N_INPUTS         = 64,    // at most 8 * 65535
    parameter LATENCY          = 0,     // clock cycles from core_x to core_y
    parameter ANSWER_WIDTH     = 1,     // at most 32
    parameter SELF_TEST_CYCLES = 4096,
    parameter N_LOAD_BYTES     = 0,     // of the core's tables, if they can be loaded; at most 65535
    parameter N_INFO_WORDS     = 16,
    parameter [32*N_INFO_WORDS-1:0] INFO = 0
) (
    input  wire                    clk,
    input  wire                    rst,  // synchronous
    input  wire                    rx,
    output wire                    tx,
    output reg                     led,  // changes with every sample that is answered
    output wire [N_INPUTS-1:0]     core_x,
    input  wire [ANSWER_WIDTH-1:0] core_y,

    output wire                    load_start,       // to lutgen_loader
    output wire                    load_bit_valid,
    output wire                    load_bit,
    output reg                     load_commit,
    input  wire                    tables_whole,     // 1 where they cannot be loaded
    input  wire [31:0]             tables_contents
);
  function integer clog2(input integer value);
    begin
      clog2 = 1;
      while ((1 << clog2) < value) clog2 = clog2 + 1;
    end
  endfunction

  // CRC-32 of IEEE 802.3, reflected, one bit
  function [31:0] crc_step(input [31:0] crc, input data_bit);
    crc_step = {1'b0, crc[31:1]} ^ ((crc[0] ^ data_bit) ? 32'hEDB88320 : 32'd0);
  endfunction

  localparam [7:0] REQUEST = 8'hA5, ANSWER = 8'h5B;
  localparam [7:0] IDENTITY = 8'h01, PREDICT = 8'h02, SELF_TEST = 8'h03, LOAD = 8'h04;
  localparam [7:0] DONE = 8'h80;  // with the command
  localparam [7:0] BAD_CRC = 8'hE1, BAD_LENGTH = 8'hE2, BAD_COMMAND = 8'hE3, SHORT = 8'hE4,
                   BAD_BYTE = 8'hE5, STRAY = 8'hE6, OVERRUN = 8'hE7, NOT_WHOLE = 8'hE8;
  localparam [31:0] RESIDUE = 32'hDEBB20E3;  // CRC of any data followed by its own CRC

  localparam [31:0] N_BYTES = (N_INPUTS + 7) / 8, LOAD_BYTES = N_LOAD_BYTES;
  localparam N_BITS = 8 * ((N_INPUTS + 7) / 8);
  localparam TIMER_BITS = clog2(TIMEOUT_CLKS + 1);
  localparam [31:0] TIMEOUT = TIMEOUT_CLKS;
  localparam TEST_CLKS = N_BITS + LATENCY + SELF_TEST_CYCLES - 1;
  localparam COUNT_BITS = clog2(TEST_CLKS + 1) > 16 ? clog2(TEST_CLKS + 1) : 16;
  localparam [31:0] RUN_COUNT = LATENCY, TEST_COUNT = TEST_CLKS, SIGN_COUNT = SELF_TEST_CYCLES;

  // ---- the line
  wire       bit_valid, byte_valid, bad_stop, rx_idle;
  wire [7:0] data;

  lutgen_uart_rx #(.CLKS_PER_BIT(CLKS_PER_BIT)) receiver (
      .clk(clk), .rst(rst), .rx(rx), .bit_valid(bit_valid), .byte_valid(byte_valid),
      .bad_stop(bad_stop), .data(data), .idle(rx_idle));

  // ---- requests
  localparam [2:0] IDLE = 0, HEADER = 1, CHECK = 2, PAYLOAD = 3, TRAILER = 4, RUN = 5, TEST = 6,
                   DRAIN = 7;

  reg  [2:0]            state;
  reg  [COUNT_BITS-1:0] count;    // bytes, or clock cycles, still to come
  reg  [31:0]           header;   // command, sequence number, length
  reg  [7:0]            argument; // the last byte of the payload
  reg  [31:0]           crc;      // in a self-test: what makes the stimulus
  reg  [N_BITS-1:0]     sample;
  reg  [31:0]           signature;
  reg  [TIMER_BITS-1:0] timer;
  reg                   disturbed;
  wire [7:0]            command = header[7:0];
  wire [7:0]            sequence_number = header[15:8];
  wire [15:0]           length = header[31:16];
  wire                  is_load = command == LOAD && N_LOAD_BYTES != 0;
  wire                  is_testing = state == TEST;
  wire                  is_sample_bit = bit_valid && state == PAYLOAD && command == PREDICT;

  wire [15:0] expected_length = command == PREDICT ? N_BYTES[15:0] :
                                is_load ? LOAD_BYTES[15:0] :
                                command == IDENTITY ? 16'd1 : 16'd0;
  wire        is_command = command == PREDICT || command == IDENTITY || command == SELF_TEST ||
                           is_load;
  wire        asks_core = command == PREDICT || command == SELF_TEST;
  wire        is_quiet = timer == 0;
  wire [31:0] core_word;
  wire [31:0] info_word;

  reg         reply;       // an answer is to be sent
  reg  [7:0]  reply_status;
  wire        is_error = reply_status[6];
  wire [31:0] reply_value = is_error ? 32'd0 : command == SELF_TEST ? signature :
                            command == PREDICT ? core_word :
                            is_load ? tables_contents : info_word;

  assign core_x = sample[N_INPUTS-1:0];

  // tables are loaded as they come; they count as whole once the frame was right
  assign load_start     = state == CHECK && is_load && length == expected_length;
  assign load_bit_valid = bit_valid && state == PAYLOAD && is_load;
  assign load_bit       = data[7];

  always @(posedge clk) begin
    if (is_sample_bit || is_testing)
      sample <= {is_testing ? crc[0] : data[7], sample[N_BITS-1:1]};
    if (is_testing) crc <= crc_step(crc, 1'b0);
    else if (bit_valid) crc <= crc_step(crc, data[7]);
    if (is_testing && count < SIGN_COUNT[COUNT_BITS-1:0])
      signature <= {1'b0, signature[31:1]} ^ (signature[0] ? 32'h82F63B78 : 32'd0) ^ core_word;
    if (rst || state == IDLE || !rx_idle) timer <= TIMEOUT[TIMER_BITS-1:0];
    else if (!is_quiet) timer <= timer - 1'b1;

    reply       <= 1'b0;
    load_commit <= 1'b0;
    case (state)
      IDLE: begin
        count <= 3;
        if (bad_stop) begin
          reply_status <= BAD_BYTE;
          header       <= 32'd0;
          state        <= DRAIN;
        end else if (byte_valid) begin
          crc          <= 32'hFFFFFFFF;
          header       <= 32'd0;
          reply_status <= STRAY;
          state        <= data == REQUEST ? HEADER : DRAIN;
        end
      end
      HEADER: if (byte_valid) begin
        header <= {data, header[31:8]};
        count  <= count - 1'b1;
        if (count == 0) state <= CHECK;
      end
      CHECK: begin
        count        <= {{(COUNT_BITS-16){1'b0}}, length} - 1'b1;
        reply_status <= is_command ? BAD_LENGTH : BAD_COMMAND;
        state        <= PAYLOAD;
        if (!is_command || length != expected_length) state <= DRAIN;
        else if (length == 0) begin
          count <= 3;
          state <= TRAILER;
        end
      end
      PAYLOAD: if (byte_valid) begin
        argument <= data;
        count    <= count - 1'b1;
        if (count == 0) begin
          count <= 3;
          state <= TRAILER;
        end
      end
      TRAILER: if (byte_valid) begin
        count <= count - 1'b1;
        if (count == 0) begin
          if (crc != RESIDUE) begin
            reply        <= 1'b1;
            reply_status <= BAD_CRC;
            state        <= IDLE;
          end else begin
            crc       <= 32'hFFFFFFFF;
            signature <= 32'd0;
            disturbed <= 1'b0;
            load_commit <= is_load;
            count     <= command == SELF_TEST ? TEST_COUNT[COUNT_BITS-1:0]
                                              : RUN_COUNT[COUNT_BITS-1:0];
            state     <= command == SELF_TEST ? TEST : RUN;
          end
        end
      end
      RUN, TEST: begin
        count     <= count - 1'b1;
        disturbed <= disturbed || byte_valid || bad_stop;
        if (count == 0) begin
          reply        <= 1'b1;
          reply_status <= asks_core && !tables_whole ? NOT_WHOLE : DONE | command;
          state        <= IDLE;
          if (command == PREDICT && tables_whole) led <= !led;
        end
      end
      default: if (is_quiet) begin  // DRAIN: whatever was sent is over
        reply <= 1'b1;
        state <= IDLE;
      end
    endcase
    if (state == HEADER || state == PAYLOAD || state == TRAILER) begin
      if (bad_stop) begin
        reply_status <= BAD_BYTE;
        state        <= DRAIN;
      end else if (is_quiet && !byte_valid) begin
        reply        <= 1'b1;
        reply_status <= SHORT;
        state        <= IDLE;
      end
    end
    if (reply && disturbed) begin  // bytes came in during a self-test
      reply_status <= STRAY;
      disturbed    <= 1'b0;
      state        <= DRAIN;
    end
    if (rst) begin
      state     <= IDLE;
      reply     <= 1'b0;
      disturbed <= 1'b0;
      led       <= 1'b0;
    end
  end

  generate
    if (ANSWER_WIDTH == 32) begin : whole_word
      assign core_word = core_y;
    end else begin : extended
      assign core_word = {{(32-ANSWER_WIDTH){1'b0}}, core_y};
    end
    if (N_BITS > N_INPUTS) begin : padding
      /* verilator lint_off UNUSEDSIGNAL */  // left over in the last byte
      wire [N_BITS-N_INPUTS-1:0] unused = sample[N_BITS-1:N_INPUTS];
      /* verilator lint_on UNUSEDSIGNAL */
    end
  endgenerate

  wire [31:0] info_index = {24'd0, argument};
  assign info_word = info_index < N_INFO_WORDS ? INFO[32*info_index +: 32] :
                     info_index == N_INFO_WORDS && N_LOAD_BYTES != 0 ? tables_contents :
                     info_index == N_INFO_WORDS + 1 && N_LOAD_BYTES != 0 ?
                     {31'd0, tables_whole} : 32'd0;

  // ---- answers: one under way, one that waits
  localparam [1:0] READY = 0, SUM = 1, SEND = 2;

  reg  [1:0]  sending;
  reg         waiting;
  reg  [47:0] next_answer;  // value, sequence number, status
  reg  [47:0] answer;
  reg  [31:0] sum;
  reg  [5:0]  place;        // bits summed, or bytes sent
  wire        tx_ready;
  wire        tx_valid = sending == SEND;

  lutgen_uart_tx #(.CLKS_PER_BIT(CLKS_PER_BIT)) transmitter (
      .clk(clk), .rst(rst), .valid(tx_valid), .ready(tx_ready),
      .data(place == 0 ? ANSWER : answer[7:0]), .tx(tx));

  always @(posedge clk) begin
    case (sending)
      READY: begin
        place  <= 6'd0;
        answer <= next_answer;
        sum    <= 32'hFFFFFFFF;
        if (waiting) begin
          waiting <= 1'b0;
          sending <= SUM;
        end
      end
      SUM: begin  // turns the answer once around
        answer <= {answer[0], answer[47:1]};
        sum    <= crc_step(sum, answer[0]);
        place  <= place + 1'b1;
        if (place == 6'd47) begin
          place   <= 6'd0;
          sending <= SEND;
        end
      end
      default: if (tx_ready) begin
        place <= place + 1'b1;
        if (place != 0) begin
          answer <= {8'd0, answer[47:8]};
          if (place == 6'd6) answer <= {16'd0, ~sum};
          if (place == 6'd10) sending <= READY;
        end
      end
    endcase
    if (reply) begin
      waiting     <= 1'b1;
      next_answer <= {reply_value, sequence_number, reply_status};
      if (waiting && sending != READY) next_answer <= {32'd0, sequence_number, OVERRUN};
    end
    if (rst) begin
      sending <= READY;
      waiting <= 1'b0;
    end
  end
endmodule

`default_nettype wire
