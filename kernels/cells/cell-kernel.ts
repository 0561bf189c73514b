// Formulas of numbers over a column of cells: a list of steps, run cell by cell in order, in JavaScript and as a
// WebAssembly loop of the same operations.
import { floatAlgebra } from '../scalar/js-algebra.ts';
import { countUp, f64, i32, type Local, ModuleBuilder, set } from '../wasm/code/assembler.ts';

type UnaryStep = 'neg' | 'abs' | 'floor' | 'sqrt';
type BinaryStep = 'add' | 'sub' | 'mul' | 'div';

/** A step takes its operands from a stack and leaves its result there. */
export type CellStep =
  | { readonly step: 'operand'; readonly index: number }
  | { readonly step: 'constant'; readonly value: number }
  | { readonly step: UnaryStep | BinaryStep };

/** How an operand goes on: cell by cell, the same one for all, or the result of the cell before. */
export type OperandCourse = 'along' | 'still' | 'before';

/** A formula of numbers; what is compiled of it is kept by its identity. */
export interface CellProgram {
  readonly steps: readonly CellStep[];
  readonly operands: readonly OperandCourse[];
}

const BINARY: Readonly<Record<string, true>> = { add: true, sub: true, mul: true, div: true };
const isBinary = (step: UnaryStep | BinaryStep): step is BinaryStep => BINARY[step] === true;

/**
 * The readable form. False where a result or a divisor was not finite: an infinite divisor alone would not be seen in
 * the result.
 */
export function runPlain(
  { steps, operands }: CellProgram,
  values: Float64Array,
  to: number,
  from: readonly number[],
  count: number,
): boolean {
  const stack = new Float64Array(steps.length);
  let faults = 0;
  for (let i = 0; i < count; i++) {
    let top = -1;
    for (const step of steps) {
      if (step.step === 'constant') stack[++top] = step.value;
      else if (step.step === 'operand')
        stack[++top] = values[placeOf(operands[step.index]!, from[step.index]!, to, i)]!;
      else if (isBinary(step.step)) {
        const second = stack[top--]!;
        if (step.step === 'div') faults += second * 0;
        stack[top] = floatAlgebra[step.step](stack[top]!, second);
      } else stack[top] = floatAlgebra[step.step](stack[top]!);
    }
    values[to + i] = stack[0]!;
    faults += stack[0]! * 0;
  }
  return faults === 0;
}

/** The cell before may lie in another tile than the first one of a call. */
function placeOf(course: OperandCourse, from: number, to: number, i: number): number {
  if (course === 'along') return from + i;
  return course === 'still' || i === 0 ? from : to + i - 1;
}

/**
 * `compute(params, 0, count)`. At `params`: a float64 that is 0 when all was finite and NaN when not, the address of
 * the results and those of the operands.
 */
export function cellKernelModule({ steps, operands }: CellProgram): Uint8Array<ArrayBuffer> {
  const module = new ModuleBuilder({ memory: 'private' });
  const f = module.function({ export: 'compute', params: ['i32', 'i32', 'i32'] });
  const [params, start, end] = f.params;
  const to = f.local('i32');
  const addresses = operands.map(() => f.local('i32'));
  // What does not move, and the result before, stay in registers.
  const kept = operands.map(() => f.local('f64'));
  const [faults, result] = f.locals('f64', 2);
  const room: Local<'f64'>[] = [];
  const at = (depth: number): Local<'f64'> => (room[depth] ??= f.local('f64'));
  let top = -1;
  const body = steps.map((step) => {
    if (step.step === 'constant') return set(at(++top), step.value);
    if (step.step === 'operand') {
      const { index } = step;
      return set(at(++top), operands[index] === 'along' ? f64.load(addresses[index]!) : kept[index]!);
    }
    if (!isBinary(step.step)) return set(at(top), f64[step.step](at(top)));
    const [first, second] = [at(--top), at(top + 1)];
    const value = set(first, f64[step.step](first, second));
    return step.step === 'div' ? [set(faults, f64.add(faults, f64.mul(second, 0))), value] : value;
  });
  f.body(
    set(to, i32.load(params, 8)),
    ...addresses.map((address, i) => set(address, i32.load(params, 12 + 4 * i))),
    ...operands.flatMap((course, i) => (course === 'along' ? [] : [set(kept[i]!, f64.load(addresses[i]!))])),
    countUp(
      start,
      end,
      1,
      ...body.flat(),
      set(result, at(0)),
      f64.store(to, result),
      set(faults, f64.add(faults, f64.mul(result, 0))),
      ...operands.flatMap((course, i) => {
        if (course === 'still') return [];
        return course === 'before' ? [set(kept[i]!, result)] : [set(addresses[i]!, i32.add(addresses[i]!, 8))];
      }),
      set(to, i32.add(to, 8)),
    ),
    f64.store(params, faults),
  );
  return module.encode();
}

/** Arithmetic of cells one by one: the operations of the kernels. */
export const cellAlgebra = floatAlgebra;
