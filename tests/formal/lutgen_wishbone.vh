  // What lutgen_wishbone promises on its bus, whatever the registers behind it say.
  reg f_past = 1'b0;
  always @(posedge clk) f_past <= 1'b1;
  always @* if (!f_past) assume (rst);

  // an access that is offered and has not been answered yet
  wire f_offered = !rst && wb_cyc_i && wb_stb_i && !wb_ack_o && !wb_err_o;
  reg  f_was_offered, f_was_rst, f_ok;
  reg  [31:0] f_data;
  always @(posedge clk) begin
    f_was_offered <= f_offered;
    f_was_rst     <= rst;
    f_ok          <= wb_we_i ? write_ok : read_ok;
    f_data        <= read_data;
  end
  always @* if (f_past) begin
    // one answer to each access, in the next cycle; none to anything else
    assert ((wb_ack_o || wb_err_o) == f_was_offered);
    assert (!(wb_ack_o && wb_err_o));
    if (f_was_offered) assert (wb_ack_o == f_ok);
    if (f_was_offered) assert (wb_dat_o == f_data);
    if (f_was_rst) assert (!wb_ack_o && !wb_err_o);
    // each write reaches the registers once, as it was offered
    assert (write == (f_offered && wb_we_i));
    if (write)
      assert (write_word == wb_adr_i[ADDRESS_WIDTH-1:2] && write_data == wb_dat_i
              && write_strobe == wb_sel_i);
    assert (read_word == wb_adr_i[ADDRESS_WIDTH-1:2]);
  end
