// Programs of tensors of random shapes, and how to run them on a sheet and on the plain interpreter.
import fc from 'fast-check';
import type { SymbolicSheet, Tensor } from '../../src/index.ts';
import {
  BINARY_OPS,
  halved,
  joined,
  mapped,
  type Plain,
  reduced,
  REDUCTIONS,
  stretched,
  transposed,
  UNARY_OPS,
} from './plain-interpreter.ts';
import { partsOf } from '../parts.ts';

/** Rows and columns of a program. The last go over more elements than fusion and workers start at. */
const EXTENTS: readonly (readonly [number, number])[] = [
  [1, 1],
  [3, 5],
  [17, 9],
  [4, 33],
  [0, 4],
  [40, 64],
  [24, 31],
  [7, 1],
];
const LARGE: readonly [number, number] = [260, 131];
const SPECIAL = [0, -0, 1, -1, 0.5, 3e38, -3e38, 1e-40, Infinity, -Infinity, NaN];
const MAX_ELEMENTS = 60_000;

/** One step: an op on values made before, by their position from the end, and what happens to the cache after it. */
interface Step {
  readonly op: string;
  readonly a: number;
  readonly b: number;
  readonly then: 'nothing' | 'read' | 'readPart' | 'evict' | 'forget' | 'forgetOne' | 'dispose';
}

export interface Program {
  readonly extents: readonly [number, number];
  readonly inputs: readonly {
    readonly seed: number;
    readonly shape: 'matrix' | 'row' | 'column' | 'vector' | 'scalar';
  }[];
  readonly steps: readonly Step[];
}

const step: fc.Arbitrary<Step> = fc.record({
  op: fc.constantFrom(...UNARY_OPS, ...BINARY_OPS, ...BINARY_OPS, ...REDUCTIONS, 'transpose', 'half', 'literal'),
  a: fc.nat(5),
  b: fc.nat(5),
  then: fc.oneof(
    { weight: 6, arbitrary: fc.constant('nothing' as const) },
    { weight: 1, arbitrary: fc.constantFrom('read', 'readPart', 'evict', 'forget', 'forgetOne', 'dispose') },
  ),
});

/** Programs of few or many elements; a tenth of them large. */
export const programs: fc.Arbitrary<Program> = fc.record({
  extents: fc.oneof(
    { weight: 14, arbitrary: fc.constantFrom(...EXTENTS) },
    { weight: 1, arbitrary: fc.constant(LARGE) },
  ),
  inputs: fc.array(
    fc.record({ seed: fc.nat(200), shape: fc.constantFrom('matrix', 'row', 'column', 'vector', 'scalar') }),
    { minLength: 1, maxLength: 4 },
  ),
  steps: fc.array(step, { minLength: 1, maxLength: 10 }),
});

function inputOf({ extents: [rows, columns] }: Program, { seed, shape: kind }: Program['inputs'][number]): Plain {
  const shape = { matrix: [rows, columns], row: [1, columns], column: [rows, 1], vector: [columns], scalar: [] }[kind];
  let state = Math.imul(seed + 1, 2654435761) >>> 0;
  const array = Float32Array.from({ length: shape.reduce((product, n) => product * n, 1) }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state % 13 === 0 ? SPECIAL[(state >>> 8) % SPECIAL.length]! : (state / 2 ** 31 - 1) * 4;
  });
  return { shape, array };
}

const operand = <T>(values: readonly T[], place: number): T => values.at(-1 - (place % values.length))!;

/** Whether two operands stretch to a shape that is not too large. */
function fit(x: Plain | Tensor, y: Plain | Tensor): boolean {
  const shape = stretched(x.shape, y.shape);
  return shape !== undefined && shape.reduce((product, n) => product * n, 1) <= MAX_ELEMENTS;
}

function interpreted({ op, a, b }: Step, values: readonly Plain[]): Plain {
  const [x, y] = [operand(values, a), operand(values, b)];
  if (op === 'literal') return joined('multiply', x, { shape: [], array: Float32Array.of(b - 2.5) });
  if (op === 'transpose') return transposed(x);
  if (op === 'half') return x.shape.length === 0 ? x : halved(x);
  if ((REDUCTIONS as readonly string[]).includes(op))
    return x.shape.length === 0 ? x : reduced(op as 'sum', x, b % x.shape.length);
  if (UNARY_OPS.includes(op)) return mapped(op, x);
  return fit(x, y) ? joined(op, x, y) : x;
}

async function computed(sheet: SymbolicSheet, { op, a, b }: Step, values: readonly Tensor[]): Promise<Tensor> {
  const [x, y] = [operand(values, a) as Tensor<'float32'>, operand(values, b)];
  if (op === 'literal') return x.multiply(b - 2.5);
  if (op === 'transpose') return x.permuteDims();
  if (op === 'half') return x.shape.length === 0 ? x : x.slice([], [], [2]);
  if ((REDUCTIONS as readonly string[]).includes(op))
    return x.shape.length === 0 ? x : sheet.execute(op as 'sum', x, { axis: b % x.shape.length, keepdims: true });
  if (UNARY_OPS.includes(op)) return sheet.execute(op as 'abs', x);
  return fit(x, y) ? sheet.execute(op as 'add', x, y) : x;
}

async function disturb(sheet: SymbolicSheet, then: Step['then'], values: readonly Tensor[], at: number): Promise<void> {
  const newest = values.at(-1)!;
  if (then === 'read') await newest.data();
  if (then === 'readPart' && newest.shape.length > 0) await newest.slice([0], [1]).data();
  if (then === 'evict')
    for (const entry of partsOf(sheet).store.entries())
      if (entry.node % 2 === at % 2) partsOf(sheet).store.delete(entry.node);
  if (then === 'forget') sheet.forget();
  if (then === 'forgetOne') sheet.forget(newest);
}

/** The elements of every value of a program that is not disposed of, in one list; undefined for those that are. */
export async function runOnSheet(sheet: SymbolicSheet, program: Program): Promise<(Float32Array | undefined)[]> {
  const values: Tensor[] = program.inputs.map((input) => {
    const { shape, array } = inputOf(program, input);
    return sheet.tensor(array, shape);
  });
  const disposed = new Set<number>();
  for (const [i, each] of program.steps.entries()) {
    values.push(await computed(sheet, each, values));
    await disturb(sheet, each.then, values, i);
    if (each.then === 'dispose') disposed.add(values.length - 1);
  }
  return read(values, disposed);
}

/** Reads all values at once; those to be disposed of are let go of first, which leaves what is made of them. */
async function read(values: readonly Tensor[], disposed: ReadonlySet<number>): Promise<(Float32Array | undefined)[]> {
  const kept = values.map((value, i) =>
    disposed.has(i) && values.indexOf(value) === i && values.lastIndexOf(value) === i ? undefined : value,
  );
  values.forEach((value, i) => {
    if (kept[i] === undefined) value.dispose();
  });
  return Promise.all(
    kept.map(async (value) => (value === undefined ? undefined : ((await value.data()) as Float32Array))),
  );
}

/** The same by the interpreter. */
export function interpret(program: Program): Plain[] {
  const values = program.inputs.map((input) => inputOf(program, input));
  for (const each of program.steps) values.push(interpreted(each, values));
  return values;
}
