// Whole ONNX models on a sheet, beside onnxruntime: what they give, what of them is computed again, what is refused.
import * as ort from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SheetError, SymbolicSheet, type Tensor } from '../../src/index.ts';
import { loadOnnx, onnxProgram, runOnnx } from '../../src/onnx.ts';
import { drawFrom } from '../../src/testing/random.ts';
import { type Port, type Weight, writeGraph, type WrittenNode } from '../conformance/write-model.ts';
import { partsOf } from '../parts.ts';

const random = drawFrom(5);
const draw = (shape: readonly number[]): number[] =>
  Array.from({ length: shape.reduce((a, n) => a * n, 1) }, () => (random() - 0.5) * 2);
const weight = (name: string, ...shape: number[]): Weight => ({ name, shape, values: draw(shape) });
const whole = (name: string, ...values: number[]): Weight => ({
  name,
  shape: [values.length],
  values: BigInt64Array.from(values, BigInt),
});
const node = (
  operator: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: WrittenNode['attributes'] = {},
): WrittenNode => ({ operator, inputs, outputs, attributes });
const port = (name: string, shape?: readonly number[]): Port => ({ name, dtype: 'float32', ...(shape && { shape }) });

/** A model as it is written, and the shapes of its inputs. */
interface Written {
  readonly bytes: Uint8Array;
  readonly inputs: Readonly<Record<string, readonly number[]>>;
}

const written = (
  nodes: readonly WrittenNode[],
  weights: readonly Weight[],
  inputs: Readonly<Record<string, readonly number[]>>,
  outputs: readonly string[],
): Written => ({
  bytes: writeGraph(
    nodes,
    weights,
    Object.entries(inputs).map(([name, shape]) => port(name, shape)),
    outputs.map((name) => port(name)),
  ),
  inputs,
});

const backbone = [weight('w1', 6, 8), weight('b1', 8), weight('w2', 8, 8), weight('b2', 8)];
const mlp = (head: Weight): Written =>
  written(
    [
      node('Gemm', ['x', 'w1', 'b1'], ['a']),
      node('Relu', ['a'], ['h']),
      node('Gemm', ['h', 'w2', 'b2'], ['c'], { alpha: 0.5, transB: 1 }),
      node('Tanh', ['c'], ['d']),
      node('MatMul', ['d', 'head'], ['y']),
      node('Softmax', ['y'], ['p']),
    ],
    [...backbone, head],
    { x: [5, 6] },
    ['p'],
  );

/** The batch of the reshape is read off the input, as exporters write it. */
const cnn = written(
  [
    node('Conv', ['x', 'k', 'kb'], ['a'], { pads: [1, 1, 1, 1] }),
    node('BatchNormalization', ['a', 'scale', 'bias', 'mean', 'var'], ['n']),
    node('Relu', ['n'], ['r']),
    node('MaxPool', ['r'], ['m'], { kernel_shape: [2, 2], strides: [2, 2] }),
    node('Shape', ['m'], ['s']),
    node('Gather', ['s', 'zero'], ['batch']),
    node('Concat', ['batch', 'rest'], ['to'], { axis: 0 }),
    node('Reshape', ['m', 'to'], ['flat']),
    node('Gemm', ['flat', 'w', ''], ['y']),
    node('Split', ['y'], ['left', 'right'], { axis: 1, num_outputs: 2 }),
  ],
  [
    weight('k', 4, 2, 3, 3),
    weight('kb', 4),
    ...['scale', 'bias', 'mean'].map((name) => weight(name, 4)),
    { name: 'var', shape: [4], values: [1, 2, 0.5, 3] },
    whole('zero', 0),
    whole('rest', -1),
    weight('w', 36, 6),
  ],
  { x: [2, 2, 6, 6] },
  ['left', 'right', 'm'],
);

const gru = written(
  [
    node('GRU', ['x', 'w', 'r', 'b', '', 'h'], ['', 'last'], { hidden_size: 5, linear_before_reset: 1 }),
    node('Squeeze', ['last', 'axis'], ['s']),
    node('Constant', [], ['half'], { value_float: { float: 0.5 } }),
    node('Mul', ['s', 'half'], ['y']),
  ],
  [weight('w', 1, 15, 3), weight('r', 1, 15, 5), weight('b', 1, 30), whole('axis', 0)],
  { x: [4, 2, 3], h: [1, 2, 5] },
  ['y'],
);

const head = weight('head', 8, 3);
const MODELS: Readonly<Record<string, Written>> = { 'a perceptron': mlp(head), 'a convolutional network': cnn, gru };

describe('a model', () => {
  let sheet: SymbolicSheet;
  beforeAll(async () => {
    sheet = await SymbolicSheet.open({ devices: ['js'], store: 'memory' });
  });
  afterAll(() => sheet.close());

  it.each(Object.entries(MODELS))('gives what onnxruntime gives: %s', async (_, { bytes, inputs }) => {
    const given = Object.entries(inputs).map(([name, shape]) => [name, Float32Array.from(draw(shape)), shape] as const);
    const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 });
    const wanted = await session.run(
      Object.fromEntries(given.map(([name, array, shape]) => [name, new ort.Tensor('float32', array, shape)])),
    );
    const program = onnxProgram(sheet, loadOnnx(bytes));
    expect(program.inputs.map(({ name }) => name)).toEqual(Object.keys(inputs));
    const got = await program.run(
      Object.fromEntries(given.map(([name, array, shape]) => [name, sheet.tensor(array, shape)])),
    );
    expect(Object.keys(got)).toEqual(session.outputNames);
    for (const [name, { dims, data }] of Object.entries(wanted)) {
      expect(got[name]!.shape).toEqual(dims);
      const elements = [...(await got[name]!.data())].map(Number);
      for (const [i, x] of [...(data as Float32Array)].entries())
        expect(Math.abs(elements[i]! - x)).toBeLessThan(1e-5 * (1 + Math.abs(x)));
    }
  });

  it('with another head computes the head alone', async () => {
    await using own = await SymbolicSheet.open({ devices: ['js'], store: 'memory' });
    Object.assign(partsOf(own), { admission: () => 'admit' });
    const input = draw([5, 6]);
    const kernelCalls = async ({ bytes }: Written): Promise<number> => {
      const before = own.stats().counters.kernelCalls;
      const { p } = await runOnnx(own, loadOnnx(bytes), { x: own.tensor(Float32Array.from(input), [5, 6]) });
      await p!.data();
      return own.stats().counters.kernelCalls - before;
    };
    const whole = await kernelCalls(mlp(head));
    expect(await kernelCalls(mlp(head))).toBe(0);
    const changed = await kernelCalls(mlp(weight('head', 8, 3)));
    expect(changed).toBeGreaterThan(0);
    expect(changed).toBeLessThanOrEqual(whole - 2);
  });

  it('that is loaded again finds all its layers, small weights and constants among them', async () => {
    await using own = await SymbolicSheet.open({ devices: ['js'], store: 'memory' });
    Object.assign(partsOf(own), { admission: () => 'admit' });
    const { bytes } = written(
      [
        node('Conv', ['x', 'k', ''], ['a'], { pads: [1, 1, 1, 1] }),
        node('BatchNormalization', ['a', 'scale', 'bias', 'mean', 'var'], ['n']),
        node('Constant', [], ['shift'], { value_float: { float: 0.5 } }),
        node('Add', ['n', 'shift'], ['y']),
      ],
      [
        weight('k', 4, 2, 3, 3),
        ...['scale', 'bias', 'mean'].map((name) => weight(name, 4)),
        { name: 'var', shape: [4], values: [1, 2, 0.5, 3] },
      ],
      { x: [2, 2, 48, 48] },
      ['y'],
    );
    const x = own.tensor(Float32Array.from(draw([2, 2, 48, 48])), [2, 2, 48, 48]);
    const kernelCalls = async (program: ReturnType<typeof onnxProgram>): Promise<number> => {
      const before = own.stats().counters.kernelCalls;
      await (await program.run({ x }))['y']!.data();
      return own.stats().counters.kernelCalls - before;
    };
    const program = onnxProgram(own, loadOnnx(bytes));
    expect(await kernelCalls(program)).toBeGreaterThan(0);
    expect(await kernelCalls(program)).toBe(0);
    expect(await kernelCalls(onnxProgram(own, loadOnnx(bytes)))).toBe(0);
  });

  it('gives any value of it, and needs no more than that value does', async () => {
    const model = loadOnnx(mlp(head).bytes);
    const x = sheet.tensor(Float32Array.from(draw([5, 6])), [5, 6]);
    const backboneAlone = onnxProgram(sheet, model, { outputs: ['d', 'h'] });
    const { d, h } = await backboneAlone.run({ x });
    const { p } = await runOnnx(sheet, model, { x });
    const heads = sheet.tensor(Float32Array.from(head.values as number[]), [8, 3]);
    expect([...(await d!.matmul(heads).softmax().data())]).toEqual([...(await p!.data())]);
    expect(h!.shape).toEqual([5, 8]);
    const tail = onnxProgram(sheet, model, { outputs: ['w1'] });
    expect(tail.inputs).toEqual([]);
    expect((await tail.run({}))['w1']!.shape).toEqual([6, 8]);
    expect(() => onnxProgram(sheet, model, { outputs: ['q1'] })).toThrow(/no value "q1"; did you mean "w1"\?/);
  });

  it('has operators of the program’s own', async () => {
    const graph = writeGraph([{ ...node('Twice', ['x'], ['y']), domain: 'own' }], [], [port('x', [2])], [port('y')]);
    const model = loadOnnx(graph);
    const operators = { 'own.Twice': (on: { tensor(place: number): Tensor }) => on.tensor(0).multiply(2) };
    const { y } = await runOnnx(sheet, model, { x: sheet.tensor([1, 2]) }, { operators });
    expect(await y!.toArray()).toEqual([2, 4]);
  });
});

describe('what is refused', () => {
  let sheet: SymbolicSheet;
  beforeAll(async () => {
    sheet = await SymbolicSheet.open({ devices: ['js'], store: 'memory' });
  });
  afterAll(() => sheet.close());

  it('is all that a model needs and is not there, at once', () => {
    const nodes = [node('StringSplit', ['x'], ['a']), { ...node('Own', ['a', 'lost'], ['y']), domain: 'com.mine' }];
    const model = loadOnnx(writeGraph(nodes, [], [{ ...port('x'), dtype: 'string' }], [port('y'), port('z')]));
    expect(() => onnxProgram(sheet, model)).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_OP',
        details: {
          operators: [
            { operator: 'StringSplit', domain: '', opset: 22, node: 'a' },
            { operator: 'com.mine.Own', domain: 'com.mine', opset: 0, node: 'y' },
          ],
          dtypes: ['string'],
          names: ['lost', 'z'],
        },
        message: expect.stringContaining('StringSplit (ai.onnx opset 22, node "a"), com.mine.Own (com.mine opset 0'),
      }),
    );
  });

  it.each([
    ['an input that is missing', {}, 'ATTRIBUTE'],
    ['an input of another name', { x: [5, 6], other: [1] }, 'ATTRIBUTE'],
    ['another shape', { x: [5, 7] }, 'SHAPE'],
  ] as const)('is %s', async (_, shapes, code) => {
    const inputs = Object.fromEntries(
      Object.entries(shapes as Record<string, readonly number[]>).map(([name, shape]) => [name, sheet.zeros(shape)]),
    );
    await expect(runOnnx(sheet, loadOnnx(mlp(head).bytes), inputs)).rejects.toMatchObject({ code });
  });

  it('is another dtype', async () => {
    const inputs = { x: sheet.zeros([5, 6], { dtype: 'float64' }) };
    await expect(runOnnx(sheet, loadOnnx(mlp(head).bytes), inputs)).rejects.toMatchObject({ code: 'DTYPE' });
  });

  it('is what is damaged: a typed error or a result, nothing else', async () => {
    const small = written(
      [node('Conv', ['x', 'k'], ['a'], { pads: [1, 1] }), node('Reshape', ['a', 'to'], ['y'])],
      [weight('k', 2, 1, 3), whole('to', -1)],
      { x: [1, 1, 4] },
      ['y'],
    );
    let refused = 0;
    for (let trial = 0; trial < 400; trial++) {
      const bytes = small.bytes.slice(0, trial % 8 === 0 ? Math.floor(random() * small.bytes.length) : undefined);
      for (let flips = trial % 3; flips >= 0 && bytes.length > 0; flips--)
        bytes[Math.floor(random() * bytes.length)]! ^= 1 << Math.floor(random() * 8);
      try {
        const results = await runOnnx(sheet, loadOnnx(bytes), { x: sheet.ones([1, 1, 4]) });
        for (const result of Object.values(results)) await result.data();
      } catch (error) {
        if (!(error instanceof SheetError)) throw error;
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(100);
  });
});
