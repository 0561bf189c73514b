// Products by tiles in workgroup memory and blocks in registers; K in one piece, or in parts that a second pass adds in
// order.
import { bindingsOf, buffersOf, shaderFor } from './epilogue.ts';
import { planParts } from './split.ts';
import { accumulatorsText, blockText, ioText, COMPONENTS, loadArguments, written } from './text.ts';
import {
  type BatchRun,
  batchRuns,
  CONTRACT_PARAMS,
  type ContractLayout,
  contractParams,
  type ContractPrecision,
  type ContractProblem,
  layoutKey,
  layoutOf,
  type OperandLayout,
  type Split,
  wholeK,
} from './problem.ts';
import { type Launch, linearWorkgroups, type Plan, type Shader } from '../launch.ts';
import { CONTRACT_TILED } from '../shaders.gen.ts';
import { fillTemplate } from '../text/template.ts';

/**
 * Shape of a tile: a workgroup computes rows × columns, a thread threadRows × threadColumns, `depth` of K at a time.
 */
interface Tile {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly threadRows: number;
  readonly threadColumns: number;
}

/**
 * Tiles by name. 8×8 a thread reads half as much from workgroup memory for each multiplication as 4×4; 32×32 keeps more
 * workgroups busy.
 */
export const TILES = {
  128: { rows: 128, columns: 128, depth: 16, threadRows: 8, threadColumns: 8 },
  64: { rows: 64, columns: 64, depth: 16, threadRows: 8, threadColumns: 8 },
  32: { rows: 32, columns: 32, depth: 16, threadRows: 4, threadColumns: 4 },
} as const satisfies Record<number, Tile>;

/** A tile as it is compiled for a device. */
interface Form extends Tile {
  readonly layout: ContractLayout;
  readonly staged: ContractPrecision;
  /** 2: a tile is filled while the other is read, one barrier a step. 1 where workgroup memory is too small for two. */
  readonly buffers: 1 | 2;
  /**
   * 1: a vector more between lines that are written turned round, so that the writes spread over the banks of workgroup
   * memory.
   */
  readonly spread: 0 | 1;
}

/** Threads of a workgroup. */
export const tileThreads = ({ rows, columns, threadRows, threadColumns }: Tile): number =>
  (rows / threadRows) * (columns / threadColumns);

/** Vectors between a tile's neighbours along K. */
const pitch = (width: number, { alongK }: OperandLayout, { spread }: Pick<Form, 'spread'>): number =>
  width / 4 + (alongK ? spread : 0);

const vectorsOf = (form: Form): readonly [number, number] => [
  form.depth * pitch(form.rows, form.layout.a, form),
  form.depth * pitch(form.columns, form.layout.b, form),
];

const storageBytes = (form: Form): number =>
  vectorsOf(form).reduce((sum, vectors) => sum + vectors) * form.buffers * (form.staged === 'f16' ? 8 : 16);

/** The best form of a tile that fits so many bytes of workgroup memory, the last of them where `tileFits` holds. */
function formOf(
  tile: Tile,
  problem: ContractProblem,
  staged: ContractPrecision,
  availableBytes: number,
): Form | undefined {
  const form = { ...tile, layout: layoutOf(problem), staged };
  const forms: readonly Form[] = [
    { ...form, buffers: 2, spread: 1 },
    { ...form, buffers: 1, spread: 1 },
    { ...form, buffers: 1, spread: 0 },
  ];
  return forms.find((one) => storageBytes(one) <= availableBytes);
}

/** Whether a tile fits so many bytes of workgroup memory in its smallest form. */
export const tileFits = ({ rows, columns, depth }: Tile, staged: ContractPrecision, availableBytes: number): boolean =>
  depth * (rows + columns) * (staged === 'f16' ? 2 : 4) <= availableBytes;

/** A product by a tile that fits `availableBytes` of workgroup memory. */
export function planTiled(
  tile: Tile,
  problem: ContractProblem,
  staged: ContractPrecision,
  availableBytes: number,
): Plan {
  const form = formOf(tile, problem, staged, availableBytes) as Form;
  return { launches: batchRuns(problem).map((run) => tileLaunch(form, problem, run, wholeK(problem))), scratch: [] };
}

/** As `planTiled` for a problem whose batches are one run, with K in parts. */
export const planSplit = (tile: Tile, problem: ContractProblem, split: Split, availableBytes: number): Plan =>
  planParts(problem, split, (plain, run) =>
    tileLaunch(formOf(tile, plain, 'f32', availableBytes) as Form, plain, run, split),
  );

function tileLaunch(form: Form, problem: ContractProblem, run: BatchRun, split: Split): Launch {
  const [x, y] = linearWorkgroups(Math.ceil(problem.m / form.rows) * Math.ceil(problem.n / form.columns));
  return {
    shader: shaderOf(form),
    buffers: buffersOf([0, 1], problem.epilogue),
    params: Uint32Array.from(contractParams(problem, run, split)),
    workgroups: [x, y, run.count * split.parts],
  };
}

function shaderOf(form: Form): Shader {
  const { rows, columns, staged, buffers, spread, layout } = form;
  return shaderFor(
    `tiled ${rows}×${columns} ${staged} ${buffers} ${spread} ${layoutKey(layout)}`,
    layout.epilogue,
    (name) => ({
      name,
      code: codeOf(form),
      bindings: bindingsOf(2, layout.epilogue),
      params: CONTRACT_PARAMS,
      ...(staged === 'f16' && { features: ['shader-f16'] as const }),
    }),
  );
}

function codeOf(form: Form): string {
  const { rows, columns, depth, threadRows, threadColumns, staged, buffers, layout } = form;
  const [sizeA, sizeB] = vectorsOf(form);
  const pieces = piecesOf(form);
  const blocks = columns / threadColumns / 8;
  return fillTemplate(CONTRACT_TILED, {
    io: ioText(layout),
    rows,
    columns,
    depth,
    threadRows,
    threadColumns,
    staged,
    blocks,
    blockThreads: 32 * blocks,
    threads: tileThreads(form),
    sizeA: sizeA * buffers,
    sizeB: sizeB * buffers,
    accumulators: accumulatorsText(threadRows, threadColumns / 4),
    held: written(pieces.length, (round) => written(4, (line) => `var held${round}_${line} = vec4<f32>();`)),
    front: buffers === 2 ? 'var front = 0u;' : '',
    turn: buffers === 2 ? 'front = 1u - front;' : 'workgroupBarrier();',
    fetchFirst: fetchText(form, pieces, 'kFirst'),
    fetchNext: fetchText(form, pieces, `k + ${depth}u`),
    stage: stageText(form, pieces),
    multiply: multiplyText(form),
    store: storeText(form),
  });
}

/** Work of a thread in one round of filling the tiles: a 4×4 unit of A or of B, which one may depend on the thread. */
interface Piece {
  readonly guard?: string;
  readonly parts: readonly { readonly operand: OperandLayout; readonly width: number; readonly unit: string }[];
}

/** The 4×4 units of both tiles dealt to the threads, those of A first. */
function piecesOf(form: Form): Piece[] {
  const {
    rows,
    columns,
    depth,
    layout: { a, b },
  } = form;
  const [threads, unitsA, unitsB] = [tileThreads(form), (rows * depth) / 16, (columns * depth) / 16];
  return Array.from({ length: (unitsA + unitsB) / threads }, (_, round): Piece => {
    const first = round * threads;
    const partA = { operand: a, width: rows, unit: `(thread + ${first}u)` };
    const partB = {
      operand: b,
      width: columns,
      unit: first >= unitsA ? `(thread + ${first - unitsA}u)` : `(thread - ${unitsA - first}u)`,
    };
    if (first + threads <= unitsA) return { parts: [partA] };
    return first >= unitsA ? { parts: [partB] } : { guard: `thread < ${unitsA - first}u`, parts: [partA, partB] };
  });
}

const guarded = ({ guard, parts }: Piece, text: (part: Piece['parts'][number]) => string): string =>
  parts.length === 1
    ? `{\n${parts.map(text).join('')}\n}`
    : `if (${guard as string}) {\n${parts.map(text).join('\n} else {\n')}\n}`;

/**
 * Reads the units of the tile at `k` into registers. Units of an operand along K are neighbours along K, those of the
 * other across.
 */
function fetchText({ depth }: Form, pieces: readonly Piece[], k: string): string {
  return written(pieces.length, (round) =>
    guarded(pieces[round]!, ({ operand, width, unit }) => {
      const origin = operand.name === 'A' ? 'place.x' : 'place.y';
      const [across, along] = operand.alongK
        ? [`${unit} / ${depth / 4}u`, `${unit} % ${depth / 4}u * 4u`]
        : [`${unit} % ${width / 4}u`, `${unit} / ${width / 4}u`];
      // Across K the lines of a unit lie apart, so that neighbouring threads read one line.
      const step = (line: number): string => `${operand.alongK ? line : (line * depth) / 4}u`;
      return [
        `let across = ${origin} + ${across} * 4u;`,
        `let along = ${k} + ${along};`,
        written(
          4,
          (line) =>
            `held${round}_${line} = load${operand.name}(${loadArguments(operand, 'across', 'along', step(line))});`,
        ),
      ].join('\n');
    }),
  );
}

/** Writes the registers to the tiles. */
function stageText(form: Form, pieces: readonly Piece[]): string {
  const vectors = vectorsOf(form);
  const steps = form.depth / 4;
  return written(pieces.length, (round) =>
    guarded(pieces[round]!, ({ operand, width, unit }) => {
      const { name, alongK } = operand;
      const [line, size] = [pitch(width, operand, form), name === 'A' ? vectors[0] : vectors[1]];
      const put = alongK
        ? `${unit} % ${steps}u * ${4 * line}u + ${unit} / ${steps}u`
        : `${unit} / ${width / 4}u * ${line}u + ${unit} % ${width / 4}u`;
      return [
        `let put = ${form.buffers === 2 ? `front * ${size}u + ` : ''}${put};`,
        written(
          4,
          (k) =>
            `tile${name}[put + ${k * line * (alongK ? 1 : steps)}u] = ` +
            `vec4<${form.staged}>(${blockText(alongK, (other) => `held${round}_${other}`, k)});`,
        ),
      ].join('\n');
    }),
  );
}

/** One k of the tiles: a thread's rows (in groups of four, spread over the tile) by its columns. */
function multiplyText(form: Form): string {
  const {
    rows,
    columns,
    threadRows,
    threadColumns,
    buffers,
    layout: { a, b },
  } = form;
  const [sizeA, sizeB] = vectorsOf(form);
  const front = (size: number): string => (buffers === 2 ? `front * ${size}u + ` : '');
  const [groups, vectors] = [threadRows / 4, threadColumns / 4];
  return [
    written(
      groups,
      (group) =>
        `let a${group} = vec4<f32>(tileA[${front(sizeA)}p * ${pitch(rows, a, form)}u + ` +
        `${(group * rows) / threadRows}u + y]);`,
    ),
    written(
      vectors,
      (vector) =>
        `let b${vector} = vec4<f32>(tileB[${front(sizeB)}p * ${pitch(columns, b, form)}u + ` +
        `${(vector * columns) / threadColumns}u + x]);`,
    ),
    written(threadRows, (row) =>
      written(
        vectors,
        (vector) =>
          `c${row}_${vector} = fma(vec4<f32>(a${row >> 2}.${COMPONENTS[row & 3]!}), b${vector}, ` +
          `c${row}_${vector});`,
      ),
    ),
  ].join('\n');
}

function storeText({ rows, columns, threadRows, threadColumns }: Form): string {
  const down = (row: number): string => `place.x + (${(row >> 2) * (rows / threadRows)}u + y) * 4u + ${row & 3}u`;
  return written(threadRows, (row) =>
    written(
      threadColumns / 4,
      (vector) =>
        `store(baseC, ${down(row)}, place.y + (${(vector * columns) / threadColumns}u + x) * 4u, c${row}_${vector});`,
    ),
  );
}
