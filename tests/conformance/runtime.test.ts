// Operators whose vectors are few, beside onnxruntime: shapes, attributes and values that no vector has.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SymbolicSheet, type TypedArray } from '../../src/index.ts';
import type { DType } from '../../src/core/tensor/dtype.ts';
import { drawFrom } from '../../src/testing/random.ts';
import { readModel } from '../../src/onnx/model.ts';
import type { OnnxTensor } from '../../src/onnx/protobuf.ts';
import { differenceOf, judgeVector, mapVector } from './vectors.ts';
import { type Given, type Port, writeFloats, writeModel } from './write-model.ts';

/** Elements that go in: drawn for a shape, of 0 and 1 alone, given, or left out. */
type Input =
  | readonly number[]
  | { readonly ints: readonly number[] }
  | { readonly whole: readonly number[] }
  | { readonly share: readonly number[] }
  | { readonly few: readonly number[] }
  | null;

interface Case {
  readonly inputs: readonly Input[];
  readonly attributes?: Readonly<Record<string, Given>>;
  /** Dtypes of the outputs; '' for one that is left out. */
  readonly outputs?: readonly string[];
  readonly opset?: number;
}

const x2 = [2, 4, 7, 6];
const pads = [1, 0, 2, 1];

const CASES: Readonly<Record<string, readonly Case[]>> = {
  Conv: [
    { inputs: [x2, [6, 2, 3, 2], [6]], attributes: { group: 2, pads, strides: [2, 1], dilations: [1, 2] } },
    {
      inputs: [
        [1, 3, 9],
        [4, 3, 3],
      ],
      attributes: { auto_pad: 'SAME_UPPER', strides: [2] },
    },
    {
      inputs: [
        [1, 2, 4, 5, 3],
        [3, 2, 2, 2, 2],
      ],
      attributes: { auto_pad: 'VALID' },
    },
    { inputs: [x2, [5, 4, 1, 1], [5]] },
    { inputs: [x2, [4, 1, 3, 3]], attributes: { group: 4, auto_pad: 'SAME_LOWER', strides: [2, 3] } },
  ],
  ConvTranspose: [
    { inputs: [x2, [4, 3, 3, 2], [6]], attributes: { group: 2, strides: [2, 3], pads, output_padding: [1, 0] } },
    {
      inputs: [
        [1, 2, 5],
        [2, 3, 3],
      ],
      attributes: { dilations: [2], strides: [2] },
    },
    {
      inputs: [
        [1, 2, 4, 4],
        [2, 1, 3, 3],
      ],
      attributes: { strides: [2, 2], auto_pad: 'SAME_UPPER' },
    },
    {
      inputs: [
        [1, 2, 3, 3],
        [2, 2, 3, 3],
      ],
      attributes: { strides: [3, 2], output_shape: [10, 8] },
    },
  ],
  MaxPool: [
    {
      inputs: [x2],
      attributes: { kernel_shape: [3, 2], strides: [2, 2], pads: [1, 0, 1, 1], ceil_mode: 1 },
      outputs: ['float32', 'int64'],
    },
    { inputs: [x2], attributes: { kernel_shape: [2, 2], storage_order: 1 }, outputs: ['float32', 'int64'] },
    { inputs: [[1, 2, 11]], attributes: { kernel_shape: [3], dilations: [2], strides: [3] } },
  ],
  AveragePool: [
    {
      inputs: [[1, 2, 5, 6, 4]],
      attributes: { kernel_shape: [2, 3, 2], strides: [2, 1, 3], pads: [1, 0, 1, 1, 2, 0] },
    },
    { inputs: [x2], attributes: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1], count_include_pad: 1 } },
  ],
  LpPool: [
    { inputs: [x2], attributes: { kernel_shape: [3, 2], strides: [2, 1], p: 3 }, opset: 18 },
    { inputs: [x2], attributes: { kernel_shape: [2, 2], pads: [1, 1, 0, 0] }, opset: 18 },
  ],
  GlobalLpPool: [{ inputs: [x2], attributes: { p: 3 }, opset: 18 }],
  Pad: [
    { inputs: [[3, 4], { whole: [1, 0, 2, 3] }], attributes: { mode: 'reflect' } },
    { inputs: [[3, 4], { whole: [2, 1] }, null, { whole: [-1] }], attributes: { mode: 'edge' } },
    { inputs: [[3, 4], { whole: [2, 0, 1, 3] }], attributes: { mode: 'wrap' }, opset: 19 },
  ],
  InstanceNormalization: [{ inputs: [x2, [4], [4]], attributes: { epsilon: 0.01 } }],
  GroupNormalization: [{ inputs: [x2, [4], [4]], attributes: { num_groups: 2 }, opset: 21 }],
  LayerNormalization: [{ inputs: [x2, [7, 6], [7, 6]], attributes: { axis: 2 }, opset: 17 }],
  BatchNormalization: [{ inputs: [x2, [4], [4], [4], { share: [1, 2, 0.5, 3] }], opset: 15 }],
  Celu: [{ inputs: [x2], attributes: { alpha: 0.7 } }],
  Selu: [{ inputs: [x2] }],
  Gelu: [{ inputs: [x2], attributes: { approximate: 'tanh' } }, { inputs: [x2] }],
  Mish: [{ inputs: [x2] }],
  Softsign: [{ inputs: [x2] }],
  HardSwish: [{ inputs: [x2] }],
  HardSigmoid: [{ inputs: [x2], attributes: { alpha: 0.3, beta: 0.4 } }],
  ThresholdedRelu: [{ inputs: [x2], attributes: { alpha: 0.3 } }],
  NegativeLogLikelihoodLoss: [
    { inputs: [[3, 5], { whole: [1, 0, 4] }, [5]] },
    { inputs: [[3, 5], { whole: [1, 0, 4] }], attributes: { ignore_index: 0 } },
  ],
  SoftmaxCrossEntropyLoss: [
    { inputs: [[3, 5], { whole: [1, 2, 4] }, [5]], attributes: { ignore_index: 2 }, outputs: ['float32', 'float32'] },
    { inputs: [[3, 5], { whole: [1, 2, 4] }], attributes: { reduction: 'none' } },
  ],
  DepthToSpace: [
    { inputs: [[2, 12, 2, 3]], attributes: { blocksize: 2, mode: 'DCR' }, opset: 13 },
    { inputs: [[2, 12, 2, 3]], attributes: { blocksize: 2, mode: 'CRD' }, opset: 13 },
  ],
  SpaceToDepth: [{ inputs: [[2, 3, 4, 6]], attributes: { blocksize: 2 }, opset: 13 }],
  Resize: [
    { inputs: [x2, null, { share: [1, 1, 1.7, 0.6] }], attributes: { mode: 'linear' }, opset: 19 },
    {
      inputs: [x2, null, null, { whole: [2, 4, 3, 11] }],
      attributes: { mode: 'cubic', coordinate_transformation_mode: 'align_corners' },
      opset: 19,
    },
    {
      inputs: [x2, null, null, { whole: [2, 4, 9, 4] }],
      attributes: { mode: 'nearest', nearest_mode: 'ceil', coordinate_transformation_mode: 'asymmetric' },
      opset: 19,
    },
    { inputs: [x2, null, { share: [1, 1, 2, 2] }], attributes: { mode: 'nearest' }, opset: 19 },
    {
      inputs: [x2, null, null, { whole: [2, 4, 1, 13] }],
      attributes: { mode: 'linear', coordinate_transformation_mode: 'pytorch_half_pixel' },
      opset: 19,
    },
  ],
  RNN: [
    {
      inputs: [[4, 2, 3], [2, 5, 3], [2, 5, 5], [2, 10], { ints: [4, 2] }, [2, 2, 5]],
      attributes: { hidden_size: 5, direction: 'bidirectional' },
      outputs: ['float32', 'float32'],
    },
    {
      inputs: [
        [4, 2, 3],
        [1, 5, 3],
        [1, 5, 5],
      ],
      attributes: { hidden_size: 5, activations: ['Relu'] },
    },
  ],
  GRU: [
    {
      inputs: [[4, 2, 3], [2, 15, 3], [2, 15, 5], [2, 30], { ints: [3, 4] }, [2, 2, 5]],
      attributes: { hidden_size: 5, direction: 'bidirectional', linear_before_reset: 1 },
      outputs: ['float32', 'float32'],
    },
    {
      inputs: [
        [4, 2, 3],
        [1, 15, 3],
        [1, 15, 5],
        [1, 30],
      ],
      attributes: { hidden_size: 5, direction: 'reverse' },
      outputs: ['', 'float32'],
    },
  ],
  LSTM: [
    {
      inputs: [[4, 2, 3], [2, 20, 3], [2, 20, 5], [2, 40], { ints: [4, 2] }, [2, 2, 5], [2, 2, 5], [2, 15]],
      attributes: { hidden_size: 5, direction: 'bidirectional' },
      outputs: ['float32', 'float32', 'float32'],
    },
    {
      inputs: [
        [4, 2, 3],
        [1, 20, 3],
        [1, 20, 5],
      ],
      attributes: { hidden_size: 5 },
    },
  ],
  GridSample: [
    {
      inputs: [
        [2, 3, 4, 5],
        [2, 3, 2, 2],
      ],
    },
    {
      inputs: [
        [2, 3, 4, 5],
        [2, 3, 2, 2],
      ],
      attributes: { mode: 'nearest', padding_mode: 'reflection' },
    },
    {
      inputs: [
        [1, 2, 4, 5],
        [1, 6, 3, 2],
      ],
      attributes: { mode: 'cubic', padding_mode: 'border', align_corners: 1 },
    },
    {
      inputs: [
        [1, 2, 4, 5],
        [1, 6, 3, 2],
      ],
      attributes: { mode: 'cubic', padding_mode: 'reflection' },
    },
    {
      inputs: [
        [1, 2, 4, 5],
        [1, 6, 3, 2],
      ],
      attributes: { padding_mode: 'reflection', align_corners: 1 },
    },
    {
      inputs: [
        [1, 2, 3, 4, 5],
        [1, 2, 3, 2, 3],
      ],
      attributes: { align_corners: 1 },
    },
  ],
  Unique: [
    { inputs: [{ few: [6, 2] }], outputs: ['float32', 'int64', 'int64', 'int64'], attributes: { axis: 0 } },
    {
      inputs: [{ few: [2, 5, 2] }],
      outputs: ['float32', 'int64', 'int64', 'int64'],
      attributes: { axis: -2, sorted: 0 },
    },
    { inputs: [{ few: [2, 7] }], outputs: ['float32', '', '', 'int64'], attributes: { axis: 1, sorted: 0 } },
  ],
};

const random = drawFrom(11);

const shapeOf = (input: Exclude<Input, null>, length: number): readonly number[] =>
  'few' in input ? input.few : Array.isArray(input) ? (input as number[]) : [length];

function elements(input: Exclude<Input, null>, name: string): OnnxTensor {
  const draw = (size: number): Float32Array => Float32Array.from({ length: size }, () => (random() - 0.5) * 2);
  const array: TypedArray =
    'ints' in input
      ? Int32Array.from(input.ints)
      : 'whole' in input
        ? BigInt64Array.from(input.whole, BigInt)
        : 'share' in input
          ? Float32Array.from(input.share)
          : 'few' in input
            ? draw(input.few.reduce((a, n) => a * n, 1)).map((x) => Number(x > 0))
            : draw(input.reduce((a, n) => a * n, 1));
  const dtype = 'ints' in input ? 'int32' : 'whole' in input ? 'int64' : 'float32';
  return { name, elementType: dtype, dtype, shape: shapeOf(input, array.length), array };
}

async function runtimeOf(model: Uint8Array, inputs: readonly OnnxTensor[]): Promise<OnnxTensor[]> {
  const session = await ort.InferenceSession.create(model, { logSeverityLevel: 3 });
  const results = await session.run(
    Object.fromEntries(
      inputs.map(({ name, dtype, array, shape }) => [name, new ort.Tensor(dtype as 'float32', array as never, shape)]),
    ),
  );
  return session.outputNames.map((name) => {
    const { type, dims, data } = results[name]!;
    return { name, elementType: type, dtype: type as DType, shape: dims, array: data as unknown as TypedArray };
  });
}

describe('beside onnxruntime', () => {
  let sheet: SymbolicSheet;
  beforeAll(async () => {
    sheet = await SymbolicSheet.open({ devices: ['js'], store: 'memory' });
  });
  afterAll(() => sheet.close());

  it.each(Object.entries(CASES))('%s gives the same', async (operator, cases) => {
    for (const [at, { inputs, attributes = {}, outputs = ['float32'], opset = 22 }] of cases.entries()) {
      const given = inputs.map((input, i) => (input === null ? undefined : elements(input, `x${i}`)));
      const ports = given.map((input): Port => (input === undefined ? { name: '', dtype: '' } : (input as Port)));
      const wanted = outputs.map((dtype, i): Port => ({ name: dtype === '' ? '' : `y${i}`, dtype }));
      const written = writeModel(operator, opset, ports, wanted, attributes);
      const present = given.filter((input) => input !== undefined);
      const results = await runtimeOf(written, present);
      const vector = { name: operator, family: operator, model: readModel(written), inputs: present, outputs: results };
      const got = await mapVector(sheet, vector);
      if (typeof got === 'string') expect.fail(`case ${at} is not mapped: ${got}`);
      expect(got.length).toBe(results.length);
      for (const [i, want] of results.entries())
        expect(await differenceOf(operator, got[i]!, want), `case ${at}, output ${i}`).toBeUndefined();
    }
  });
});

describe('a vector', () => {
  let sheet: SymbolicSheet;
  const folder = mkdtempSync(join(tmpdir(), 'vectors-'));
  beforeAll(async () => {
    sheet = await SymbolicSheet.open({ devices: ['js'], store: 'memory' });
  });
  afterAll(async () => {
    await sheet.close();
    rmSync(folder, { recursive: true });
  });

  it.each([
    ['up', [0, 124, 125, 126, 128, 128, 129, 130, 254, 255]],
    ['down', [0, 123, 125, 126, 127, 128, 129, 130, 254, 255]],
    ['nearest', [0, 124, 125, 126, 127, 128, 129, 130, 254, 255]],
  ])('casts to powers of two, %s', async (mode, codes) => {
    const values = [0, 0.124, 0.25, 0.5, 1.1, 2, -4, 8, 3e38, Infinity];
    const x = { name: 'x0', elementType: 'float32', dtype: 'float32', shape: [10], array: Float32Array.from(values) };
    const ports = ['float32', 'float8e8m0'].map((dtype, i): Port => ({ name: `x${i}`, dtype }));
    const written = writeModel('Cast', 24, [ports[0]!], [ports[1]!], { to: 24, round_mode: mode });
    const given = [x as OnnxTensor];
    const got = await mapVector(sheet, {
      name: 'Cast',
      family: 'Cast',
      model: readModel(written),
      inputs: given,
      outputs: given,
    });
    expect(typeof got === 'string' ? got : await got[0]!.toArray()).toEqual(
      codes.map((code) => (code === 255 ? NaN : 2 ** (code - 127))),
    );
  });

  it.each([
    ['Relu', [0, 2], 'passed', undefined],
    ['Relu', [0, 3], 'failed', 'output 0: element 1 is 2, not 3'],
    ['NoSuchOperator', [0, 2], 'not mapped', 'no row or composition'],
  ] as const)('of %s that wants %j is %s', async (operator, wanted, outcome, reason) => {
    const data = join(folder, operator, 'test_data_set_0');
    const ports = ['x', 'y'].map((name): Port => ({ name, dtype: 'float32', shape: [2] }));
    mkdirSync(data, { recursive: true });
    writeFileSync(join(folder, operator, 'model.onnx'), writeModel(operator, 22, [ports[0]!], [ports[1]!], {}));
    writeFileSync(join(data, 'input_0.pb'), writeFloats([2], [-1, 2]));
    writeFileSync(join(data, 'output_0.pb'), writeFloats([2], wanted));
    expect(await judgeVector(sheet, folder, operator)).toMatchObject({
      family: operator,
      outcome,
      ...(reason && { reason }),
    });
  });
});
