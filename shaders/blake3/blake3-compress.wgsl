// The compression function of BLAKE3 (specification 1.0, section 2.2): 64 bytes of message into a chaining value of 32.
// The 4 × 4 state is four rows, so that one line of a round works on all its columns. {{rounds}}: seven, unrolled, because a
// message permuted in a loop is 16 moves a round that an unrolled one does by naming its words.

struct Node { low: vec4<u32>, high: vec4<u32> }

const IV_LOW = vec4<u32>(0x6A09E667u, 0xBB67AE85u, 0x3C6EF372u, 0xA54FF53Au);
const IV_HIGH = vec4<u32>(0x510E527Fu, 0x9B05688Cu, 0x1F83D9ABu, 0x5BE0CD19u);
const CHUNK_START = 1u;
const CHUNK_END = 2u;
const PARENT = 4u;
const ROOT = 8u;

// The high word of the counter is 0: buffers are under 4 GiB.
fn compress(key: Node, m0: vec4<u32>, m1: vec4<u32>, m2: vec4<u32>, m3: vec4<u32>, counter: u32, lengthBytes: u32, flags: u32) -> Node {
  var a = key.low;
  var b = key.high;
  var c = IV_LOW;
  var d = vec4<u32>(counter, 0u, lengthBytes, flags);
{{rounds}}
  return Node(a ^ c, b ^ d);
}
