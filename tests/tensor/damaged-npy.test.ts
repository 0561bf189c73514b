// A damaged .npy file: a typed error that says the reason, or what the file then states. The format has no checksum:
// elements and types that are changed into others that NumPy knows cannot be told.
import { describe, expect, it } from 'vitest';
import { SheetError } from '../../src/core/errors.ts';
import { bytesOf, type TypedArray } from '../../src/core/tensor/dtype.ts';
import type { Elements } from '../../src/core/tensor/elements.ts';
import { decodeNpy, encodeNpy } from '../../src/core/tensor/npy.ts';
import { damagesOf, faultOfError } from '../trace/damage.ts';

const FILES: readonly { readonly name: string; readonly elements: Pick<Elements, 'dtype' | 'shape' | 'array'> }[] = [
  {
    name: 'float32 [2, 3]',
    elements: { dtype: 'float32', shape: [2, 3], array: Float32Array.of(1, -2, 3.5, 0, -0, Number.NaN) },
  },
  { name: 'int64 []', elements: { dtype: 'int64', shape: [], array: BigInt64Array.of(-5n) } },
  { name: 'bool [5]', elements: { dtype: 'bool', shape: [5], array: Uint8Array.of(1, 0, 1, 1, 0) } },
  { name: 'float64 [0, 4]', elements: { dtype: 'float64', shape: [0, 4], array: new Float64Array(0) } },
];

const hex = (array: TypedArray): string => Buffer.from(bytesOf(array)).toString('hex');

/** What a reader made of a file: its error's reason, or the tensor. */
function outcomeOf(bytes: Uint8Array): string | Elements {
  try {
    return decodeNpy(bytes);
  } catch (error) {
    return (
      faultOfError(error) ??
      (error instanceof SheetError && error.code === 'FORMAT' ? String(error.details['code']) : 'DTYPE')
    );
  }
}

const CODES = ['not-npy', 'version', 'truncated', 'trailing', 'malformed', 'DTYPE'];

describe('a damaged .npy file', () => {
  it.each(FILES)('of $name is an error with its reason, or a tensor as the header then states', ({ elements }) => {
    const file = encodeNpy(elements);
    const headerEnd = file.length - elements.array.byteLength;
    const header = Buffer.from(file).toString('latin1', 0, headerEnd);
    // The only places where another byte is another sound file: the element type, the order, the lengths. Elsewhere the
    // tensor is the same or none.
    const stated = [/(?<='descr': ')[^']*/, /(?<='shape': )\([^)]*\)/]
      .map((value) => value.exec(header) as RegExpExecArray)
      .map(({ index, 0: value }) => [index, index + value.length] as const);
    for (const { how, at, bytes } of damagesOf(file)) {
      const outcome = outcomeOf(bytes);
      if (typeof outcome === 'string') {
        expect(CODES, `${how}: ${outcome}`).toContain(outcome);
        continue;
      }
      expect([how, bytes.length - headerEnd >= 0]).toEqual([how, true]);
      if (at >= headerEnd)
        expect([how, outcome.dtype, outcome.shape, bytes.length]).toEqual([
          how,
          elements.dtype,
          elements.shape,
          file.length,
        ]);
      else if (!stated.some(([start, end]) => at >= start && at <= end))
        expect([how, outcome.dtype, outcome.shape, hex(outcome.array)]).toEqual([
          how,
          elements.dtype,
          elements.shape,
          hex(elements.array),
        ]);
      else expect([how, outcome.array.byteLength]).toEqual([how, elements.array.byteLength]);
    }
  });

  it.each(FILES)('of $name that was cut is truncated, at every length', ({ elements }) => {
    const file = encodeNpy(elements);
    for (let length = 0; length < file.length; length++)
      expect([length, outcomeOf(file.subarray(0, length))]).toEqual([length, 'truncated']);
    expect(outcomeOf(Uint8Array.of(...file, 0))).toBe('trailing');
  });

  it('changes no element but the one whose byte was flipped', () => {
    const { elements } = FILES[0]!;
    const file = encodeNpy(elements);
    for (let at = file.length - elements.array.byteLength; at < file.length; at++) {
      const flipped = file.slice();
      flipped[at] = file[at]! ^ 0x20;
      expect(hex((outcomeOf(flipped) as Elements).array)).toBe(
        Buffer.from(flipped).toString('hex', file.length - elements.array.byteLength),
      );
    }
  });
});
