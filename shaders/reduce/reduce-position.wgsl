// The first position of the extreme element, over the ranks of reduce-order.wgsl.

struct Total { rank: u32, position: u32 }

fn nothing() -> Total { return Total(0u, 0xffffffffu); }
fn join(a: Total, b: Total) -> Total {
  let second = b.rank > a.rank || (b.rank == a.rank && b.position < a.position);
  return Total(select(a.rank, b.rank, second), select(a.position, b.position, second));
}
fn include(total: Total, x: {{scalar}}, r: u32) -> Total { return join(total, Total(rankOf(x), r)); }
fn wordOf(total: Total) -> u32 { return total.position; }
