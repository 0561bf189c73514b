// NumPy's names over a sheet: what NumPy itself answers to the same calls, indices and requests to print.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type NumPy, numpy } from '../../src/numpy.ts';
import { type DType, SymbolicSheet, Tensor } from '../../src/index.ts';
import { COMPOSITES, OPS } from '../../src/core/ops/index.ts';
import { DTYPES } from '../../src/core/tensor/dtype.ts';
import { ROWS } from '../../src/numpy/rows/rows.ts';
import { parseSignature } from '../../src/numpy/signature.ts';

/** An array as the script wrote it: its elements as text, or as booleans. */
type Told = readonly [dtype: string, shape: readonly number[], elements: readonly (string | boolean)[]];
type Named = Readonly<Record<string, unknown>>;

interface Answers {
  readonly inputs: Readonly<Record<string, Told>>;
  readonly calls: readonly (readonly [name: string, args: readonly unknown[], options: Named, answer: Told | Told[]])[];
  readonly indices: readonly (readonly [
    shape: readonly number[],
    text: string,
    index: readonly never[],
    answer: Told,
  ])[];
  readonly printed: readonly (readonly [kind: string, array: Told, options: Named, text: string])[];
}

const ANSWERS = JSON.parse(readFileSync(join(import.meta.dirname, 'answers.json'), 'utf8')) as Answers;

const isOp = (name: string): boolean => OPS.has(name) || COMPOSITES.has(name);
/** Functions whose op is not there yet. */
const MISSING = ROWS.filter(([, does]) => typeof does === 'string' && !isOp(does)).map(
  ([signature]) => parseSignature(signature).name,
);

const sheet = await SymbolicSheet.open({ store: 'memory', devices: ['js'] });
const np = numpy(sheet);
afterAll(() => sheet.close());

const numberOf = (text: string | boolean): number => {
  if (typeof text === 'boolean') return Number(text);
  return text === 'inf' ? Infinity : text === '-inf' ? -Infinity : Number(text);
};

function tensorOf([dtype, shape, elements]: Told): Tensor {
  const isWide = /^u?int64$/.test(dtype);
  const flat = elements.map((each) =>
    isWide ? BigInt(String(each)) : dtype === 'bool' ? Boolean(each) : numberOf(each),
  );
  return sheet.tensor(flat, { dtype: dtype as DType }).reshape([...shape]);
}

const inputs = new Map(Object.entries(ANSWERS.inputs).map(([name, told]) => [name, tensorOf(told)]));

/** An argument as a program gives it: tuples of Python are lists. */
function resolve(value: unknown): unknown {
  if (typeof value === 'string' && value.startsWith('$')) return inputs.get(value.slice(1));
  if (Array.isArray(value)) return (value[0] === '(' ? value.slice(1) : value).map(resolve);
  return value;
}

function functionOf(space: NumPy, name: string): (...args: readonly unknown[]) => unknown {
  return name.split('.').reduce<unknown>((found, part) => (found as Named)[part], space) as never;
}

/** How far results may be apart, in the last place of the dtype, where they are not the same bits. */
const TOLERANCE: Readonly<Record<string, number>> = { float64: 4e-14, float32: 2e-6, float16: 2e-3 };

async function expectTold(result: unknown, told: Told, label: string): Promise<void> {
  const [dtype, shape, elements] = told;
  if (!(result instanceof Tensor)) {
    const plain = Array.isArray(result) ? result : [result];
    expect(plain.map(Number), label).toEqual(elements.map(numberOf));
    return;
  }
  expect([result.dtype, [...result.shape]], label).toEqual([dtype, shape]);
  const wanted = elements.map(numberOf);
  const given = Array.from(await result.astype('float64').data());
  const scale = Math.max(1, ...wanted.filter(Number.isFinite).map(Math.abs));
  const off = given.findIndex((value, i) => {
    const want = wanted[i]!;
    return !(Object.is(value, want) || Math.abs(value - want) <= (TOLERANCE[dtype] ?? 0) * scale);
  });
  expect(off === -1 ? 'equal' : `${given[off]} where NumPy has ${wanted[off]} at ${off}`, label).toBe('equal');
}

const listed = (result: unknown): readonly unknown[] =>
  result instanceof Tensor ? [result] : [...(result as Iterable<unknown>)];

/** Functions that are told in terms of an op that is not there yet. */
const NEEDS: Readonly<Record<string, string>> = {
  einsum: 'einsum',
  'linalg.matrix_power': 'inv',
  'linalg.norm': 'svdvals',
  'linalg.cond': 'inv',
  polyfit: 'lstsq',
};
const waits = (name: string): boolean => MISSING.includes(name) || (NEEDS[name] !== undefined && !isOp(NEEDS[name]));
/** Calls whose dtypes are here. */
const KNOWN = ANSWERS.calls.filter(
  ([, args, , answer]) =>
    'uint64' in DTYPES || !(JSON.stringify(answer).includes('"uint64"') || (args[0] === '$u' && args[1] === '$s')),
);

const byName = new Map<string, Answers['calls'][number][]>();
for (const call of KNOWN) byName.set(call[0], [...(byName.get(call[0]) ?? []), call]);

describe('functions of NumPy', () => {
  it.each([...byName].filter(([name]) => !waits(name)))('np.%s answers as NumPy does', async (name, calls) => {
    for (const [, args, options, answer] of calls) {
      const label = `${name}(${JSON.stringify(args)}, ${JSON.stringify(options)})`;
      const named = Object.fromEntries(Object.entries(options).map(([key, value]) => [key, resolve(value)]));
      const given = [...args.map(resolve), ...(Object.keys(options).length > 0 ? [named] : [])];
      const isList = Array.isArray(answer[0]);
      const result = await functionOf(np, name)(...given);
      const several = isList ? (answer as Told[]) : [answer as Told];
      const results = isList ? listed(result) : [result];
      expect(results.length, label).toBe(several.length);
      for (const [i, told] of several.entries()) await expectTold(await results[i], told, label);
    }
  });
});

describe('functions whose op is not here yet', () => {
  it.skip.each([...MISSING, 'none other'])('np.%s', () => {});
});

describe('np.at', () => {
  it.each(ANSWERS.indices)('of shape %j: x[%s]', async (shape, _text, index, answer) => {
    const size = shape.reduce((product, length) => product * length, 1);
    const x = np.arange(size).reshape([...shape]);
    await expectTold(await np.at(x, ...index), answer, _text);
  });
});
