// A matrix product as GPU kernels see it: how the operands lie, batches as runs of even strides, the parameters of
// every contract shader.
import type { ContractEpilogue } from './epilogue.ts';
import type { MatrixProduct } from '../../js/matrix-product.ts';
import type { Plan } from '../launch.ts';

/**
 * A (batch of) products C[m×n] = op(A)[m×k] · op(B)[k×n] of float32, row-major, C's batches one after the other; no
 * extent is 0.
 */
export interface ContractProblem extends MatrixProduct {
  /** What is stored is a function of the product and of operands after A and B. */
  readonly epilogue?: ContractEpilogue | undefined;
  /** What its arithmetic may lose; nothing where it is not said. */
  readonly precision?: ContractPrecision;
}

/**
 * What the arithmetic of a product may lose: `f16` makes halves of the operands and sums their products, which are
 * exact, in float32. WGSL guarantees one of the two neighbouring halves, by choice of the implementation; those tried
 * so far take the nearest one, ties to even. An operand of 2^16 and more becomes infinite, one between 65504 and that
 * infinite or 65504, one below 2^-14 a subnormal half or 0.
 */
export type ContractPrecision = 'f32' | 'f16';

/** A way to compute a product: operands [A, B, …those of the epilogue] → C. The plan is made when it is read. */
export interface ContractVariant {
  /** Stable: a tuner remembers it. */
  readonly name: string;
  readonly plan: Plan;
  /**
   * Never run on hardware of its kind, or what it narrows operands to is the device's choice: to be checked against
   * another variant on the device before it is used.
   */
  readonly unproven: boolean;
}

/** Whether rows are whole 16-byte vectors at 16-byte addresses, or elements must be read one by one. */
export type Form = 'vector' | 'scalar';

/** How an operand lies in memory. */
export interface OperandLayout {
  readonly name: 'A' | 'B';
  readonly form: Form;
  /** Contiguous along k: a tile of it is turned round on its way to workgroup memory, which is k-major. */
  readonly alongK: boolean;
}

/** How the operands and the result of a problem lie, and what becomes of it. */
export interface ContractLayout {
  readonly a: OperandLayout;
  readonly b: OperandLayout;
  readonly c: Form;
  readonly epilogue: ContractEpilogue | undefined;
}

/** The layout of a problem. */
export function layoutOf({
  m,
  n,
  k,
  transposeA,
  transposeB,
  lda,
  ldb,
  offsetsA,
  offsetsB,
  epilogue,
}: ContractProblem): ContractLayout {
  return {
    a: { name: 'A', form: formOf([lda, transposeA ? m : k, ...offsetsA]), alongK: !transposeA },
    b: { name: 'B', form: formOf([ldb, transposeB ? k : n, ...offsetsB]), alongK: transposeB },
    c: formOf([n]),
    epilogue,
  };
}

const formOf = (distances: readonly number[]): Form =>
  distances.every((distance) => distance % 4 === 0) ? 'vector' : 'scalar';

/** Elements that A, B and C have, from the start of a buffer to the end of the last matrix. */
export function operandElements({
  m,
  n,
  k,
  lda,
  ldb,
  transposeA,
  transposeB,
  offsetsA,
  offsetsB,
}: ContractProblem): readonly [number, number, number] {
  const last = (offsets: readonly number[]): number => offsets.reduce((most, offset) => Math.max(most, offset), 0);
  const matrix = (lines: number, stride: number, length: number): number => (lines - 1) * stride + length;
  return [
    last(offsetsA) + (transposeA ? matrix(k, lda, m) : matrix(m, lda, k)),
    last(offsetsB) + (transposeB ? matrix(n, ldb, k) : matrix(k, ldb, n)),
    m * n * offsetsA.length,
  ];
}

/**
 * A problem of at most so many bytes on which kernels do as they do on a large one: half the batches, then half of
 * every extent that is more than half of the longest, as often as it takes. Extents and distances keep their remainders
 * by four, so that vectors of it lie as they did.
 */
export function smallerProblem(problem: ContractProblem, maxBytes: number): ContractProblem {
  let smaller = problem;
  while (4 * operandElements(smaller).reduce((sum, elements) => sum + elements) > maxBytes) {
    const { m, n, k, offsetsA, offsetsB } = smaller;
    const batch = Math.ceil(offsetsA.length / 2);
    const longest = Math.max(m, n, k);
    if (offsetsA.length > 1)
      smaller = { ...smaller, offsetsA: offsetsA.slice(0, batch), offsetsB: offsetsB.slice(0, batch) };
    else if (longest < 8) return smaller;
    else
      smaller = compacted(
        smaller,
        [m, n, k].map((extent) => (2 * extent > longest ? half(extent) : extent)),
      );
  }
  return smaller;
}

const half = (extent: number): number => (extent < 8 ? extent : Math.floor(extent / 8) * 4 + (extent % 4));

/**
 * One matrix of a problem with other extents, and nothing between its lines but what keeps them from lying on vectors.
 */
function compacted(problem: ContractProblem, extents: readonly number[]): ContractProblem {
  const [m, n, k] = extents as [number, number, number];
  const {
    transposeA,
    transposeB,
    lda,
    ldb,
    offsetsA: [offsetA],
    offsetsB: [offsetB],
  } = problem;
  const apart = (length: number, distance: number): number => length + ((((distance - length) % 4) + 4) % 4);
  return {
    ...problem,
    m,
    n,
    k,
    lda: apart(transposeA ? m : k, lda),
    ldb: apart(transposeB ? k : n, ldb),
    offsetsA: [(offsetA as number) % 4],
    offsetsB: [(offsetB as number) % 4],
  };
}

/** Names a layout in keys of shaders. */
export const layoutKey = ({ a, b, c }: ContractLayout): string =>
  `${a.form}${Number(a.alongK)}${b.form}${Number(b.alongK)}${c}`;

/** Batches whose matrices lie at even distances in A and in B (0 where one matrix serves all). */
export interface BatchRun {
  readonly first: number;
  readonly count: number;
  readonly offsetA: number;
  readonly offsetB: number;
  readonly strideA: number;
  readonly strideB: number;
}

/** The batches of a problem as few runs of at most `longest`: one launch each. */
export function batchRuns({ offsetsA, offsetsB }: ContractProblem, longest = 65535): BatchRun[] {
  const runs: BatchRun[] = [];
  for (let first = 0; first < offsetsA.length; first += runs.at(-1)!.count) {
    const [offsetA, offsetB] = [offsetsA[first]!, offsetsB[first]!];
    const [strideA, strideB] = [(offsetsA[first + 1] ?? offsetA) - offsetA, (offsetsB[first + 1] ?? offsetB) - offsetB];
    let count = 1;
    while (
      count < longest &&
      offsetsA[first + count] === offsetA + count * strideA &&
      offsetsB[first + count] === offsetB + count * strideB
    )
      count++;
    runs.push({ first, count, offsetA, offsetB, strideA, strideB });
  }
  return runs;
}

/**
 * Parameters of every contract shader. `batch` products a launch; parts of `chunk` products along K write slabs `slab`
 * elements apart; `zero` is that of `rounded` (shaders/scalar/float.wgsl), for epilogues.
 */
export const CONTRACT_PARAMS: readonly string[] = [
  'm',
  'n',
  'k',
  'lda',
  'ldb',
  'offsetA',
  'offsetB',
  'offsetC',
  'strideA',
  'strideB',
  'batch',
  'chunk',
  'slab',
  'zero',
].map((name) => `${name}: u32`);

/** How K is cut into parts. */
export interface Split {
  readonly parts: number;
  readonly chunk: number;
  /** Elements of a part's result, whole vectors. */
  readonly slab: number;
}

/** K in one piece. */
export const wholeK = ({ k }: ContractProblem): Split => ({ parts: 1, chunk: k, slab: 0 });

/** The values of `CONTRACT_PARAMS` for one run. */
export const contractParams = (
  { m, n, k, lda, ldb }: ContractProblem,
  run: BatchRun,
  { chunk, slab }: Split,
): number[] => [
  m,
  n,
  k,
  lda,
  ldb,
  run.offsetA,
  run.offsetB,
  run.first * m * n,
  run.strideA,
  run.strideB,
  run.count,
  chunk,
  slab,
  0,
];
