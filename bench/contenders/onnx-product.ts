// Products by onnxruntime-node's WebGPU provider: a model of one node, encoded here. Arrays go in and come back; it
// keeps nothing on the device.
import type { Contender } from '../measure/harness.ts';
import type { Product } from './foreign-products.ts';
import { installed } from './rivals.ts';

interface OrtTensor {
  readonly data: Float32Array;
}
interface Ort {
  readonly Tensor: new (dtype: 'float32', elements: Float32Array, shape: readonly number[]) => OrtTensor;
  readonly InferenceSession: {
    create(
      model: Uint8Array,
      options: object,
    ): Promise<{ run(feeds: Readonly<Record<string, OrtTensor>>): Promise<Readonly<Record<string, OrtTensor>>> }>;
  };
}

/** A product by onnxruntime, ready to run, or why it cannot. */
export async function onnxProduct({
  a,
  b,
  m,
  n,
  k,
}: Product): Promise<{ readonly contender: Contender; multiply(): Promise<Float32Array> } | string> {
  try {
    const ort = (await installed('onnxruntime-node')) as Ort;
    const session = await ort.InferenceSession.create(PRODUCT_MODEL, {
      executionProviders: ['webgpu'],
      logSeverityLevel: 3,
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    });
    const feeds = { A: new ort.Tensor('float32', a, [m, k]), B: new ort.Tensor('float32', b, [k, n]) };
    const multiply = async (): Promise<Float32Array> => (await session.run(feeds))['Y']!.data;
    await multiply();
    const run = async (calls: number): Promise<void> => {
      for (let i = 0; i < calls; i++) await multiply();
    };
    return { contender: { name: 'onnx', maxCalls: 200, run }, multiply };
  } catch (error) {
    return (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
  }
}

// Protocol buffers as far as a model of one node needs them: numbers of seven bits a byte, and fields that say their
// length.
const number = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) | 128, ...number(Math.floor(value / 128))];
const numberField = (field: number, value: number): number[] => [...number(field * 8), ...number(value)];
const bytesField = (field: number, bytes: readonly number[]): number[] => [
  ...number(field * 8 + 2),
  ...number(bytes.length),
  ...bytes,
];
const textField = (field: number, text: string): number[] => bytesField(field, [...new TextEncoder().encode(text)]);

const FLOAT = 1;
const matrix = (name: string, rows: string, columns: string): number[] => {
  const shape = bytesField(
    2,
    [rows, columns].flatMap((extent) => bytesField(1, textField(2, extent))),
  );
  return [...textField(1, name), ...bytesField(2, bytesField(1, [...numberField(1, FLOAT), ...shape]))];
};

/** Y[M×N] = A[M×K] · B[K×N] for any M, N and K: ONNX IR 8, operator set 17. */
const PRODUCT_MODEL = ((): Uint8Array => {
  const node = [...textField(1, 'A'), ...textField(1, 'B'), ...textField(2, 'Y'), ...textField(4, 'MatMul')];
  const graph = [
    ...bytesField(1, node),
    ...textField(2, 'product'),
    ...bytesField(11, matrix('A', 'M', 'K')),
    ...bytesField(11, matrix('B', 'K', 'N')),
    ...bytesField(12, matrix('Y', 'M', 'N')),
  ];
  return Uint8Array.from([
    ...numberField(1, 8),
    ...bytesField(8, [...textField(1, ''), ...numberField(2, 17)]),
    ...bytesField(7, graph),
  ]);
})();
