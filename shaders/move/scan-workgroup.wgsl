// The totals of a workgroup's threads, each joined with all before it (Hillis and Steele 1986).
var<workgroup> totals: array<Total, {{threads}}>;

fn scanWorkgroup(own: Total, thread: u32) {
  totals[thread] = own;
  workgroupBarrier();
  for (var step = 1u; step < {{threads}}u; step = step * 2u) {
    var joined = totals[thread];
    if (thread >= step) { joined = join(totals[thread - step], joined); }
    workgroupBarrier();
    totals[thread] = joined;
    workgroupBarrier();
  }
}
