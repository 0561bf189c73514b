// Integer division as Python has it; division by 0 gives 0, and nothing is left to how a machine overflows.

fn floorDivideI32(a: i32, b: i32) -> i32 {
  let divisor = select(b, 1, b == 0 || b == -1);
  let quotient = a / divisor;
  let rest = a - quotient * divisor;
  let floored = quotient - select(0, 1, rest != 0 && (rest < 0) != (divisor < 0));
  return select(select(floored, -a, b == -1), 0, b == 0);
}

fn remainderI32(a: i32, b: i32) -> i32 {
  return select(a - b * floorDivideI32(a, b), 0, b == 0);
}

fn floorDivideU32(a: u32, b: u32) -> u32 {
  return select(a / max(b, 1u), 0u, b == 0u);
}

fn remainderU32(a: u32, b: u32) -> u32 {
  return select(a % max(b, 1u), 0u, b == 0u);
}
