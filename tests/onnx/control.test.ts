// Graphs within graphs and functions of a model, beside onnxruntime: names around them, trips, conditions, directions.
import * as ort from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SymbolicSheet } from '../../src/index.ts';
import { loadOnnx, onnxProgram, runOnnx } from '../../src/onnx.ts';
import {
  type Port,
  type Weight,
  writeWhole,
  type WrittenFunction,
  type WrittenGraph,
  type WrittenNode,
} from '../conformance/write-model.ts';
import { partsOf } from '../parts.ts';

const node = (
  operator: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: WrittenNode['attributes'] = {},
  domain = '',
): WrittenNode => ({ operator, inputs, outputs, attributes, domain });
const port = (name: string, shape?: readonly number[], dtype = 'float32'): Port => ({
  name,
  dtype,
  ...(shape && { shape }),
});
const floats = (name: string, ...values: number[]): Weight => ({ name, shape: [values.length], values });
const scalar = (name: string, value: number): Weight => ({ name, shape: [], values: [value] });
const count = (name: string, value: number): Weight => ({ name, shape: [], values: BigInt64Array.of(BigInt(value)) });

/** What is chosen depends on an element of x; both branches use names from around them. */
const branches: WrittenGraph = {
  nodes: [
    node('ReduceSum', ['x'], ['s'], { keepdims: 0 }),
    node('Greater', ['s', 'zero'], ['isUp']),
    node('Mul', ['x', 'two'], ['twice']),
    node('If', ['isUp'], ['y', 'z'], {
      then_branch: {
        graph: {
          nodes: [node('Add', ['twice', 'b'], ['a']), node('Identity', ['x'], ['c'])],
          weights: [floats('b', 1, 2, 3)],
          outputs: [port('a', [3]), port('c', [3])],
        },
      },
      else_branch: {
        graph: {
          nodes: [
            node('Neg', ['twice'], ['d']),
            node('If', ['isUp'], ['e'], {
              then_branch: { graph: { nodes: [node('Identity', ['d'], ['f'])], outputs: [port('f', [3])] } },
              else_branch: { graph: { nodes: [node('Mul', ['d', 'x'], ['g'])], outputs: [port('g', [3])] } },
            }),
          ],
          outputs: [port('d', [3]), port('e', [3])],
        },
      },
    }),
  ],
  weights: [scalar('zero', 0), scalar('two', 2)],
  inputs: [port('x', [3])],
  outputs: [port('y'), port('z')],
};

/** Doubles until a sum passes a bound, a number of times at most, and lists what came of every step. */
const doubling = (most: number | undefined, bound: number): WrittenGraph => ({
  nodes: [
    node('Loop', [most === undefined ? '' : 'most', 'yes', 'x'], ['last', 'all', 'trips'], {
      body: {
        graph: {
          nodes: [
            node('Mul', ['v', 'factor'], ['next']),
            node('ReduceSum', ['next'], ['s'], { keepdims: 0 }),
            node('Less', ['s', 'bound'], ['goesOn']),
            node('Add', ['next', 'x'], ['seen']),
            node('Cast', ['trip'], ['number'], { to: 1 }),
          ],
          inputs: [port('trip', [], 'int64'), port('cond', [], 'bool'), port('v', [2])],
          outputs: [port('goesOn', [], 'bool'), port('next', [2]), port('seen', [2]), port('number', [])],
        },
      },
    }),
  ],
  weights: [count('most', most ?? 0), scalar('factor', 2), scalar('bound', bound)],
  inputs: [port('x', [2]), port('yes', [], 'bool')],
  outputs: [port('last'), port('all'), port('trips')],
});

/** Running sums along the second axis, from its end, listed along the second axis again. */
const sums: WrittenGraph = {
  nodes: [
    node('Scan', ['s0', 'x', 'w'], ['sum', 'sums'], {
      num_scan_inputs: 2,
      scan_input_axes: [1, 0],
      scan_input_directions: [1, 0],
      scan_output_axes: [-1],
      scan_output_directions: [1],
      body: {
        graph: {
          nodes: [
            node('Mul', ['part', 'each'], ['p']),
            node('Add', ['s', 'p'], ['t']),
            node('Mul', ['t', 'two'], ['u']),
          ],
          inputs: [port('s', [3]), port('part', [3]), port('each', [])],
          outputs: [port('t', [3]), port('u', [3])],
        },
      },
    }),
  ],
  weights: [floats('s0', 0, 1, 2), floats('w', 1, 2, 3, 4), scalar('two', 2)],
  inputs: [port('x', [3, 4])],
  outputs: [port('sum'), port('sums')],
};

/** A function that calls another; an attribute goes through, another has a default, an input is left out. */
const functions: readonly WrittenFunction[] = [
  {
    domain: 'own',
    name: 'Leaky',
    inputs: ['a'],
    outputs: ['b'],
    attributes: ['slope'],
    nodes: [node('LeakyRelu', ['a'], ['b'], { alpha: { reference: 'slope', type: 1 } })],
  },
  {
    domain: 'own',
    name: 'Block',
    inputs: ['x', 'low'],
    outputs: ['y', 'z'],
    attributes: ['slope'],
    defaults: { axis: 1 },
    nodes: [
      node('Leaky', ['x'], ['a'], { slope: { reference: 'slope', type: 1 } }, 'own'),
      node('Softmax', ['a'], ['y'], { axis: { reference: 'axis', type: 2 } }),
      node('Clip', ['a', 'low'], ['z']),
    ],
  },
];
const calls: WrittenGraph = {
  nodes: [
    node('Block', ['x', ''], ['p', 'q'], { slope: { float: 0.25 } }, 'own'),
    node('Block', ['q', 'least'], ['r', 's'], { slope: { float: 4 }, axis: 0 }, 'own'),
  ],
  weights: [scalar('least', -0.5)],
  inputs: [port('x', [2, 3])],
  outputs: [port('p'), port('q'), port('r'), port('s')],
};

type Elements = readonly [dtype: 'float32' | 'bool', values: readonly number[], shape: readonly number[]];
const yes: Elements = ['bool', [1], []];
type Case = readonly [string, WrittenGraph, Readonly<Record<string, Elements>>, readonly WrittenFunction[]];
const CASES: readonly Case[] = (
  [
    ['the branch of a condition that holds', branches, { x: ['float32', [1, 2, 3], [3]] }],
    ['the other branch, and one within it', branches, { x: ['float32', [1, -2, -3], [3]] }],
    ['a loop that its condition ends', doubling(9, 100), { x: ['float32', [3, 4], [2]], yes }],
    ['a loop without a number of trips', doubling(undefined, 100), { x: ['float32', [3, 4], [2]], yes }],
    ['a loop that its number of trips ends', doubling(3, 1e9), { x: ['float32', [3, 4], [2]], yes }],
    ['a loop of no trips', doubling(0, 1e9), { x: ['float32', [3, 4], [2]], yes }],
    ['a loop that does not begin', doubling(3, 9), { x: ['float32', [3, 4], [2]], yes: ['bool', [0], []] }],
    ['a scan', sums, { x: ['float32', [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [3, 4]] }],
    ['functions of the model', calls, { x: ['float32', [-1, 2, 3, -4, 5, -6], [2, 3]] }],
  ] as const
).map(([name, graph, inputs]) => [name, graph, inputs, graph === calls ? functions : []]);

describe('graphs within graphs', () => {
  let sheet: SymbolicSheet;
  beforeAll(async () => {
    sheet = await SymbolicSheet.open({ devices: ['js'], store: 'memory' });
  });
  afterAll(() => sheet.close());

  it.each(CASES)('give what onnxruntime gives: %s', async (_, graph, inputs, defined) => {
    const bytes = writeWhole(graph, defined, 20);
    const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 });
    const arrayOf = ([dtype, values]: Elements): Float32Array | Uint8Array =>
      dtype === 'bool' ? Uint8Array.from(values) : Float32Array.from(values);
    const wanted = await session.run(
      Object.fromEntries(
        Object.entries(inputs).map(([name, given]) => [
          name,
          new ort.Tensor(given[0], arrayOf(given) as never, given[2]),
        ]),
      ),
    );
    const got = await runOnnx(
      sheet,
      loadOnnx(bytes),
      Object.fromEntries(
        Object.entries(inputs).map(([name, given]) => [
          name,
          sheet.tensor(arrayOf(given), given[2], { dtype: given[0] }),
        ]),
      ),
    );
    for (const [name, { dims, data }] of Object.entries(wanted)) {
      expect(got[name]!.shape).toEqual(dims);
      const elements = [...(await got[name]!.data())].map(Number);
      for (const [i, x] of [...(data as Float32Array)].entries()) expect(elements[i]).toBeCloseTo(x, 5);
    }
  });

  it('compute in a loop the steps that are new', async () => {
    await using own = await SymbolicSheet.open({ devices: ['js'], store: 'memory' });
    Object.assign(partsOf(own), { admission: () => 'admit' });
    const graph = doubling(3, 1e9);
    const inputs = [...graph.inputs!, port('most', [], 'int64')];
    const program = onnxProgram(own, loadOnnx(writeWhole({ ...graph, inputs })));
    const [x, isTrue] = [own.tensor([3, 4]), own.tensor(Uint8Array.of(1), [], { dtype: 'bool' })];
    const kernelCalls = async (trips: number): Promise<number> => {
      const before = own.stats().counters.kernelCalls;
      const most = own.tensor(BigInt64Array.of(BigInt(trips)), []);
      await (await program.run({ x, yes: isTrue, most }))['last']!.data();
      return own.stats().counters.kernelCalls - before;
    };
    const three = await kernelCalls(3);
    expect(await kernelCalls(3)).toBe(0);
    expect(await kernelCalls(4)).toBeLessThan(three);
  });
});

describe('what is refused of graphs within graphs', () => {
  let sheet: SymbolicSheet;
  beforeAll(async () => {
    sheet = await SymbolicSheet.open({ devices: ['js'], store: 'memory' });
  });
  afterAll(() => sheet.close());

  it('is an operator inside a branch and a name that nothing around it gives', () => {
    const inner: WrittenGraph = {
      nodes: [node('StringSplit', ['x', 'lost'], ['a'])],
      outputs: [port('a')],
    };
    const nodes = [node('If', ['x'], ['y'], { then_branch: { graph: inner }, else_branch: { graph: inner } })];
    const model = loadOnnx(writeWhole({ nodes, inputs: [port('x', [], 'bool')], outputs: [port('y')] }));
    expect(() => onnxProgram(sheet, model)).toThrow(
      expect.objectContaining({
        code: 'UNKNOWN_OP',
        details: {
          operators: [{ operator: 'StringSplit', domain: '', opset: 22, node: 'a' }],
          dtypes: [],
          names: ['lost'],
        },
      }),
    );
  });

  it('is a function that calls itself', () => {
    const nodes = [node('Round', ['a'], ['b'], {}, 'own')];
    const recursive = [{ domain: 'own', name: 'Round', inputs: ['a'], outputs: ['b'], nodes }];
    const graph = { nodes: [node('Round', ['x'], ['y'], {}, 'own')], inputs: [port('x', [1])], outputs: [port('y')] };
    expect(() => onnxProgram(sheet, loadOnnx(writeWhole(graph, recursive)))).toThrow(
      expect.objectContaining({ code: 'FORMAT', message: expect.stringContaining('own.Round → own.Round') }),
    );
  });

  it('is a condition without a branch', async () => {
    const graph = { nodes: [node('If', ['x'], ['y'])], inputs: [port('x', [], 'bool')], outputs: [port('y')] };
    const x = sheet.tensor(Uint8Array.of(1), [], { dtype: 'bool' });
    await expect(runOnnx(sheet, loadOnnx(writeWhole(graph)), { x })).rejects.toMatchObject({ code: 'UNKNOWN_OP' });
  });
});
