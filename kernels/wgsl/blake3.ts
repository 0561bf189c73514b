// BLAKE3-256 on a GPU: the digests of all panels of a buffer in one plan, the bits of every other implementation.
import { type Launch, LINEAR_BUILTINS, LINEAR_WORKGROUP, linearWorkgroups, type Plan, type Shader } from './launch.ts';
import { BLAKE3_CHUNKS, BLAKE3_COMPRESS, BLAKE3_PARENTS } from './shaders.gen.ts';
import { fillTemplate } from './text/template.ts';

/** How the bytes of a buffer divide: from 0, one panel after the other, all of `panelBytes` but the last. */
export interface PanelBytes {
  /** From 1 to 2³² − 1; addresses are 32-bit words. */
  readonly sizeBytes: number;
  /** Any number, aligned or not. */
  readonly panelBytes: number;
}

const CHUNK_BYTES = 1024;
const NODE_BYTES = 32;
const CHUNKS_PER_WORKGROUP = 64;
const NODES_PER_WORKGROUP = 512;
/** Places in [operand, result, scratch, scratch]. */
const [DATA, RESULT, FIRST_SCRATCH] = [0, 1, 2];

/** Where the words of a round's message come from in the message of the round before. */
const PERMUTATION = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8] as const;

const rotated = (row: string, by: number): string =>
  `(${row} >> vec4<u32>(${by}u)) | (${row} << vec4<u32>(${32 - by}u))`;

/** The quarter-round on the four columns at once, with a vector of message words for each of its halves. */
const columns = (x: string, y: string): string =>
  [
    `a = a + b + ${x}; d = d ^ a; d = ${rotated('d', 16)}; c = c + d; b = b ^ c; b = ${rotated('b', 12)};`,
    `a = a + b + ${y}; d = d ^ a; d = ${rotated('d', 8)}; c = c + d; b = b ^ c; b = ${rotated('b', 7)};`,
  ].join('\n');

/** Every second one of eight words of a message, from word `first` of a round's order. */
const everySecond = (order: readonly number[], first: number): string =>
  `vec4<u32>(${[0, 2, 4, 6]
    .map((i) => order[first + i]!)
    .map((word) => `m${word >> 2}.${'xyzw'[word & 3]!}`)
    .join(', ')})`;

/** Columns, then diagonals: rows turned so that these are columns, and turned back. */
const round = (order: readonly number[]): string =>
  [
    columns(everySecond(order, 0), everySecond(order, 1)),
    'b = b.yzwx; c = c.zwxy; d = d.wxyz;',
    columns(everySecond(order, 8), everySecond(order, 9)),
    'b = b.wxyz; c = c.zwxy; d = d.yzwx;',
  ].join('\n');

function rounds(): string {
  const texts: string[] = [];
  let order = [...PERMUTATION.keys()];
  for (let i = 0; i < 7; i++) {
    texts.push(round(order));
    order = PERMUTATION.map((word) => order[word]!);
  }
  return texts.join('\n');
}

const HOLES = {
  compress: fillTemplate(BLAKE3_COMPRESS, { rounds: rounds() }),
  builtins: LINEAR_BUILTINS,
  workgroup: LINEAR_WORKGROUP,
};

const chunksShader = (aligned: boolean): Shader => ({
  name: aligned ? 'blake3-chunks' : 'blake3-chunks-unaligned',
  code: fillTemplate(BLAKE3_CHUNKS, { ...HOLES, aligned: String(aligned) }),
  bindings: ['read', 'write'],
  params: ['sizeBytes: u32', 'panelBytes: u32', 'chunksPerPanel: u32', 'chunks: u32', 'lastVector: u32'],
});

const CHUNKS = chunksShader(true);
/** Rare: panels of at most eight rows, each of 32 KiB or more and of a length that 16 does not divide. */
const UNALIGNED_CHUNKS = chunksShader(false);

const PARENTS: Shader = {
  name: 'blake3-parents',
  code: fillTemplate(BLAKE3_PARENTS, HOLES),
  bindings: ['read', 'write'],
  params: ['nodesPerPanel: u32', 'lastPanelNodes: u32', 'lastPanel: u32', 'groupsPerPanel: u32'],
};

/** Nodes of one level of the trees of all panels; those of panel p start at p · perPanel. */
interface Level {
  readonly perPanel: number;
  readonly inLast: number;
  readonly lastPanel: number;
}

const nodesOf = ({ perPanel, inLast, lastPanel }: Level): number => lastPanel * perPanel + inLast;

/** Bytes of the result of `planPanelDigests`: 32 a panel. */
export const panelDigestBytes = ({ sizeBytes, panelBytes }: PanelBytes): number =>
  Math.ceil(sizeBytes / panelBytes) * NODE_BYTES;

/**
 * BLAKE3-256 of each panel of operand 0, 32 bytes each in panel order. Reads and writes whole 16-byte vectors; bytes
 * after `sizeBytes` do not count. Throws RangeError on sizes it cannot address.
 */
export function planPanelDigests({ sizeBytes, panelBytes: wantedBytes }: PanelBytes): Plan {
  if (!(sizeBytes >= 1 && sizeBytes < 2 ** 32 && wantedBytes >= 1))
    throw new RangeError(`panel digests: ${sizeBytes} bytes in panels of ${wantedBytes}; give 1 to 2³² − 1 bytes.`);
  const panelBytes = Math.min(wantedBytes, sizeBytes);
  const lastPanel = Math.ceil(sizeBytes / panelBytes) - 1;
  let level: Level = {
    perPanel: Math.ceil(panelBytes / CHUNK_BYTES),
    inLast: Math.ceil((sizeBytes - lastPanel * panelBytes) / CHUNK_BYTES),
    lastPanel,
  };
  let buffer = level.perPanel === 1 ? RESULT : FIRST_SCRATCH;
  const launches = [chunks(sizeBytes, panelBytes, level, buffer)];
  const scratch = level.perPanel === 1 ? [] : [nodesOf(level) * NODE_BYTES];
  while (level.perPanel > 1) {
    const next: Level = { perPanel: groupsOf(level.perPanel), inLast: groupsOf(level.inLast), lastPanel };
    // Two scratch buffers take turns; levels shrink, so what follows fits.
    const to = next.perPanel === 1 ? RESULT : buffer === FIRST_SCRATCH ? FIRST_SCRATCH + 1 : FIRST_SCRATCH;
    if (to === FIRST_SCRATCH + scratch.length) scratch.push(nodesOf(next) * NODE_BYTES);
    launches.push(parents(level, buffer, to));
    [level, buffer] = [next, to];
  }
  return { launches, scratch };
}

const groupsOf = (nodes: number): number => Math.ceil(nodes / NODES_PER_WORKGROUP);

function chunks(sizeBytes: number, panelBytes: number, level: Level, to: number): Launch {
  const count = nodesOf(level);
  const aligned = level.lastPanel === 0 || panelBytes % 16 === 0;
  return {
    shader: aligned ? CHUNKS : UNALIGNED_CHUNKS,
    buffers: [DATA, to],
    workgroups: linearWorkgroups(Math.ceil(count / CHUNKS_PER_WORKGROUP)),
    params: Uint32Array.of(sizeBytes, panelBytes, level.perPanel, count, Math.ceil(sizeBytes / 16) - 1),
  };
}

function parents({ perPanel, inLast, lastPanel }: Level, from: number, to: number): Launch {
  const groups = groupsOf(perPanel);
  return {
    shader: PARENTS,
    buffers: [from, to],
    workgroups: linearWorkgroups(lastPanel * groups + groupsOf(inLast)),
    params: Uint32Array.of(perPanel, inLast, lastPanel, groups),
  };
}
