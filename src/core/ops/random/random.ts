// Random tensors with an explicit seed: element i depends on (seed, i) alone (Philox 4x32-10, Salmon et al. 2011).
import { dtypeAttribute, numberAttribute, numbersAttribute } from '../attribute-values.ts';
import { normal, uniform } from '../../../../kernels/js/random.ts';
import type { Skeletons } from '../../../../kernels/skeletons.ts';
import { AttributeError } from '../../errors.ts';
import type { DType } from '../../tensor/dtype.ts';
import { type AttributeSpec, type AttributeValues, makeRow, type OpRow, type RandomKernel } from '../define.ts';

export const DRAWN_SHAPE: AttributeSpec = { kind: 'shape', doc: 'shape of the result' };
export const DRAWN_SEED: AttributeSpec = { kind: 'seed', doc: 'equal seeds give equal elements on every machine' };
const FLOAT: AttributeSpec = { kind: 'dtype', fallback: 'float32', doc: 'float32 or float64' };

/** What a call draws from. */
export const seedSource = (attrs: AttributeValues): { seed: bigint } => ({
  seed: BigInt(numberAttribute(attrs, 'seed')),
});

function floats(
  name: string,
  doc: string,
  fill: (on: Skeletons, source: { seed: bigint }, out: Float32Array | Float64Array, first?: number) => void,
): OpRow {
  return drawRow(
    name,
    doc,
    { shape: DRAWN_SHAPE, seed: DRAWN_SEED, dtype: FLOAT },
    (out, attrs, on, first) => fill(on, seedSource(attrs), out as Float32Array, first),
    (attrs) => {
      const dtype = dtypeAttribute(attrs, 'dtype');
      if (dtype !== 'float32' && dtype !== 'float64')
        throw new AttributeError(`${name}: dtype is ${dtype}; use float32 or float64, then astype.`, { dtype });
      return { dtype, shape: numbersAttribute(attrs, 'shape') };
    },
  );
}

/** A row of draws without operands. */
export function drawRow(
  name: string,
  doc: string,
  attributes: OpRow['attributes'],
  fill: RandomKernel,
  type: (attrs: AttributeValues) => { dtype: DType; shape: readonly number[] },
  draw: 'each' | 'whole' = 'each',
): OpRow {
  const positional = Object.keys(attributes).filter((attribute) => attribute !== 'dtype' && attribute !== 'seed');
  return makeRow({
    name,
    doc,
    operands: [],
    attributes,
    positional,
    result: Object.hasOwn(attributes, 'dtype') ? 'attribute' : 'int32',
    infer: (_operands, attrs) => type(attrs),
    kernel: { skeleton: 'random', fill, draw },
    flops: (_operands, out) => out.size * 100,
    bound: name === 'random_normal' ? 4 : 0,
  });
}

/** Rows of this family. */
export const RANDOM: readonly OpRow[] = [
  floats('random_uniform', 'Uniform in [0, 1).', uniform),
  floats('random_normal', 'Normal with mean 0 and variance 1 (Box–Muller).', normal),
];
