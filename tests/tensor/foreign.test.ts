// Foreign tensors in and out: the real onnxruntime and tfjs, and faithful objects for ndarray and transformers.js.
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import fc from 'fast-check';
import * as ort from 'onnxruntime-node';
import { beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import { DTypeError, LimitError, ShapeError, SourceError } from '../../src/core/errors.ts';
import {
  allocate,
  DTYPE_NAMES,
  type DType,
  dtypeOfArray,
  isBigInt,
  isCoded,
  type TypedArray,
} from '../../src/core/tensor/dtype.ts';
import type { Elements } from '../../src/core/tensor/elements.ts';
import { exportAs } from '../../src/core/tensor/export.ts';
import { readForeign } from '../../src/core/tensor/foreign.ts';
import { sizeOf } from '../../src/core/tensor/shape.ts';

beforeAll(async () => {
  await tf.setBackend('cpu');
});

function read(value: unknown): Elements {
  const elements = readForeign(value, 'tensor');
  if (elements === undefined) throw new RangeError('not recognised as a foreign tensor');
  return elements;
}

/** What a read throws, as class and message. */
function refusal(value: unknown): { kind: unknown; message: string } {
  try {
    readForeign(value, 'tensor');
  } catch (error) {
    return { kind: (error as Error).constructor, message: (error as Error).message };
  }
  return { kind: undefined, message: '' };
}

/** The dtypes that onnxruntime keeps one by one. */
const EXCHANGED = DTYPE_NAMES.filter((dtype) => dtype === 'float16' || !isCoded(dtype)) as 'float32'[];

/** Elements of a dtype counted from 0; booleans alternate. */
function counted(dtype: DType, length: number): TypedArray {
  const array = allocate(dtype, length);
  for (let i = 0; i < length; i++)
    array[i] = (isBigInt(dtype) ? BigInt(i) : dtype === 'bool' ? i % 2 : i % 100) as never;
  return array;
}

describe('onnxruntime tensors', () => {
  it('are read as the dtype they name, for every dtype of the table', () => {
    for (const dtype of EXCHANGED) {
      const data = counted(dtype, 6);
      const elements = read(new ort.Tensor(dtype, data, [2, 3]));
      expect(elements).toEqual({ dtype, shape: [2, 3], array: data, fresh: false });
    }
  });

  it('are scalars when they have no dims, and may be empty', () => {
    expect(read(new ort.Tensor('float32', [7], []))).toMatchObject({ shape: [], array: new Float32Array([7]) });
    expect(read(new ort.Tensor('int64', [], [0, 3]))).toMatchObject({ shape: [0, 3], array: new BigInt64Array(0) });
  });

  it('hold only 0 and 1 when they are bool, whatever the bytes were', () => {
    expect(read(new ort.Tensor('bool', new Uint8Array([0, 1, 2, 255]), [4]))).toEqual({
      dtype: 'bool',
      shape: [4],
      array: new Uint8Array([0, 1, 1, 1]),
      fresh: true,
    });
  });

  it('of float16 are taken as their bits', () => {
    expect(read(new ort.Tensor('float16', Uint16Array.of(0x3c00, 0x7e01), [2]))).toMatchObject({
      dtype: 'float16',
      shape: [2],
      array: Uint16Array.of(0x3c00, 0x7e01),
    });
  });

  it('of types the library does not hold are refused with a remedy, though their array is a known one', () => {
    expect(refusal(new ort.Tensor('string', ['a'], [1]))).toMatchObject({
      kind: DTypeError,
      message: expect.stringContaining('sheet.memo'),
    });
    expect(refusal(new ort.Tensor('uint4', new Uint8Array(1), [2]))).toMatchObject({
      kind: DTypeError,
      message: expect.stringContaining('unpack'),
    });
  });

  it('that are disposed or on a GPU are refused before their data is asked for', () => {
    const gone = new ort.Tensor('float32', [1], [1]);
    gone.dispose();
    expect(refusal(gone)).toMatchObject({ kind: SourceError, message: expect.stringContaining('disposed') });
    const onGpu = ort.Tensor.fromGpuBuffer({ size: 16, mapState: 'unmapped' } as never, {
      dataType: 'float32',
      dims: [4],
      download: () => Promise.resolve(new Float32Array(4)),
    });
    expect(refusal(onGpu)).toMatchObject({
      kind: SourceError,
      message: expect.stringMatching(/"gpu-buffer".*await t\.getData\(\) first/),
    });
  });

  it('are read after the remedy for a GPU tensor was followed', async () => {
    const onGpu = ort.Tensor.fromGpuBuffer({ size: 8, mapState: 'unmapped' } as never, {
      dataType: 'float32',
      dims: [2],
      download: () => Promise.resolve(new Float32Array([1, 2])),
    });
    await onGpu.getData();
    expect(read(onGpu).array).toEqual(new Float32Array([1, 2]));
  });
});

/**
 * A transformers.js Tensor: a Proxy whose only own key is `ort_tensor`; everything else comes from prototype getters.
 */
class HfTensor {
  readonly ort_tensor: ort.Tensor;

  constructor(type: ort.Tensor.Type, data: ort.Tensor.DataType, dims: readonly number[]) {
    this.ort_tensor = new ort.Tensor(type, data, dims);
    return new Proxy(this, {
      get: (target, key) =>
        typeof key === 'string' && Number.isInteger(Number(key)) ? 'row' : target[key as keyof HfTensor],
    });
  }

  get dims(): readonly number[] {
    return this.ort_tensor.dims;
  }

  get type(): ort.Tensor.Type {
    return this.ort_tensor.type;
  }

  get data(): ort.Tensor.DataType {
    return this.ort_tensor.data;
  }

  get location(): string {
    return this.ort_tensor.location;
  }
}

describe('transformers.js tensors', () => {
  it('are read through their Proxy, though ort_tensor is their only own key', () => {
    const tensor = new HfTensor('float32', new Float32Array([1, 2, 3, 4]), [2, 2]);
    expect(Object.keys(tensor)).toEqual(['ort_tensor']);
    expect(read(tensor)).toEqual({
      dtype: 'float32',
      shape: [2, 2],
      array: new Float32Array([1, 2, 3, 4]),
      fresh: false,
    });
  });

  it('that are rows of one buffer give their own row', () => {
    const rows = new Float32Array([1, 2, 3, 4, 5, 6]);
    const second = read(new HfTensor('float32', rows.subarray(3), [3]));
    expect([...second.array]).toEqual([4, 5, 6]);
    expect(second.array.byteOffset).toBe(12);
  });

  it('that were disposed are refused', () => {
    const tensor = new HfTensor('float32', new Float32Array(1), [1]);
    tensor.ort_tensor.dispose();
    expect(refusal(tensor).kind).toBe(SourceError);
  });
});

describe('tf tensors', () => {
  it('are read on the CPU in the dtypes tf has', () => {
    expect(
      read(
        tf.tensor([
          [1.5, 2],
          [3, 4],
        ]),
      ),
    ).toMatchObject({ dtype: 'float32', shape: [2, 2], array: new Float32Array([1.5, 2, 3, 4]) });
    expect(read(tf.tensor([1, -2], [2], 'int32'))).toMatchObject({ dtype: 'int32', array: new Int32Array([1, -2]) });
    expect(read(tf.greater(tf.tensor1d([1, 5]), 2))).toMatchObject({ dtype: 'bool', array: new Uint8Array([0, 1]) });
    expect(read(tf.scalar(3))).toMatchObject({ shape: [], array: new Float32Array([3]) });
    expect(read(tf.zeros([0, 4]))).toMatchObject({ shape: [0, 4], array: new Float32Array(0) });
  });

  it('cast without a copy by tf are read as their dtype, not as the array they share', () => {
    const shared = tf.cast(tf.tensor([1, 2], [2], 'int32'), 'float32');
    expect(shared.dataSync()).toBeInstanceOf(Int32Array);
    expect(read(shared)).toEqual({ dtype: 'float32', shape: [2], array: new Float32Array([1, 2]), fresh: true });
  });

  it('keep living after a read: the caller disposes them', () => {
    const tensor = tf.tensor1d([1, 2]);
    read(tensor);
    expect(tensor.isDisposed).toBe(false);
    tensor.dispose();
    expect(refusal(tensor)).toMatchObject({ kind: SourceError, message: expect.stringContaining('disposed') });
  });

  it('of complex numbers and strings are refused with a remedy', () => {
    expect(refusal(tf.complex([1], [2]))).toMatchObject({
      kind: DTypeError,
      message: expect.stringContaining('tf.real'),
    });
    expect(refusal(tf.tensor(['a']))).toMatchObject({ kind: DTypeError, message: expect.stringContaining('strings') });
  });

  it('whose backend stores bigints under a name of numbers are refused', () => {
    const odd = { dataId: {}, data: () => null, dataSync: () => new BigInt64Array(1), dtype: 'float32', shape: [1] };
    expect(refusal(odd)).toMatchObject({ kind: DTypeError, message: expect.stringContaining('its array holds int64') });
  });

  it('on a backend that cannot read synchronously are refused with the way to read them', () => {
    const tensor = tf.tensor1d([1, 2]);
    tensor.dataSync = () => {
      throw new Error('readSync is not supported');
    };
    expect(refusal(tensor)).toMatchObject({ kind: SourceError, message: expect.stringContaining('await t.data()') });
  });
});

/**
 * An object as ndarray 1.0 makes it: dtype, size, order and get are there, and only stride and offset tell the layout.
 */
function ndarray(data: ArrayLike<number>, shape: number[], stride: number[], offset = 0): Record<string, unknown> {
  return {
    data,
    shape,
    stride,
    offset,
    dtype: Array.isArray(data) ? 'array' : 'float64',
    dimension: shape.length,
    size: sizeOf(shape),
    order: shape.map((_, axis) => axis).reverse(),
    get: (...index: number[]) => data[index.reduce((at, i, axis) => at + i * stride[axis]!, offset)],
  };
}

describe('ndarray objects', () => {
  const data = new Float64Array([0, 1, 2, 3, 4, 5]);

  it('that are row-major are read in place, from their offset', () => {
    expect(read(ndarray(data, [2, 3], [3, 1]))).toEqual({ dtype: 'float64', shape: [2, 3], array: data, fresh: false });
    const tail = read(ndarray(data, [2, 2], [2, 1], 2));
    expect([...tail.array, tail.array.buffer === data.buffer]).toEqual([2, 3, 4, 5, true]);
    expect(read(ndarray(data, [1, 6], [99, 1])).array).toBe(data);
  });

  it('that are transposed, reversed, thinned out or broadcast give what get() gives', () => {
    expect([...read(ndarray(data, [3, 2], [1, 3])).array]).toEqual([0, 3, 1, 4, 2, 5]);
    expect([...read(ndarray(data, [6], [-1], 5)).array]).toEqual([5, 4, 3, 2, 1, 0]);
    expect([...read(ndarray(data, [2, 2], [3, 2])).array]).toEqual([0, 2, 3, 5]);
    expect([...read(ndarray(data, [2, 3], [0, 1])).array]).toEqual([0, 1, 2, 0, 1, 2]);
    expect([...read(ndarray([0, 1, 2, 3], [2, 2], [1, 2])).array]).toEqual([0, 2, 1, 3]);
    expect([...read({ ...ndarray(data, [3, 2], [1, 3]), stride: undefined, strides: [1, 3] }).array]).toEqual([
      0, 3, 1, 4, 2, 5,
    ]);
  });

  it('of any layout inside their data equal their get() at every index', () => {
    const axes = fc.array(
      fc.record({ length: fc.integer({ min: 0, max: 4 }), stride: fc.integer({ min: -9, max: 9 }) }),
      { maxLength: 4 },
    );
    fc.assert(
      fc.property(axes, fc.integer({ min: 0, max: 3 }), (layout, margin) => {
        const shape = layout.map((axis) => axis.length);
        const stride = layout.map((axis) => axis.stride);
        const reach = layout.map((axis) => Math.max(axis.length - 1, 0) * axis.stride);
        const offset = margin - reach.filter((r) => r < 0).reduce((a, b) => a + b, 0);
        const length = offset + reach.filter((r) => r > 0).reduce((a, b) => a + b, 0) + 1 + margin;
        const view = ndarray(
          Float64Array.from({ length }, (_, i) => i),
          shape,
          stride,
          offset,
        );
        const elements = read(view);
        const wanted = indices(shape).map((index) => (view['get'] as (...index: number[]) => number)(...index));
        expect(elements.shape).toEqual(shape);
        expect([...elements.array]).toEqual(wanted);
      }),
      { seed: 20, numRuns: 300 },
    );
  });

  it('that reach outside their data, or whose strides are of another rank, are refused', () => {
    expect(refusal(ndarray(data, [2, 3], [4, 1])).message).toContain('reads elements 0 to 6 of 6');
    expect(refusal(ndarray(data, [6], [-1], 4)).message).toContain('reads elements -1 to 4 of 6');
    expect(refusal(ndarray(data, [2, 3], [1])).kind).toBe(ShapeError);
    expect(refusal(ndarray(data, [2], [0.5])).kind).toBe(ShapeError);
  });
});

/** Every index of a shape, in row-major order. */
const indices = (shape: readonly number[]): number[][] =>
  shape.reduce<number[][]>(
    (all, length) => all.flatMap((index) => Array.from({ length }, (_, i) => [...index, i])),
    [[]],
  );

describe('plain objects', () => {
  it('are read by shape and dtype, or by dims and type', () => {
    expect(read({ data: new Int32Array([1, 2]), shape: [2, 1] })).toMatchObject({ dtype: 'int32', shape: [2, 1] });
    expect(read({ data: new Uint8Array([1, 0]), shape: [2], dtype: 'bool' })).toMatchObject({ dtype: 'bool' });
    expect(read({ data: [1, 2], dims: [2], type: 'int64' })).toMatchObject({
      dtype: 'int64',
      array: new BigInt64Array([1n, 2n]),
      fresh: true,
    });
    expect(read({ data: [1.5, 2], shape: [2] })).toMatchObject({ dtype: 'float32', array: new Float32Array([1.5, 2]) });
    expect(read({ data: [true, false], shape: [2] })).toMatchObject({ dtype: 'bool', array: new Uint8Array([1, 0]) });
  });

  it('may give dims as bigints, an integer array or one length', () => {
    const data = new Float32Array(6);
    expect(read({ data, type: 'float32', dims: [2n, 3n] }).shape).toEqual([2, 3]);
    expect(read({ data, type: 'float32', dims: new BigInt64Array([3n, 2n]) }).shape).toEqual([3, 2]);
    expect(read({ data, type: 'float32', dims: 6n }).shape).toEqual([6]);
    expect(Object.is(read({ data: [], shape: [-0] }).shape[0], 0)).toBe(true);
  });

  it('whose shape does not fit or is none are refused', () => {
    expect(refusal({ data: new Float32Array(6), shape: [2, 2] }).message).toBe(
      'tensor: 6 elements do not fill shape [2,2] of 4; give a shape whose product is 6.',
    );
    for (const shape of [[-1], [1.5], ['2'], [2n ** 70n], [{}], undefined, 'ab', Object.assign([], { length: 2 })])
      expect(refusal({ data: new Float32Array(6), shape }).kind).toBe(ShapeError);
    expect(refusal({ data: [], shape: [2 ** 20, 2 ** 20], stride: [0, 0] }).kind).toBe(LimitError);
  });

  it('whose name and array disagree, or whose numbers do not fit their type, are refused', () => {
    expect(refusal({ data: new Float64Array(2), dims: [2], type: 'float32' })).toMatchObject({
      kind: DTypeError,
      message: expect.stringContaining('its array holds float64; give a Float32Array'),
    });
    expect(refusal({ data: [1, 2.5], dims: [2], type: 'int32' }).message).toContain(
      'element 1 is 2.5, which int32 does not hold',
    );
    expect(refusal({ data: [256], dims: [1], type: 'uint8' }).kind).toBe(DTypeError);
    expect(refusal({ data: [2n ** 63n], dims: [1], type: 'int64' }).kind).toBe(DTypeError);
    expect(refusal({ data: [1, 'x'], shape: [2] }).kind).toBe(DTypeError);
    expect(refusal({ data: new Float32Array(1), dims: [1], type: 'quaternion' }).message).toContain('type quaternion');
    expect(refusal({ data: null, shape: [1] }).kind).toBe(SourceError);
  });

  it('that are no tensors are left to others', () => {
    for (const value of [
      null,
      3,
      'text',
      () => 1,
      {},
      [1, 2],
      { data: [1] },
      { shape: [1], data: () => [1] },
      new Map(),
    ]) {
      expect(readForeign(value, 'tensor')).toBeUndefined();
    }
  });
});

describe('arrays of every kind', () => {
  it('are of the dtype that is stored in them, also of 16 bits and of 64 without a sign', () => {
    for (const array of [Int16Array.of(-1), Uint16Array.of(0x3c00), BigUint64Array.of(2n ** 64n - 1n)])
      expect(read({ data: array, shape: [1] })).toMatchObject({ dtype: dtypeOfArray(array), array });
    expect(read({ data: Uint16Array.of(0x3c00), shape: [1], dtype: 'float16' })).toMatchObject({ dtype: 'float16' });
  });

  it('of Float16Array are taken as its bits', () => {
    // It comes with Node 24; the tag tells it there, and stands for it on older ones.
    class Half extends Uint16Array {
      override get [Symbol.toStringTag](): 'Uint16Array' {
        return 'Float16Array' as 'Uint16Array';
      }
    }
    expect(read({ data: Half.of(0x3c00), shape: [1] })).toMatchObject({
      dtype: 'float16',
      array: Uint16Array.of(0x3c00),
    });
  });

  it.skipIf(!('Float16Array' in globalThis))(
    'of Float16Array are taken where the language has it, bare or in a tensor (needs Node 24)',
    () => {
      const Float16 = (globalThis as unknown as { Float16Array: Uint16ArrayConstructor }).Float16Array;
      for (const value of [
        { data: Float16.of(1, -2), shape: [2] },
        new ort.Tensor('float16', Float16.of(1, -2), [2]),
      ]) {
        expect(read(value)).toMatchObject({ dtype: 'float16', array: Uint16Array.of(0x3c00, 0xc000) });
      }
    },
  );

  it('are seen as plain arrays: a Buffer, clamped bytes, a DataView, shared memory', () => {
    const buffer = Buffer.from([1, 2, 3, 4]);
    const bytes = read({ data: buffer.subarray(1), shape: [3] });
    expect([bytes.dtype, ...bytes.array]).toEqual(['uint8', 2, 3, 4]);
    expect(bytes.array.slice().buffer).not.toBe(buffer.buffer);
    expect(read({ data: new Uint8ClampedArray([7]), shape: [1] }).array.constructor).toBe(Uint8Array);
    expect(read(new DataView(new Uint8Array([5, 6, 7]).buffer, 1))).toMatchObject({
      dtype: 'uint8',
      shape: [2],
      array: new Uint8Array([6, 7]),
    });
    const shared = new Float32Array(new SharedArrayBuffer(8));
    shared[1] = 4;
    expect([...read({ data: shared, shape: [2] }).array]).toEqual([0, 4]);
  });

  it('whose memory was transferred or shrunk away are refused, never read as empty', () => {
    const detached = new Float32Array(2);
    structuredClone(detached.buffer, { transfer: [detached.buffer] });
    expect(refusal({ data: detached, shape: [0] })).toMatchObject({
      kind: SourceError,
      message: expect.stringContaining('transferred'),
    });
    const Resizable = ArrayBuffer as unknown as new (
      length: number,
      options: { maxByteLength: number },
    ) => ArrayBuffer & { resize(length: number): void };
    const buffer = new Resizable(16, { maxByteLength: 16 });
    const fixed = new Float32Array(buffer, 8, 2);
    buffer.resize(8);
    expect(refusal({ data: fixed, shape: [0] }).kind).toBe(SourceError);
    expect(read({ data: new Float32Array(buffer), shape: [2] }).array.length).toBe(2);
  });
});

describe('as', () => {
  const elements = (dtype: DType, shape: number[], array = counted(dtype, sizeOf(shape))): Elements => ({
    dtype,
    shape,
    array,
    fresh: true,
  });

  it('makes onnxruntime tensors of every dtype that read back equal', () => {
    for (const dtype of EXCHANGED) {
      for (const shape of [[2, 3], [], [0, 2]]) {
        const given = elements(dtype, shape);
        const tensor = exportAs(ort.Tensor, given);
        expectTypeOf(tensor).toEqualTypeOf<ort.Tensor>();
        expect(tensor).toBeInstanceOf(ort.Tensor);
        expect(read(tensor)).toEqual({ ...given, fresh: false });
      }
    }
  });

  it('makes transformers.js tensors, through their Proxy', () => {
    const tensor = exportAs(HfTensor, elements('float32', [2, 2]));
    expectTypeOf(tensor).toEqualTypeOf<HfTensor>();
    expect([...tensor.dims, ...(tensor.data as Float32Array)]).toEqual([2, 2, 0, 1, 2, 3]);
  });

  it('says that tf needs a backend where it has none that runs', () => {
    const bare = {
      tensor: () => {
        throw new TypeError('No backend found in registry.');
      },
    };
    expect(() => exportAs(bare as never, elements('float32', [2]))).toThrow(
      new RegExp(
        /^as: tf made no tensor \(No backend found in registry\.\); import a backend and start it /.source +
          /first: await tf\.setBackend\('cpu'\)\.$/.source,
      ),
    );
  });

  it('makes tf tensors, 8-bit integers widened exactly', () => {
    for (const [dtype, held] of [
      ['float32', 'float32'],
      ['int32', 'int32'],
      ['bool', 'bool'],
      ['uint8', 'int32'],
      ['int8', 'int32'],
    ] as const) {
      const tensor = exportAs(tf, elements(dtype, [2, 3]));
      expectTypeOf(tensor).toExtend<tf.Tensor>();
      expect([tensor.dtype, tensor.shape, ...tensor.dataSync()]).toEqual([held, [2, 3], ...counted(dtype, 6)]);
    }
    expect(exportAs(tf, elements('float32', [])).shape).toEqual([]);
    expect([...exportAs(tf, elements('int8', [1], new Int8Array([-5]))).dataSync()]).toEqual([-5]);
  });

  it('refuses for tf what tf would change', () => {
    expect(() => exportAs(tf, elements('float64', [1]))).toThrow("as: tf has no float64; use astype('float32') first.");
    expect(() => exportAs(tf, elements('int64', [1]))).toThrow("as: tf has no int64; use astype('int32') first.");
    expect(() => exportAs(tf, elements('uint32', [1]))).toThrow(DTypeError);
  });

  it('never aliases an array that is not marked fresh, nor the shape', () => {
    const kept = new Float32Array([1, 2]);
    const shape = [2];
    const tensor = exportAs(ort.Tensor, { dtype: 'float32', shape, array: kept, fresh: false });
    (tensor.data as Float32Array)[0] = 9;
    (tensor.dims as number[])[0] = 1;
    const onTf = exportAs(tf, { dtype: 'float32', shape, array: kept, fresh: false });
    onTf.dataSync()[1] = 9;
    expect([...kept, ...shape]).toEqual([1, 2, 2]);
  });

  it('refuses classes that are no such Tensor class', () => {
    for (const other of [tf.Tensor, Map, Float32Array, {}, null, () => 1]) {
      expect(() => exportAs(other as never, elements('float32', [2]))).toThrow(SourceError);
    }
  });
});
