// Plays beats, stalls and resets at an AXI4-Stream shell, and writes into said.txt what passed.
//
// beats.txt has a line "DATA LAST GAP" a beat: it is offered after GAP cycles and stays until it is
// taken. cycles.txt has a line "FLAGS CYCLES" each: bit 0 is m_axis_tready, bit 1 is rst; the play
// ends with it. A beat that is offered when the reset comes is lost.
// said.txt gets, a line each: "0 DATA LAST" for a beat that was taken, "1 DATA LAST USER" for an
// answer, "2" for a reset, "3" where an answer was changed or taken back before it was taken.
`default_nettype none

module stream_play (
    input wire clk
);
  parameter BEAT_WIDTH = 8;
  parameter DATA_WIDTH = 8;

  reg rst = 1, valid = 0, last = 0, ready = 0;
  reg [BEAT_WIDTH-1:0] data = 0;
  wire s_ready, m_valid, m_last, m_user;
  wire [DATA_WIDTH-1:0] m_data;
  integer beats, script, said, flags = 2, cycles = 4, gap = 0, next_last;
  reg [BEAT_WIDTH-1:0] next_data;
  reg has_next = 0, got = 0, held = 0, held_last, held_user;
  reg [DATA_WIDTH-1:0] held_data;

  lutgen_axis dut (
      .clk(clk), .rst(rst), .s_axis_tdata(data), .s_axis_tvalid(valid), .s_axis_tready(s_ready),
      .s_axis_tlast(last), .m_axis_tdata(m_data), .m_axis_tvalid(m_valid), .m_axis_tready(ready),
      .m_axis_tlast(m_last), .m_axis_tuser(m_user));

  initial begin
    beats = $fopen("beats.txt", "r");
    script = $fopen("cycles.txt", "r");
    said = $fopen("said.txt", "w");
  end

  always @(posedge clk) begin
    if (!rst) begin
      if (held && (!m_valid || m_data != held_data || m_last != held_last || m_user != held_user))
        $fwrite(said, "3\n");
      if (valid && s_ready) $fwrite(said, "0 %h %0d\n", data, last);
      if (m_valid && ready) $fwrite(said, "1 %h %0d %0d\n", m_data, m_last, m_user);
    end
    held = !rst && m_valid && !ready;
    held_data = m_data;
    held_last = m_last;
    held_user = m_user;
    got = valid && s_ready && !rst;
  end

  always @(negedge clk) begin
    if (cycles == 0) begin
      if ($fscanf(script, "%d %d\n", flags, cycles) != 2) begin
        $fclose(said);
        $finish;
      end
      if (flags[1]) $fwrite(said, "2\n");
    end
    cycles = cycles - 1;
    ready = flags[0];
    rst = flags[1];
    if (got || rst) valid = 0;
    if (!valid && !rst) begin
      if (!has_next) has_next = $fscanf(beats, "%h %d %d\n", next_data, next_last, gap) == 3;
      if (has_next && gap == 0) begin
        valid = 1;
        data = next_data;
        last = next_last[0];
        has_next = 0;
      end else if (has_next) gap = gap - 1;
    end
  end
endmodule

`default_nettype wire
