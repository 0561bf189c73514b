// Steps that become part of the one step that reads them: maps in maps and reductions, products under maps. One pass
// instead of two.
import { composeRows, CODEC_CAST, leads } from '../ops/fused.ts';
import { CAST } from '../ops/movement/indexing.ts';
import type { KernelSpec, OpRow } from '../ops/define.ts';
import { DTYPES } from '../tensor/dtype.ts';
import type { Step } from './plan.ts';

/** Elements below which a pass costs less than a kernel for the composition takes to make. */
export const FUSED_ELEMENTS = 1 << 15;

/** Plans that are remembered at most. */
const MAX_PLANS = 4096;

type Skeleton = KernelSpec['skeleton'];

/**
 * Which readers take parts in: none where the device gains nothing by it, casts from and to codecs where maps read and
 * write through those.
 */
export type Readers = readonly ('map' | 'reduce' | 'codecs')[];

/**
 * The steps that are left, operands before their users. `isWanted` says whether a step's own result is worth having.
 */
export function fuseSteps(
  order: readonly Step[],
  minElements: number,
  readers: Readers,
  isWanted: (step: Step) => boolean,
): Step[] {
  if (order.length < 2 || !order.some((step) => elementsOf(step) >= minElements)) return order as Step[];
  const absorbed = new Set<Step>();
  if (readers.includes('codecs')) for (const step of order) if (isCodecCast(step)) step.row = CODEC_CAST;
  for (const step of order)
    if (elementsOf(step) >= minElements && isFusable(step, ...readers)) absorbOperands(step, absorbed, isWanted);
  return absorbed.size === 0 ? (order as Step[]) : order.filter((step) => !absorbed.has(step));
}

/**
 * Plans of small steps on a device where each costs a launch, however few its elements are. Their compositions are
 * worth compiling when they come again, as in a loop.
 */
export class SmallPlans {
  readonly #met = new Set<string>();

  /** Whether a plan of the same ops, in the same order, was asked about before. */
  again(order: readonly Step[]): boolean {
    const key = order.map(({ call: { row }, value }) => (value === undefined ? row?.number : '')).join();
    if (this.#met.has(key)) return true;
    if (this.#met.size >= MAX_PLANS) this.#met.clear();
    this.#met.add(key);
    return false;
  }
}

/** Elements a step goes over. */
const elementsOf = ({ call: { type, operands } }: Step): number => Math.max(type.size, operands[0]?.type.size ?? 0);

/** Whether a step has to be computed and is a cast between float32 and a dtype whose codec a device has kernels of. */
function isCodecCast({
  value,
  call: {
    row,
    type,
    operands: [operand],
  },
}: Step): boolean {
  if (value !== undefined || row !== CAST || operand === undefined) return false;
  const [from, to] = [operand.type.dtype, type.dtype];
  const coded = to === 'float32' ? from : from === 'float32' ? to : undefined;
  return coded !== undefined && DTYPES[coded].codec?.layout !== undefined;
}

/**
 * Whether a step has to be computed, on float32 alone or as a cast through a codec, by a kernel of one of these
 * skeletons.
 */
function isFusable(step: Step, ...skeletons: readonly (Skeleton | 'codecs')[]): boolean {
  return (
    step.value === undefined &&
    step.call.row !== undefined &&
    skeletons.includes(rowOf(step).kernel.skeleton) &&
    (step.row === CODEC_CAST || step.call.operands.every((operand) => operand.type.dtype === 'float32'))
  );
}

function absorbOperands(step: Step, absorbed: Set<Step>, isWanted: (step: Step) => boolean): void {
  for (let at = step.operands.length - 1; at >= 0; at--) {
    const inner = step.operands[at]!;
    if (inner.reader !== step || !isFusable(inner, 'map', 'contract') || !isWhole(step, inner, at)) continue;
    inner.isApart = isWanted(inner);
    if (inner.isApart) continue;
    const row = composeRows(rowOf(step), at, rowOf(inner));
    if (row === undefined) continue;
    step.row = row;
    if (leads(rowOf(inner))) {
      step.operands = [...inner.operands, ...step.operands.filter((_, i) => i !== at)];
      step.attrs = inner.attrs;
      at += inner.operands.length;
    } else {
      step.operands = step.operands.toSpliced(at, 1, ...inner.operands);
    }
    step.flops += inner.flops;
    for (const operand of inner.operands) if (operand.reader === inner) operand.reader = step;
    inner.call.within = step.call.seq;
    absorbed.add(inner);
  }
}

/**
 * Whether every element of the inner result is read once: by a reduction, or at its own place in a map; a product
 * beside nothing as large.
 */
function isWhole(step: Step, inner: Step, at: number): boolean {
  const { type } = inner.call;
  if (type.dtype !== 'float32') return false;
  if (rowOf(step).kernel.skeleton === 'reduce')
    return rowOf(inner).kernel.skeleton === 'map' && !rowOf(inner).throughCodecs;
  // Products end in float32.
  if (rowOf(inner).kernel.skeleton === 'contract' && rowOf(step).throughCodecs) return false;
  if (type.size !== step.call.type.size) return false;
  return (
    rowOf(inner).kernel.skeleton === 'map' ||
    step.operands.every((other, i) => i === at || other.call.type.size < type.size)
  );
}

const rowOf = (step: Step): OpRow => step.row ?? (step.call.row as OpRow);
