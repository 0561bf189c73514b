// .npy files: NumPy's own files are read, ours are what NumPy writes, and a broken file never gives a tensor.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DTypeError, FormatError, ShapeError } from '../../src/core/errors.ts';
import { allocate, bytesOf, DTYPE_NAMES, type DType, isCoded, type TypedArray } from '../../src/core/tensor/dtype.ts';
import type { Elements } from '../../src/core/tensor/elements.ts';
import { decodeNpy, encodeNpy } from '../../src/core/tensor/npy.ts';
import { sizeOf } from '../../src/core/tensor/shape.ts';

const golden = (name: string): Uint8Array => readFileSync(new URL(`../golden/npy/${name}.npy`, import.meta.url));

/** A file of version 1.0 with this header and these bytes behind it. */
function npy(header: string, data: readonly number[] = [], version = 1): Uint8Array {
  const length =
    version === 1
      ? [header.length & 0xff, header.length >> 8]
      : [header.length & 0xff, (header.length >> 8) & 0xff, header.length >> 16, 0];
  return Uint8Array.from([
    0x93,
    ...Buffer.from('NUMPY'),
    version,
    0,
    ...length,
    ...Buffer.from(header, 'latin1'),
    ...data,
  ]);
}

const header = (descr: string, shape: string, order = 'False'): string =>
  `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }\n`;

/** What NumPy has: other dtypes with codecs may be defined. */
const STORED = DTYPE_NAMES.filter((dtype) => dtype === 'float16' || !isCoded(dtype));

/** A tensor of any dtype of NumPy's and any shape whose bytes are arbitrary (0 or 1 for bool). */
const tensors = fc
  .record({
    dtype: fc.constantFrom(...STORED),
    shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 5 }),
    seed: fc.integer(),
  })
  .map(({ dtype, shape, seed }) => ({ dtype, shape, array: filled(dtype, sizeOf(shape), seed) }));

function filled(dtype: DType, length: number, seed: number): TypedArray {
  const array = allocate(dtype, length);
  const bytes = bytesOf(array);
  for (let i = 0, state = seed | 1; i < bytes.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    bytes[i] = dtype === 'bool' ? state >>> 31 : state >>> 24;
  }
  return array;
}

const comparable = ({ dtype, shape, array }: Pick<Elements, 'dtype' | 'shape' | 'array'>): unknown => ({
  dtype,
  shape,
  bytes: Buffer.from(bytesOf(array)).toString('hex'),
});

describe('files that NumPy wrote', () => {
  it('are read in every version, byte order and element order', () => {
    expect(decodeNpy(golden('float32-2x3'))).toEqual({
      dtype: 'float32',
      shape: [2, 3],
      array: new Float32Array([0, -0, 1.5, Infinity, -Infinity, 3.25]),
      fresh: true,
    });
    expect(decodeNpy(golden('float64-big-endian-2x2'))).toMatchObject({
      dtype: 'float64',
      shape: [2, 2],
      array: new Float64Array([1.1, -2.2, 3e300, 5e-324]),
    });
    expect(decodeNpy(golden('int32-column-major-2x3x2'))).toMatchObject({
      dtype: 'int32',
      shape: [2, 3, 2],
      array: Int32Array.from({ length: 12 }, (_, i) => i),
    });
    expect(decodeNpy(golden('int64-version-2'))).toMatchObject({
      dtype: 'int64',
      shape: [3],
      array: new BigInt64Array([-(2n ** 63n), 2n ** 63n - 1n, 0n]),
    });
    expect(decodeNpy(golden('int8-version-3-scalar'))).toMatchObject({
      dtype: 'int8',
      shape: [],
      array: new Int8Array([-7]),
    });
    expect(decodeNpy(golden('uint32-big-endian-column-major-2x3'))).toMatchObject({
      dtype: 'uint32',
      shape: [2, 3],
      array: new Uint32Array([1, 2, 3, 4294967295, 5, 6]),
    });
    expect(decodeNpy(golden('uint8-empty-0x4'))).toMatchObject({
      dtype: 'uint8',
      shape: [0, 4],
      array: new Uint8Array(0),
    });
    expect(decodeNpy(golden('int16-2x2'))).toMatchObject({ array: Int16Array.of(-32768, -1, 0, 32767) });
    expect(decodeNpy(golden('uint16-big-endian-3'))).toMatchObject({ array: Uint16Array.of(0, 1, 65535) });
    expect(decodeNpy(golden('uint64-2'))).toMatchObject({ array: BigUint64Array.of(2n ** 64n - 1n, 2n ** 53n + 1n) });
    expect(decodeNpy(golden('float16'))).toMatchObject({ dtype: 'float16', shape: [2], array: Uint16Array.of(0, 0) });
    expect(decodeNpy(golden('bool-2x2'))).toMatchObject({
      dtype: 'bool',
      shape: [2, 2],
      array: new Uint8Array([1, 0, 0, 1]),
    });
  });

  it('are the bytes that encodeNpy writes, where they are little-endian and row-major', () => {
    for (const name of ['float32-2x3', 'uint8-empty-0x4', 'bool-2x2', 'uint8-header-boundary']) {
      expect(Buffer.from(encodeNpy(decodeNpy(golden(name)))).equals(golden(name))).toBe(true);
    }
  });

  it('of element types the library does not hold are refused with the cast to save', () => {
    expect(() => decodeNpy(golden('complex64-unsupported'))).toThrow(DTypeError);
    expect(() => decodeNpy(golden('structured-unsupported'))).toThrow(DTypeError);
    for (const descr of ['<f16', '|O', '<U3', '|S2', '<M8[ns]', 'f3']) {
      expect(() => decodeNpy(npy(header(`'${descr}'`, '(0,)')))).toThrow(DTypeError);
    }
  });
});

describe('a round trip', () => {
  it('gives every tensor back, bit by bit, from any position in a buffer', () => {
    fc.assert(
      fc.property(tensors, fc.integer({ min: 0, max: 9 }), (tensor, shift) => {
        const file = encodeNpy(tensor);
        const moved = new Uint8Array(file.length + shift);
        moved.set(file, shift);
        const back = decodeNpy(moved.subarray(shift));
        expect(comparable(back)).toEqual(comparable(tensor));
        expect([back.fresh, (file.length - tensor.array.byteLength) % 64]).toEqual([true, 0]);
      }),
      { seed: 21, numRuns: 400 },
    );
  });

  it('holds for the largest rank', () => {
    const tensor = { dtype: 'int8' as const, shape: Array.from({ length: 32 }, () => 1), array: new Int8Array([3]) };
    expect(comparable(decodeNpy(encodeNpy(tensor)))).toEqual(comparable(tensor));
  });

  it('never shares memory with the file', () => {
    const file = encodeNpy({ dtype: 'uint8', shape: [2], array: new Uint8Array([1, 2]) });
    const { array } = decodeNpy(file);
    file.fill(0);
    expect([...array]).toEqual([1, 2]);
  });

  it('is refused for an array that does not fill its shape', () => {
    expect(() => encodeNpy({ dtype: 'int8', shape: [3], array: new Int8Array(2) })).toThrow(ShapeError);
  });
});

describe('headers written by others', () => {
  it('may use double quotes, other spacing, any key order, Python 2 longs and no last comma', () => {
    expect(decodeNpy(npy('{"shape":(1L,2L),"descr":"|u1","fortran_order":False}', [4, 5]))).toMatchObject({
      shape: [1, 2],
      array: new Uint8Array([4, 5]),
    });
  });

  it('may hold bytes other than 1 for true', () => {
    expect([...decodeNpy(npy(header("'|b1'", '(3,)'), [0, 1, 7])).array]).toEqual([0, 1, 1]);
  });

  it('are refused when they are not exactly such a dictionary', () => {
    const broken = [
      '',
      '{',
      '{}',
      '[]',
      "{'descr': '<f4'}",
      header("'<f4'", '(0,)').replace('}', "'more': 1, }"),
      header("'<f4'", '[0]'),
      header("'<f4'", '(0)'),
      header("'<f4'", '(-1,)'),
      header("'<f4'", '(1.5,)'),
      header("'<f4'", '(0 0)'),
      header("'<f4'", '(0,,)'),
      header("'<f4'", '(99999999999999999999,)'),
      header("'<f4'", '(0,)', '0'),
      header("'<f4'", '(0,)', 'Falsey'),
      header('4', '(0,)'),
      header("[('a', '<f4')", '(0,)'),
      header("'f4'", '(0,)'),
      header("'=f4'", '(0,)'),
      `${header("'<f4'", '(0,)')}x`,
      header("'<f4'", '(0,)').replace("'descr'", "'shape': (0,), 'descr'"),
      header("'<f4", '(0,)'),
      header("'<f4'", `(${'1,'.repeat(33)})`),
      header("'<f4'", `(${'9007199254740991,'.repeat(31)}0)`),
    ];
    for (const text of broken) expect(() => decodeNpy(npy(text)), text).toThrow(FormatError);
  });

  it('are refused over 64 KiB, and a size that is not there is refused before it is allocated', () => {
    expect(() => decodeNpy(npy(header("'<f4'", '(0,)') + ' '.repeat(70000), [], 2))).toThrow(/more than 65536/);
    expect(() => decodeNpy(npy(header("'<f8'", '(4294967296,)')))).toThrow(FormatError);
    expect(() => decodeNpy(npy(header("'<f8'", '(9007199254740991, 9007199254740991)')))).toThrow(FormatError);
  });

  it('are refused at every cut, for bytes too many, and for another magic or version', () => {
    const file = encodeNpy({ dtype: 'int32', shape: [2], array: new Int32Array([1, 2]) });
    for (let length = 0; length < file.length; length++)
      expect(() => decodeNpy(file.subarray(0, length))).toThrow(FormatError);
    expect(() => decodeNpy(Uint8Array.from([...file, 0]))).toThrow(FormatError);
    for (const [at, byte] of [
      [0, 0x92],
      [5, 0],
      [6, 0],
      [6, 4],
      [7, 1],
    ] as const)
      expect(() => decodeNpy(file.with(at, byte))).toThrow(FormatError);
  });

  it('give a tensor or a typed error for any damage', () => {
    const file = encodeNpy({ dtype: 'float32', shape: [2, 3], array: new Float32Array(6) });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 80 }), fc.integer({ min: 0, max: 255 }), (at, byte) => {
        try {
          const { array, shape } = decodeNpy(file.with(at, byte));
          expect(array.length).toBe(sizeOf(shape));
        } catch (error) {
          expect(error instanceof FormatError || error instanceof DTypeError).toBe(true);
        }
      }),
      { seed: 22, numRuns: 2000 },
    );
  });
});

const hasNumpy = spawnSync('python3', ['-c', 'import numpy']).status === 0;

/**
 * Reads each file with NumPy, checks it against what it is told, and writes it three times: as it is, big-endian,
 * column-major.
 */
const SCRIPT = `
import json, sys, numpy as np
for i, (dtype, shape, data) in enumerate(json.load(sys.stdin)):
    a = np.load(f'{sys.argv[1]}/{i}.npy', allow_pickle=False)
    assert a.dtype.name == dtype and list(a.shape) == shape and a.tobytes().hex() == data, (i, dtype, shape, a)
    np.save(f'{sys.argv[1]}/{i}.same.npy', a)
    np.save(f'{sys.argv[1]}/{i}.big.npy', a.astype(a.dtype.newbyteorder('>')))
    np.save(f'{sys.argv[1]}/{i}.columns.npy', np.asfortranarray(a) if a.ndim else a)
`;

describe('NumPy itself', () => {
  it.skipIf(!hasNumpy)('reads our files, and we read what it writes of them (needs python3 with numpy)', () => {
    const folder = mkdtempSync(join(tmpdir(), 'npy-'));
    try {
      const samples = fc.sample(tensors, { seed: 23, numRuns: 120 });
      samples.forEach((tensor, i) => writeFileSync(join(folder, `${i}.npy`), encodeNpy(tensor)));
      const told = samples.map(({ dtype, shape, array }) => [
        dtype,
        shape,
        Buffer.from(bytesOf(array)).toString('hex'),
      ]);
      const run = spawnSync('python3', ['-c', SCRIPT, folder], { input: JSON.stringify(told), encoding: 'utf8' });
      expect(run.stderr).toBe('');
      samples.forEach((tensor, i) => {
        expect(readFileSync(join(folder, `${i}.same.npy`)).equals(encodeNpy(tensor))).toBe(true);
        for (const kind of ['big', 'columns']) {
          expect(comparable(decodeNpy(readFileSync(join(folder, `${i}.${kind}.npy`))))).toEqual(comparable(tensor));
        }
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
