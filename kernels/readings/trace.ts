// Bodies read as lists of steps: what a body does, in the order in which it does it.
import type { Algebra, ElementFunction, Scalar } from '../scalar/algebra.ts';
import { valueIn } from './apply.ts';
import { nameOfFunction } from './functions.ts';

/** Operations of values and masks that have no other arguments. */
const PLAIN = [
  'add',
  'sub',
  'mul',
  'div',
  'neg',
  'abs',
  'sqrt',
  'floor',
  'ceil',
  'trunc',
  'nearest',
  'min',
  'max',
  'copySign',
  'lt',
  'le',
  'gt',
  'ge',
  'eq',
  'ne',
  'and',
  'or',
  'not',
  'select',
  'floorDivide',
  'remainder',
  'bitAnd',
  'bitOr',
  'bitXor',
  'bitNot',
  'shiftLeft',
  'shiftRight',
  'powerOfTwo',
  'exponent',
  'mantissa',
  'highHalf',
  'single',
] as const satisfies readonly (keyof Algebra<unknown, unknown>)[];

/** The name of an operation that takes values and masks alone. */
type PlainOperation = (typeof PLAIN)[number];

/** What becomes of each thing that a body does. */
interface BodyRecorder<T> {
  plain(operation: PlainOperation, operands: readonly T[]): T;
  constant(value: number): T;
  lookup(table: readonly number[], index: T): T;
  /** A function that is to stay a call; undefined where its body is read. */
  called(f: Scalar, operands: readonly T[]): T | undefined;
}

/** The algebra that tells a recorder what a body does. Both sides of a `rare` are recorded, as a selection. */
export function recording<T>(to: BodyRecorder<T>): Algebra<T, T> {
  const plain = Object.fromEntries(
    PLAIN.map((name) => [name, (...operands: T[]): T => to.plain(name, operands)]),
  ) as unknown as Pick<Algebra<T, T>, PlainOperation>;
  const algebra: Algebra<T, T> = {
    ...plain,
    constant: (value) => to.constant(value),
    lookup: (table, index) => to.lookup(table, index),
    rare: (mask, usual, otherwise) => {
      const others = otherwise();
      return usual.map((value, i) => algebra.select(mask, others[i]!, value));
    },
    call: (f, a, b) => {
      const operands = b === undefined ? [a] : [a, b];
      return to.called(f, operands) ?? f.body(algebra, ...(operands as [T, T]));
    },
  };
  return algebra;
}

/** One step of a body: an operation on what earlier steps gave. */
interface Step {
  readonly operation: PlainOperation | 'operand' | 'constant' | 'lookup' | 'call';
  /** Places of earlier steps. */
  readonly of: readonly number[];
  /** The number of an operand, or the value of a constant. */
  readonly value?: number;
  readonly table?: readonly number[];
  readonly function?: Scalar;
}

/** The steps of an element function, operands first; the last one of `of` gives the result. */
export interface Steps {
  readonly steps: readonly Step[];
  readonly result: number;
}

/** What an element function does, with those functions left as calls that `keep` says. */
export function stepsOf(f: ElementFunction, keep: (f: Scalar) => boolean = () => false): Steps {
  const steps: Step[] = [];
  const add = (step: Step): number => steps.push(step) - 1;
  const algebra = recording<number>({
    plain: (operation, of) => add({ operation, of }),
    constant: (value) => add({ operation: 'constant', of: [], value }),
    lookup: (table, index) => add({ operation: 'lookup', of: [index], table }),
    called: (g, of) => (keep(g) ? add({ operation: 'call', of, function: g }) : undefined),
  });
  const operands = Array.from({ length: f.arity }, (_, value) => add({ operation: 'operand', of: [], value }));
  const result = f.returns === 'value' ? valueIn(algebra, f, operands) : f.body(algebra, ...operands);
  return { steps, result };
}

/** What makes a body jump or bend: signs of such a function may change where it has no root. */
const JUMPS: ReadonlySet<string> = new Set([
  'floor',
  'ceil',
  'trunc',
  'nearest',
  'floorDivide',
  'remainder',
  'select',
  'copySign',
  'lookup',
  'exponent',
  'mantissa',
  'powerOfTwo',
  'highHalf',
  'single',
]);

/** Whether a body is made of functions that are smooth where they have values. */
export const isSmooth = (f: Scalar): boolean =>
  stepsOf(f, (g) => nameOfFunction(g) !== undefined).steps.every(({ operation }) => !JUMPS.has(operation));
