// What a WebAssembly map needs besides its data: lanes, kernel, merged loop nest. Found once per function, dtypes and
// shapes.
import type { ElementFunction } from '../../scalar/algebra.ts';
import { isFloatArray, loopNest, type ElementArray, type StridedOperand } from '../../js/map.ts';
import { sameNumbers } from '../../recent.ts';
import { elementCount, type LoopNest } from '../../strides.ts';
import type { CompiledKernel } from '../code/abi.ts';
import { elementType, SIZE_BYTES, type ElementType, type WrittenType } from '../code/elements.ts';
import type { MapForm } from './module.ts';
import { profileOf } from '../code/profile.ts';
import { Slots, type Scratch, type ViewClass } from '../memory/staging.ts';
import type { LaneType } from '../code/vector-algebra.ts';

/** One plane of rows: operands dense or constant along a row, at one distance from row to row. */
export interface FlatPlan {
  /** Row strides of the operands, in bytes. */
  readonly rowBytes: readonly number[];
  /** Places for small operands that lie elsewhere, and last for the result. */
  readonly slots: Slots;
}

/** A map with a vector form. */
export interface MapPlan {
  readonly kernel: CompiledKernel;
  readonly types: readonly ElementType[];
  readonly nest: LoopNest;
  /** Elements in a row: the innermost extent of the nest. */
  readonly length: number;
  /** Elements in all. */
  readonly range: number;
  /** Steps along a row, by operand. */
  readonly steps: readonly number[];
  /** Undefined where the nest is deeper, or an operand is strided along a row. */
  readonly flat: FlatPlan | undefined;
}

/** A plan and the calls it is for; there is no plan where the map has no vector form. */
export interface PlannedMap {
  readonly plan: MapPlan | undefined;
  readonly classes: readonly unknown[];
  readonly shapes: readonly (readonly number[])[];
}

/** Plans a map; `compile` gives the kernel of a form. */
export function planMap(
  fn: ElementFunction,
  operands: readonly StridedOperand[],
  out: ElementArray,
  shape: readonly number[],
  scratch: Scratch,
  compile: (form: MapForm) => CompiledKernel,
): PlannedMap {
  const lanes = lanesFor(fn, operands, out);
  const classes = [...operands.map((operand) => operand.array.constructor), out.constructor];
  const shapes = [...operands.map((operand) => [...operand.shape]), [...shape]];
  if (lanes === undefined) return { plan: undefined, classes, shapes };
  const nest = loopNest(operands, shape);
  const inner = nest.shape.length - 1;
  const types = operands.map((operand) => elementType(operand.array)!);
  const steps = nest.strides.map((strides) => strides[inner]!);
  const kernel = compile({
    lanes,
    result: resultType(fn, out)!,
    memory: scratch.heap.kind,
    operands: types.map((type, k) => ({ type, along: steps[k] === 0 ? 'constant' : 'dense' })),
  });
  const isFlat =
    inner <= 1 &&
    steps.every((step) => step === 0 || step === 1) &&
    operands.every((operand) => operand.strides === undefined);
  const flat = isFlat
    ? {
        rowBytes: types.map((type, k) => (inner > 0 ? nest.strides[k]![0]! * SIZE_BYTES[type] : 0)),
        slots: new Slots(scratch, classes as ViewClass[], shapes.map(elementCount)),
      }
    : undefined;
  return {
    plan: { kernel, types, nest, length: nest.shape[inner]!, range: elementCount(nest.shape), steps, flat },
    classes,
    shapes,
  };
}

/** Whether a plan is for a call: the same array classes and shapes. Strided operands are planned anew every time. */
export function fitsCall(
  { classes, shapes }: PlannedMap,
  operands: readonly StridedOperand[],
  out: ElementArray,
  shape: readonly number[],
): boolean {
  const count = operands.length;
  if (out.constructor !== classes[count] || !sameNumbers(shapes[count]!, shape)) return false;
  for (let k = 0; k < count; k++) {
    const operand = operands[k]!;
    if (
      operand.array.constructor !== classes[k] ||
      operand.strides !== undefined ||
      !sameNumbers(shapes[k]!, operand.shape)
    )
      return false;
  }
  return true;
}

/** The lanes a map runs in with the bits of the JavaScript skeleton; undefined where it has no vector form. */
export function lanesFor(
  fn: ElementFunction,
  operands: readonly StridedOperand[],
  out: ElementArray,
): LaneType | undefined {
  const profile = profileOf(fn);
  const types = operands.map((operand) => elementType(operand.array));
  const result = resultType(fn, out);
  if (!profile.vector || types.includes(undefined) || result === undefined) return undefined;
  const narrow = types.every(
    (type) => type === 'f32' || type === 'u8' || type === 'i8' || type === 'u16' || type === 'i16',
  );
  if (fn.returns === 'mask' || isFloatArray(out))
    return profile.single && narrow && result !== 'f64' ? 'f32x4' : 'f64x2';
  if (operands.some((operand) => isFloatArray(operand.array))) return 'f64x2';
  return profile.integer && out instanceof Int32Array && !types.includes('u32') ? 'i32x4' : undefined;
}

function resultType(fn: ElementFunction, out: ElementArray): WrittenType | undefined {
  const type = elementType(out);
  if (fn.returns === 'mask') return type === 'u8' ? 'mask' : undefined;
  return type === 'f32' || type === 'f64' || type === 'i32' || type === 'u32' ? type : undefined;
}
