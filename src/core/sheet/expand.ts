// Composites at the front door: their operands are read, their calls made, and what they give becomes handles.
import { SheetError } from '../errors.ts';
import type { Call } from '../engine/call.ts';
import { isAttributes, splitArguments } from '../inputs/arguments.ts';
import { isLiteral } from '../inputs/operands.ts';
import { type Calls, type Composite, type Expansion, onlyOf } from '../ops/composite.ts';
import type { AttributeValues, OpRow } from '../ops/define.ts';
import { calledOp } from '../ops/index.ts';
import { checkKinds, readAttributes, takes, wrongCount } from '../ops/infer.ts';
import type { Value } from '../tensor/block.ts';
import { type DType, isFloat } from '../tensor/dtype.ts';

/** What an expansion asks of its sheet: calls, roots, handles and elements. */
export interface CallMaker {
  call(row: OpRow, operands: readonly unknown[], attributes: AttributeValues | undefined): Call;
  /** Bare elements, a foreign tensor or a handle, as a call. */
  operand(owner: string, value: unknown, isIndex: boolean): Call;
  handle(call: Call): unknown;
  /** The value of a call, held for the caller. */
  demand(call: Call): Promise<Value>;
}

/** The handles that a call of a composite gives; a promise of them where it waits for elements. */
export function expandCall(op: Composite, self: Call | undefined, args: readonly unknown[], maker: CallMaker): unknown {
  const { operands, given } = splitArguments(op, self, args);
  if (!takes(op, operands.length)) throw wrongCount(op, operands.length);
  const calls = readOperands(op, operands, maker);
  checkKinds(
    op,
    calls.map((call) => call?.type),
  );
  const expansion = named(op, () => op.expand(callsOn(maker), calls as Call[], readAttributes(op, given ?? {})));
  return expansion instanceof Promise
    ? expansion.then(
        (settled) => handlesOf(settled, maker),
        (error: unknown) => Promise.reject(withName(op, error) as Error),
      )
    : handlesOf(expansion, maker);
}

/** Numbers become tensors of the dtype beside them; operands that were left out stay so. */
function readOperands(op: Composite, operands: readonly unknown[], maker: CallMaker): (Call | undefined)[] {
  const isIndex = (i: number): boolean => op.operands[op.variadic ? 0 : i]?.kind === 'index';
  const calls = operands.map((value, i) =>
    isLiteral(value) || value === undefined || value === null ? undefined : maker.operand(op.name, value, isIndex(i)),
  );
  const beside = calls.find((call) => call !== undefined)?.type.dtype;
  operands.forEach((value, i) => {
    if (!isLiteral(value)) return;
    const dtype = typeof value === 'boolean' ? 'bool' : isIndex(i) ? 'int32' : dtypeOfNumber(value, beside);
    calls[i] = maker.call(rowOf('full'), [], { shape: [], value: Number(value), dtype });
  });
  return calls;
}

/** A number is of the dtype of the tensors beside it, where that has it. */
const dtypeOfNumber = (value: number | bigint, beside: DType | undefined): DType =>
  beside !== undefined && (isFloat(beside) || Number.isInteger(Number(value))) ? beside : 'float32';

const rowOf = (name: string): OpRow => calledOp(name) as OpRow;

function callsOn(maker: CallMaker): Calls<Call> {
  const all = (name: string, operands: readonly unknown[], attributes?: AttributeValues): Expansion<Call> => {
    const op = calledOp(name);
    if (!('expand' in op)) return maker.call(op, operands, attributes);
    return op.expand(
      calls,
      readOperands(op, operands, maker) as Call[],
      readAttributes(op, attributes ?? {}),
    ) as Expansion<Call>;
  };
  const calls: Calls<Call> = Object.assign(
    (name: string, operands: readonly unknown[], attributes?: AttributeValues): Call =>
      onlyOf(name, all(name, operands, attributes)),
    { all, read: async (call: Call) => elementOf(await maker.demand(call)) },
  );
  return calls;
}

function elementOf({ array, block }: Value): number {
  const [element] = array;
  block.release();
  return Number(element);
}

/** Errors of the parts say which composite they are parts of. */
function named<T>(op: Composite, make: () => T): T {
  try {
    return make();
  } catch (error) {
    throw withName(op, error);
  }
}

function withName(op: Composite, error: unknown): unknown {
  if (error instanceof SheetError && !error.message.startsWith(`${op.name}:`))
    error.message = `${op.name}: ${error.message}`;
  return error;
}

function handlesOf(expansion: Expansion<Call>, maker: CallMaker): unknown {
  if (Array.isArray(expansion)) return (expansion as readonly Call[]).map((call) => maker.handle(call));
  if (!isAttributes(expansion)) return maker.handle(expansion as Call);
  return Object.fromEntries(Object.entries(expansion).map(([name, call]) => [name, maker.handle(call as Call)]));
}
