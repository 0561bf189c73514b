// BLAKE3 of chunks (1 KiB) of all panels, one thread a chunk, 64 chunks a workgroup.
//
// A chunk is a chain of 16 blocks, so the parallel work is between chunks: shared among 4 lanes, a chunk would take as long, for
// the four columns of a state already hide the latency of a lone thread's instructions. But neighbouring threads then want
// addresses 1 KiB apart. So the workgroup moves one block of each of its chunks at a time through workgroup memory: 4
// neighbouring threads read the 64 bytes of one block, and a thread asks for its part of the next block before it compresses
// this one. That holds where the first-level cache does not keep 64 lines a workgroup, and it makes panels that start at any
// byte an affair of the reading alone.
//
// Floor: a block of 64 bytes takes 56 × (6 adds, 4 xors, 4 rotations), 12.4 integer operations a byte, 10.6 where a + b + c and
// a rotation are one instruction each. Where a GPU does more than about 12 of them per byte of memory bandwidth, memory is the
// limit; most do fewer (H200: 15 · 10¹² a second against 4.8 · 10¹² bytes, so 1.4 · 10¹² bytes a second is all there is).

{{compress}}

@group(0) @binding(0) var<storage, read> words: array<vec4<u32>>;
@group(0) @binding(1) var<storage, read_write> nodes: array<Node>;

// Whether all panels start at multiples of 16. In the text: reading at any byte is more code than a GPU should carry for nothing.
const ALIGNED = {{aligned}};

// Where each chunk of the workgroup starts, in bytes.
var<workgroup> starts: array<u32, 64>;
// A block of each chunk, 4 vectors: vector q of chunk k at 4k + (q xor k/2 mod 4), so that 8 threads that read the same q of
// neighbouring chunks, or write neighbouring vectors, meet all 32 banks once.
var<workgroup> stage: array<vec4<u32>, 256>;

fn wordAt(word: u32) -> u32 {
  let at = min(word, 4u * params.lastVector + 3u);
  return words[at >> 2u][at & 3u];
}

// The 16 bytes from an address; something or other past the end, which is masked later.
fn vectorAt(address: u32) -> vec4<u32> {
  if (ALIGNED) { return words[min(address >> 4u, params.lastVector)]; }
  let word = address >> 2u;
  let these = vec4<u32>(wordAt(word), wordAt(word + 1u), wordAt(word + 2u), wordAt(word + 3u));
  let shift = (address & 3u) * 8u;
  if (shift == 0u) { return these; }
  return (these >> vec4<u32>(shift)) | (vec4<u32>(these.yzw, wordAt(word + 4u)) << vec4<u32>(32u - shift));
}

// A vector of which only so many bytes are the message's, the rest 0.
fn kept(vector: vec4<u32>, bytes: i32) -> vec4<u32> {
  let room = clamp(vec4<i32>(bytes) - vec4<i32>(0, 4, 8, 12), vec4<i32>(0), vec4<i32>(4));
  let mask = (vec4<u32>(1u) << (8u * vec4<u32>(room))) - vec4<u32>(1u);
  return vector & select(mask, vec4<u32>(0xffffffffu), room == vec4<i32>(4));
}

@compute @workgroup_size(64)
fn main({{builtins}}) {
  let first = {{workgroup}} * 64u;
  if (first >= params.chunks) { return; }
  // Threads past the last chunk do it once more and keep it to themselves.
  let chunk = min(first + thread, params.chunks - 1u);
  let panelStart = chunk / params.chunksPerPanel * params.panelBytes;
  let panelBytes = min(params.panelBytes, params.sizeBytes - panelStart);
  let counter = chunk % params.chunksPerPanel;
  let start = panelStart + counter * 1024u;
  let lengthBytes = min(1024u, panelBytes - counter * 1024u);

  starts[thread] = start;
  workgroupBarrier();
  let part = (thread & 3u) * 16u;
  let k = thread >> 2u;
  let origins = vec4<u32>(starts[k], starts[k + 16u], starts[k + 32u], starts[k + 48u]) + vec4<u32>(part);
  let slot = 4u * k + ((thread & 3u) ^ ((k >> 1u) & 3u));
  let row = 4u * thread;
  let turn = (thread >> 1u) & 3u;

  var node = Node(IV_LOW, IV_HIGH);
  var ahead0 = vectorAt(origins.x);
  var ahead1 = vectorAt(origins.y);
  var ahead2 = vectorAt(origins.z);
  var ahead3 = vectorAt(origins.w);
  for (var done = 0u; done < 1024u; done += 64u) {
    workgroupBarrier();
    stage[slot] = ahead0;
    stage[slot + 64u] = ahead1;
    stage[slot + 128u] = ahead2;
    stage[slot + 192u] = ahead3;
    workgroupBarrier();
    if (done < 960u) {
      ahead0 = vectorAt(origins.x + done + 64u);
      ahead1 = vectorAt(origins.y + done + 64u);
      ahead2 = vectorAt(origins.z + done + 64u);
      ahead3 = vectorAt(origins.w + done + 64u);
    }
    if (done < lengthBytes) {
      var m0 = stage[row + turn];
      var m1 = stage[row + (1u ^ turn)];
      var m2 = stage[row + (2u ^ turn)];
      var m3 = stage[row + (3u ^ turn)];
      let left = lengthBytes - done;
      if (left < 64u) {
        m0 = kept(m0, i32(left));
        m1 = kept(m1, i32(left) - 16);
        m2 = kept(m2, i32(left) - 32);
        m3 = kept(m3, i32(left) - 48);
      }
      var flags = select(0u, CHUNK_START, done == 0u);
      if (left <= 64u) { flags |= CHUNK_END | select(0u, ROOT, panelBytes <= 1024u); }
      node = compress(node, m0, m1, m2, m3, counter, min(left, 64u), flags);
    }
  }
  if (first + thread < params.chunks) { nodes[chunk] = node; }
}
