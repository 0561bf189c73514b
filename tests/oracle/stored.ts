// The calls that NumPy was asked and its answers, as scripts/make-numpy-answers.py stores them.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { SymbolicSheet, Tensor } from '../../src/index.ts';
import { calledOp } from '../../src/core/ops/index.ts';
import { bytesOf, type DType, DTYPES, type TypedArray } from '../../src/core/tensor/dtype.ts';
import { baseShape, elementsOf, seedOf } from './inputs.ts';

/** A tensor by dtype, shape, fill and view. */
export type TensorSpec = readonly [dtype: DType, shape: readonly number[], fill: string, view?: string];
/** A plain value beside tensors: as JSON has it, a bigint, or a number that JSON lacks. */
export type LiteralSpec = { readonly v: number | boolean | null } | { readonly big: string } | { readonly n: string };
export type OperandSpec = TensorSpec | LiteralSpec;

type StoredType = readonly [DType, readonly number[]];
type StoredParts = readonly (readonly [name: string, ...StoredType])[];

/** One call, with the type of its answer, or of each by name; 0 where NumPy raises. */
type StoredCase = readonly [
  operands: readonly OperandSpec[],
  attrs: Readonly<Record<string, unknown>>,
  answer: 0 | StoredType | StoredParts,
];

/** What NumPy gives. */
export interface Answer {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly array: TypedArray;
}

/** One call with its answer; undefined where NumPy raises. */
export interface OracleCase {
  readonly place: number;
  readonly operands: readonly OperandSpec[];
  readonly attrs: Readonly<Record<string, unknown>>;
  readonly answer: Answer | undefined;
  /** Where it gives several, all of them by name. */
  readonly parts: Readonly<Record<string, Answer>> | undefined;
}

/** All calls of one op; `inputs` is the digest of the elements they were asked with. */
export interface OracleOp {
  readonly op: string;
  readonly inputs: string;
  readonly cases: readonly OracleCase[];
}

interface Index {
  readonly sha256: string;
  readonly cases: number;
  readonly deviations: readonly { readonly name: string; readonly why: string; readonly cases: number }[];
}

const read = (name: string): Buffer => readFileSync(new URL(name, import.meta.url));

/** The answers of rows, and those of composites. */
const FILES = { answers: 'index.json', composites: 'composites.json' } as const;

/** What a file of answers says about itself. */
export const readIndex = (name: keyof typeof FILES): Index => JSON.parse(read(FILES[name]).toString()) as Index;

/** The digest of a file of answers. */
export const digestOfAnswers = (name: keyof typeof FILES): string =>
  createHash('sha256')
    .update(read(`${name}.bin.gz`))
    .digest('hex');

/** Every op with its calls and answers. */
export function readAnswers(name: keyof typeof FILES = 'answers'): OracleOp[] {
  const bytes = gunzipSync(read(`${name}.bin.gz`));
  const headerBytes = bytes.readUInt32LE(0);
  const ops = JSON.parse(bytes.toString('utf8', 4, 4 + headerBytes)) as {
    op: string;
    inputs: string;
    cases: StoredCase[];
  }[];
  let at = 4 + headerBytes;
  const take = ([dtype, shape]: StoredType): Answer => {
    const count = shape.reduce((product, n) => product * n, 1);
    const size = count * DTYPES[dtype].itemBytes;
    const own = new Uint8Array(bytes.subarray(at, (at += size)));
    return { dtype, shape, array: new DTYPES[dtype].array(own.buffer, 0, count) };
  };
  const takeParts = (parts: StoredParts): Record<string, Answer> =>
    Object.fromEntries(parts.map(([part, ...type]) => [part, take(type)]));
  return ops.map(({ op, inputs, cases }) => ({
    op,
    inputs,
    cases: cases.map(([operands, attrs, answer], place) => ({
      place,
      operands,
      attrs,
      answer: answer === 0 || isParts(answer) ? undefined : take(answer),
      parts: answer !== 0 && isParts(answer) ? takeParts(answer) : undefined,
    })),
  }));
}

const isParts = (answer: StoredType | StoredParts): answer is StoredParts => typeof answer[0] !== 'string';

const isTensor = (spec: OperandSpec): spec is TensorSpec => Array.isArray(spec);

function literalOf(spec: LiteralSpec): number | boolean | bigint | null {
  if ('v' in spec) return spec.v;
  return 'big' in spec ? BigInt(spec.big) : Number(spec.n);
}

/** The digest of the elements that an op's calls are asked with. */
export function digestOfInputs({ op, cases }: OracleOp): string {
  const hash = createHash('sha256');
  for (const { place, operands } of cases) {
    operands.forEach((spec, i) => {
      if (isTensor(spec))
        hash.update(bytesOf(elementsOf(spec[0], baseShape(spec[1], spec[3] ?? ''), spec[2], seedOf(op, place, i))));
    });
  }
  return hash.digest('hex');
}

/** What tests need of a sheet or of a view of one. */
export type Entrance = Pick<SymbolicSheet, 'execute' | 'tensor'>;

function enter(sheet: Entrance, op: string, place: number, spec: TensorSpec, i: number): Tensor {
  const [dtype, shape, fill, view = ''] = spec;
  const own = baseShape(shape, view);
  const base = sheet.tensor(elementsOf(dtype, own, fill, seedOf(op, place, i)), own, { dtype });
  if (view === 'T') return base.permuteDims();
  if (view === 'step')
    return base.slice(
      [],
      [],
      shape.map(() => 2),
    );
  if (view === 'flip') return base.flip();
  return view === 'stretch' ? base.broadcastTo(shape) : base;
}

/** The pending result of a call on a sheet; throws what the call throws. */
export function ask<R = Tensor>(sheet: Entrance, op: string, { place, operands, attrs }: OracleCase): R {
  const given = operands.map((spec, i) => (isTensor(spec) ? enter(sheet, op, place, spec, i) : literalOf(spec)));
  const args: readonly unknown[] = calledOp(op).variadic ? [given, attrs] : [...given, attrs];
  return (sheet.execute as (name: string, ...args: readonly unknown[]) => R)(op, ...args);
}

/** A call in a line, for messages. */
export function describeCase(op: string, { place, operands, attrs }: OracleCase): string {
  const words = operands.map((spec) =>
    isTensor(spec) ? `${spec[0]}[${spec[1].join()}] ${spec.slice(2).join(' ')}` : JSON.stringify(spec),
  );
  return `${op} #${place} (${words.join('; ')}) ${JSON.stringify(attrs)}`;
}
