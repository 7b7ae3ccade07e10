  // What lutgen_axilite promises on its bus, whatever the registers behind it say.
  reg f_past = 1'b0;
  always @(posedge clk) f_past <= 1'b1;
  always @* if (!f_past) assume (rst);

  wire f_aw = s_axi_awvalid && s_axi_awready, f_w = s_axi_wvalid && s_axi_wready;
  wire f_b  = s_axi_bvalid && s_axi_bready;
  wire f_ar = s_axi_arvalid && s_axi_arready, f_r = s_axi_rvalid && s_axi_rready;

  reg  [1:0] f_aw_open, f_w_open, f_ar_open;  // taken, and not yet answered
  reg  f_b_waits, f_r_waits, f_was_rst;
  reg  f_written, f_ok, f_read, f_read_ok;
  reg  [1:0] f_bresp, f_rresp;
  reg  [31:0] f_rdata, f_data, f_read_data;
  reg  [3:0] f_strobe;
  reg  [ADDRESS_WIDTH-1:0] f_address, f_read_address;
  always @(posedge clk) begin
    f_was_rst <= rst;
    f_aw_open <= rst ? 2'd0 : f_aw_open + f_aw - f_b;
    f_w_open  <= rst ? 2'd0 : f_w_open + f_w - f_b;
    f_ar_open <= rst ? 2'd0 : f_ar_open + f_ar - f_r;
    f_b_waits <= s_axi_bvalid && !s_axi_bready && !rst;
    f_r_waits <= s_axi_rvalid && !s_axi_rready && !rst;
    f_bresp   <= s_axi_bresp;
    f_rresp   <= s_axi_rresp;
    f_rdata   <= s_axi_rdata;
    if (f_aw) f_address <= s_axi_awaddr;
    if (f_w) {f_data, f_strobe} <= {s_axi_wdata, s_axi_wstrb};
    if (f_ar) f_read_address <= s_axi_araddr;
    f_written   <= write && !rst;
    f_ok        <= write_ok;
    f_read      <= read && !rst;
    f_read_ok   <= read_ok;
    f_read_data <= read_data;
  end

  always @* if (f_past) begin
    // a response that waits stays
    if (f_b_waits) assert (s_axi_bvalid && s_axi_bresp == f_bresp);
    if (f_r_waits) assert (s_axi_rvalid && s_axi_rresp == f_rresp && s_axi_rdata == f_rdata);
    // after a reset nothing is under way; in it nothing is taken
    if (f_was_rst) assert (!s_axi_bvalid && !s_axi_rvalid && !write);
    if (rst) assert (!s_axi_awready && !s_axi_wready && !s_axi_arready);
  end
  always @* if (f_past && !f_was_rst) begin
    // what was taken and not answered is what is held, and what is being answered: none is lost,
    // doubled, or answered unasked
    assert (f_aw_open == have_address + s_axi_bvalid);
    assert (f_w_open == have_data + s_axi_bvalid);
    assert (f_ar_open == have_read + s_axi_rvalid);
    if (s_axi_bvalid) assert (f_aw_open != 0 && f_w_open != 0);
    if (s_axi_rvalid) assert (f_ar_open != 0);
    // a write is that of the address and the data that came, and is done where it can be answered
    if (have_address) assert (write_word == f_address[ADDRESS_WIDTH-1:2]);
    if (have_data) assert (write_data == f_data && write_strobe == f_strobe);
    if (have_read) assert (read_word == f_read_address[ADDRESS_WIDTH-1:2]);
    if (write) assert (f_aw_open != 0 && f_w_open != 0 && (!s_axi_bvalid || s_axi_bready));
    if (have_address && have_data && (!s_axi_bvalid || s_axi_bready)) assert (write);
    // each is answered in the next cycle, as the registers said
    if (f_written) assert (s_axi_bvalid && s_axi_bresp == (f_ok ? 2'b00 : 2'b10));
    if (f_read)
      assert (s_axi_rvalid && s_axi_rresp == (f_read_ok ? 2'b00 : 2'b10)
              && s_axi_rdata == f_read_data);
    // nothing stalls for ever
    if (!rst && f_aw_open == 0) assert (s_axi_awready);
    if (!rst && f_w_open == 0) assert (s_axi_wready);
    if (!rst && f_ar_open == 0) assert (s_axi_arready);
    if (f_ar_open != 0 && !s_axi_rvalid) assert (read);
  end
