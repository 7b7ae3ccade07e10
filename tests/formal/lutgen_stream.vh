  // What lutgen_stream promises, with a core that answers ANSWER_WIDTH bits of its sample, from bit
  // AT of it on. Any one sample may be chosen at any time; its answer must come, once, in its place.
  reg f_past = 1'b0;
  always @(posedge clk) f_past <= 1'b1;
  always @* if (!f_past) assume (rst);

  // ---- the core
  localparam F_AT = N_INPUTS - ANSWER_WIDTH;
  wire [N_INPUTS*(LATENCY+1)-1:0] f_x;  // stage by stage
  assign f_x[N_INPUTS-1:0] = core_x;
  genvar f_i;
  generate
    for (f_i = 1; f_i <= LATENCY; f_i = f_i + 1) begin : f_stage
      reg [N_INPUTS-1:0] value;
      always @(posedge clk) value <= f_x[N_INPUTS*(f_i-1) +: N_INPUTS];
      assign f_x[N_INPUTS*f_i +: N_INPUTS] = value;
    end
  endgenerate
  always @* assume (core_y == f_x[N_INPUTS*LATENCY+F_AT +: ANSWER_WIDTH]);

  // ---- one sample, chosen at will
  (* anyseq *) reg f_choose;
  reg  f_tracked = 1'b0, f_last, f_short;
  reg  [DEPTH_LOG2:0] f_ahead, f_open = 0;
  reg  [N_INPUTS-1:0] f_sample;
  reg  [TOTAL-1:0] f_beats;
  reg  [BEAT_BITS:0] f_beat = 0;
  wire f_taken = s_axis_tvalid && s_axis_tready;
  wire f_whole = f_beat == N_BEATS - 1;
  wire f_done  = f_taken && (f_whole || s_axis_tlast);
  wire f_answered = m_axis_tvalid && m_axis_tready;
  localparam [TOTAL-1:0] F_ONES = {BEAT_WIDTH{1'b1}};
  wire [TOTAL-1:0] f_wide  = s_axis_tdata;
  wire [TOTAL-1:0] f_mask  = F_ONES << (f_beat * BEAT_WIDTH);
  wire [TOTAL-1:0] f_added = f_wide << (f_beat * BEAT_WIDTH);
  wire [TOTAL-1:0] f_now   = (f_beats & ~f_mask) | f_added;
  wire [DEPTH_LOG2:0] f_held = written - read;
  wire [DEPTH_LOG2-1:0] f_place = read_at + f_ahead[DEPTH_LOG2-1:0];

  always @(posedge clk) begin
    if (f_taken) f_beats <= f_now;
    if (rst || f_done) f_beat <= 0;
    else if (f_taken) f_beat <= f_beat + 1'b1;
    if (rst) f_open <= 0;
    else f_open <= f_open + f_done - f_answered;
    if (rst) f_tracked <= 1'b0;
    else if (!f_tracked && f_done && f_choose) begin
      f_tracked <= 1'b1;
      f_ahead   <= f_open - f_answered;
      f_sample  <= f_now[N_INPUTS-1:0];
      f_last    <= s_axis_tlast;
      f_short   <= !f_whole;
    end else if (f_tracked && f_answered) begin
      f_ahead <= f_ahead - 1'b1;
      if (f_ahead == 0) f_tracked <= 1'b0;
    end
  end

  function [DEPTH_LOG2:0] f_count(input [LATENCY:0] bits);
    integer i;
    begin
      f_count = 0;
      for (i = 0; i <= LATENCY; i = i + 1) f_count = f_count + bits[i];
    end
  endfunction

  // ---- promises
  always @* if (f_past) begin
    if (m_axis_tvalid) assert (f_open != 0);  // no answer without a sample
    if (m_axis_tvalid && f_tracked && f_ahead == 0) begin
      assert (m_axis_tlast == f_last && m_axis_tuser == f_short);
      if (!f_short) assert (m_axis_tdata == f_sample[F_AT +: ANSWER_WIDTH]);
    end
    if (!rst && f_open < (1 << DEPTH_LOG2)) assert (s_axis_tready);
  end

  reg f_waits = 1'b0, f_was_rst, f_tlast, f_tuser;
  reg [8*((ANSWER_WIDTH+7)/8)-1:0] f_tdata;
  reg [DEPTH_LOG2:0] f_idle = 0;  // cycles without an answer although one is due
  always @(posedge clk) begin
    f_waits   <= m_axis_tvalid && !m_axis_tready && !rst;
    f_was_rst <= rst;
    f_tdata   <= m_axis_tdata;
    f_tlast   <= m_axis_tlast;
    f_tuser   <= m_axis_tuser;
    f_idle    <= rst || f_open == 0 || m_axis_tvalid ? 0 : f_idle + 1'b1;
  end
  always @* if (f_past) begin
    if (f_waits)
      assert (m_axis_tvalid && m_axis_tdata == f_tdata && m_axis_tlast == f_tlast
              && m_axis_tuser == f_tuser);
    if (f_was_rst) assert (!m_axis_tvalid && f_open == 0 && beat == 0);
    if (rst) assert (!s_axis_tready);
    assert (f_idle <= LATENCY + 1);
  end

  // ---- why they hold: how samples under way stand in the pipeline and in the FIFO
  always @* if (f_past && !f_was_rst) begin
    assert (n_open == f_open && f_open == f_held + f_count(valid) && f_open <= (1 << DEPTH_LOG2));
    assert (f_held <= (1 << DEPTH_LOG2) && beat == f_beat && f_beat < N_BEATS);
    if (f_open != 0 && !m_axis_tvalid) assert ((valid >> f_idle) != 0);
    if (f_tracked) begin
      assert (f_ahead < f_open);
      if (f_ahead < f_held) begin
        assert (fifo[f_place][ANSWER_WIDTH+1:ANSWER_WIDTH]
                == {f_short, f_last});
        if (!f_short)
          assert (fifo[f_place][ANSWER_WIDTH-1:0]
                  == f_sample[F_AT +: ANSWER_WIDTH]);
      end
    end
  end
  generate
    for (f_i = 0; f_i <= LATENCY; f_i = f_i + 1) begin : f_at
      wire [LATENCY+1:0] older = {1'b0, valid} >> (f_i + 1);
      always @* if (f_past && !f_was_rst && f_tracked && f_ahead >= f_held && valid[f_i]
                    && f_count(older[LATENCY:0]) == f_ahead - f_held) begin
        assert (last[f_i] == f_last && short[f_i] == f_short);
        if (!f_short)
          assert (f_x[N_INPUTS*f_i+F_AT +: ANSWER_WIDTH] == f_sample[F_AT +: ANSWER_WIDTH]);
      end
    end
    for (f_i = 1; f_i < N_BEATS; f_i = f_i + 1) begin : f_part
      always @* if (f_past && !f_was_rst && beat == f_i)
        assert (f_beats[0 +: f_i*BEAT_WIDTH] == sample[TOTAL-f_i*BEAT_WIDTH +: f_i*BEAT_WIDTH]);
    end
  endgenerate
