// Whether a result is what its op makes of its operands, in a small part of the time: products by random vectors, other
// results at some places that are drawn, small ones whole.
import { equalBytes } from '../fingerprint/digest.ts';
import { numberAttribute, numbersAttribute } from '../ops/attribute-values.ts';
import { Block, type Value, valueOfArray } from '../tensor/block.ts';
import { allocate, bytesOf, type TypedArray } from '../tensor/dtype.ts';
import { sizeOf, stridesOf } from '../tensor/shape.ts';
import { tensorType } from '../tensor/type.ts';
import { type Task, taskBytes } from './device.ts';
import { JsDevice } from './js/device.ts';
import { cutOf, isWithBigints, type PieceCut } from './pieces.ts';
import { type DrawBits, faultOfProduct } from './product-check.ts';
import { productOf } from './product.ts';

/** A check that may be done. */
export interface ResultCheck {
  /** What it should take. */
  readonly costNs: number;
  /** What is wrong with the result; undefined where nothing was found. */
  run(draw: DrawBits): string | undefined;
}

/** Results that take less are computed again whole. */
const WHOLE_NS = 1e5;
/** Stretches that are drawn of a larger one, and elements each has at least. */
const STRETCHES = 8;
const STRETCH_ELEMENTS = 256;
/** Elements that are drawn of a copy. */
const PLACES = 512;
/** Reading an element of a product once, and computing with it. */
const NS_PER_ELEMENT = 1.5;
/** The same of 64-bit integers. */
const NS_PER_BIGINT = 150;
const BIGINT_TIMES = 20;

const reference = new JsDevice();
/** Computes a task in the bits of the specification, within the call. */
export const computeAgain = (task: Task, out: Block): void => reference.runNow(task, out);

/**
 * The check of a result; undefined where there is none. `isBitwise`: whether its bits are those of the specification;
 * of results that may have others only products are checked. `vectors`: how thoroughly products are.
 */
export function checkOf(task: Task, result: Value, isBitwise: boolean, vectors: number): ResultCheck | undefined {
  const { kernel, parts } = task.row;
  if (task.type.size === 0 || kernel.skeleton === 'alias' || parts !== undefined) return undefined;
  const wholeNs = reference.estimateNs(task) * (isWithBigints(task) ? BIGINT_TIMES : 1);
  if (kernel.skeleton === 'contract' && kernel.epilogue === undefined) {
    const costNs = productNs(task, vectors);
    if (!isBitwise || wholeNs > Math.max(costNs, WHOLE_NS))
      return { costNs, run: (draw) => faultOfProduct(task, result, { isBitwise, vectors, draw, run: computeAgain }) };
  }
  if (!isBitwise) return undefined;
  const sampled = wholeNs <= WHOLE_NS ? undefined : sampleOf(task, result, wholeNs);
  return sampled ?? { costNs: wholeNs, run: () => faultOfPiece(task, result.array) };
}

function productNs(task: Task, vectors: number): number {
  const { m, n, k, offsetsA } = productOf(task);
  const elements = offsetsA.length * (m * n + m * k + k * n);
  return elements * (vectors + 1) * (isWithBigints(task) ? NS_PER_BIGINT : NS_PER_ELEMENT);
}

/** Some stretches or places of a result; undefined where its parts depend on each other. */
function sampleOf(task: Task, result: Value, wholeNs: number): ResultCheck | undefined {
  if (task.row.kernel.skeleton === 'window') return placesOf(task, result);
  const cut = isInTurn(task) ? undefined : (rowsOf(task, result) ?? cutOf(task, result.array));
  if (cut === undefined || cut.units < 2 * STRETCHES) return undefined;
  const length = Math.min(cut.units, Math.max(1, Math.ceil(STRETCH_ELEMENTS / cut.unitElements)));
  return {
    costNs: Math.min(1, (STRETCHES * length) / cut.units) * wholeNs,
    run: (draw) => {
      for (let stretch = 0; stretch < STRETCHES; stretch++) {
        const start = (draw() >>> 0) % (cut.units - length + 1);
        let fault: string | undefined;
        cut.run(start, start + length, (piece, part) => (fault ??= faultOfPiece(piece, part.array)));
        if (fault !== undefined) return `from ${start} on, ${fault}`;
      }
      return undefined;
    },
  };
}

/** Whether the parts of a reduction go into each other, so that none of them is a part of the result. */
function isInTurn({ row: { kernel }, attrs, operands }: Task): boolean {
  const head = operands[0]?.type.shape.findIndex((length) => length !== 1);
  return kernel.skeleton === 'reduce' && head !== undefined && numbersAttribute(attrs, 'axis').includes(head);
}

/** A transform along a later axis, by indices of the first. */
function rowsOf(task: Task, result: Value): PieceCut | undefined {
  const [operand] = task.operands;
  if (task.row.kernel.skeleton !== 'rows' || operand === undefined) return undefined;
  const [units, ...inner] = task.type.shape;
  if (units === undefined || numberAttribute(task.attrs, 'axis') === 0) return undefined;
  const each = sizeOf(inner);
  return {
    units,
    unitElements: each,
    run: (start, end, compute) => {
      const type = tensorType(task.type.dtype, [end - start, ...inner]);
      const own = tensorType(operand.type.dtype, type.shape);
      const of = ({ array }: Value): TypedArray => array.subarray(start * each, end * each);
      compute({ ...task, operands: [valueOfArray(own, of(operand))], type }, new Block(of(result)));
    },
  };
}

/** What is wrong with a part of a result, which is computed again. */
function faultOfPiece(task: Task, got: TypedArray): string | undefined {
  const out = allocate(task.type.dtype, task.type.size);
  computeAgain(task, new Block(out));
  if (equalBytes(bytesOf(got), bytesOf(out))) return undefined;
  const at = out.findIndex((element, i) => !Object.is(element, got[i]));
  return `element ${at} is ${got[at]}, computed again ${out[at]}`;
}

/** Places of a result that is elements of its operand. */
function placesOf(task: Task, { array }: Value): ResultCheck | undefined {
  const { kernel } = task.row;
  const [operand] = task.operands;
  if (kernel.skeleton !== 'window' || operand === undefined) return undefined;
  const { shape, strides, offset } = kernel.window(operand.type, task.attrs);
  const own = stridesOf(shape);
  const sourceOf = (place: number): number =>
    own.reduce((at, stride, axis) => at + (Math.floor(place / stride) % shape[axis]!) * strides[axis]!, offset);
  return {
    costNs: Math.min(PLACES * 100, taskBytes(task)),
    run: (draw) => {
      for (let i = 0; i < PLACES; i++) {
        const place = (draw() >>> 0) % array.length;
        const wanted = operand.array[sourceOf(place)];
        if (!Object.is(array[place], wanted))
          return `element ${place} is ${array[place]}, and ${wanted} in its operand`;
      }
      return undefined;
    },
  };
}
