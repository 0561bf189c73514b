// The extreme element itself, over the ranks of reduce-order.wgsl.

struct Total { rank: u32 }

fn nothing() -> Total { return Total(0u); }
fn include(total: Total, x: {{scalar}}, r: u32) -> Total { return Total(max(total.rank, rankOf(x))); }
fn join(a: Total, b: Total) -> Total { return Total(max(a.rank, b.rank)); }

fn wordOf(total: Total) -> u32 {
  if (FLOATS && total.rank == 0xffffffffu) { return 0x7fc00000u; }
  if (MAGNITUDES) { return total.rank; }
  let bits = select(total.rank, ~total.rank, LEAST);
  if (FLOATS) { return select(~bits, bits ^ 0x80000000u, bits >= 0x80000000u); }
  return select(bits, bits ^ 0x80000000u, SIGNED);
}

// What a sum of exponentials is shifted by (0 where the maximum is not finite), and the maximum.
fn centreOf(total: Total) -> vec2<u32> {
  let bits = wordOf(total);
  return vec2<u32>(select(bits, 0u, (bits & 0x7f800000u) == 0x7f800000u), bits);
}
