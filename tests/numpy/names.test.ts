// NumPy's names over a sheet: what NumPy itself answers to the same calls, indices and requests to print.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type NumPy, numpy } from '../../src/numpy.ts';
import { type DType, SymbolicSheet, Tensor } from '../../src/index.ts';
import { COMPOSITES, OPS } from '../../src/core/ops/index.ts';
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
  readonly drawn: readonly (readonly [
    kind: string,
    seed: number,
    calls: readonly (readonly [name: string, args: readonly unknown[], options: Named])[],
    answers: readonly Told[],
  ])[];
  readonly archives: readonly string[];
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

/** The arguments of a call, those by name last. */
function argumentsOf(args: readonly unknown[], options: Named): readonly unknown[] {
  const named = Object.fromEntries(Object.entries(options).map(([key, value]) => [key, resolve(value)]));
  return [...args.map(resolve), ...(Object.keys(options).length > 0 ? [named] : [])];
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

const byName = new Map<string, Answers['calls'][number][]>();
for (const call of ANSWERS.calls) byName.set(call[0], [...(byName.get(call[0]) ?? []), call]);

describe('functions of NumPy', () => {
  it.each([...byName].filter(([name]) => !MISSING.includes(name)))(
    'np.%s answers as NumPy does',
    async (name, calls) => {
      for (const [, args, options, answer] of calls) {
        const label = `${name}(${JSON.stringify(args)}, ${JSON.stringify(options)})`;
        const isList = Array.isArray(answer[0]);
        const result = await functionOf(np, name)(...argumentsOf(args, options));
        const several = isList ? (answer as Told[]) : [answer as Told];
        const results = isList ? listed(result) : [result];
        expect(results.length, label).toBe(several.length);
        for (const [i, told] of several.entries()) await expectTold(await results[i], told, label);
      }
    },
  );
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

describe('arrays as text', () => {
  const CALLED = { repr: 'array_repr', str: 'array_str', array2string: 'array2string' } as const;
  const PRINTED = ANSWERS.printed.map(([kind, array, options, text]) => ({ kind, array, options, text }));
  it.each(PRINTED)('$kind $options.floatmode $text', async ({ kind, array, options, text }) => {
    expect(await np[CALLED[kind as 'repr']](tensorOf(array), options)).toBe(text);
  });
});

describe('generators of NumPy', () => {
  it.each(ANSWERS.drawn)('%s(%i) draws what NumPy draws', async (kind, seed, calls, answers) => {
    const stream = np.random[kind as 'default_rng'](seed) as unknown as NumPy;
    for (const [i, [name, args, options]] of calls.entries())
      await expectTold(functionOf(stream, name)(...argumentsOf(args, options)), answers[i]!, name);
  });

  it('have no seed of their own', () => {
    expect(() => np.random.default_rng()).toThrow(/seed is missing/);
  });

  it('refuse parameters that are none, and those that are not known yet', () => {
    const rng = np.random.default_rng(1);
    expect(() => rng.poisson(-1)).toThrow('lam is -1; give 0 or more.');
    expect(() => rng.binomial(2.5, 0.5)).toThrow('n is 2.5; give an integer, 0 or more.');
    expect(() => rng.binomial(2, [0.5, 1.5])).toThrow('p is 1.5; give 0 to 1.');
    expect(() => rng.gamma(np.ones([2]))).toThrow('give a number or a list of numbers');
    expect(() => rng.triangular(0, 3, 2)).toThrow('left <= mode <= right');
    expect(() => rng.hypergeometric(1, 1, 3)).toThrow('3 of 2 are drawn');
    expect(() => rng.beta([1, 2], [1, 2, 3])).toThrow('do not broadcast');
    expect(() => rng.multinomial(3, [0.9, 0.9, 0])).toThrow('sum to at most 1');
  });
});

describe('Indices within an array', () => {
  it('are of matrices, or of arrays with axes of one length', async () => {
    expect(() => np.diag_indices_from([[1, 2, 3]])).toThrow(/the shape \[1, 3\]; give an array of at least two axes/);
    await expect(np.tril_indices_from([1, 2])).rejects.toThrow(/1 dimensions; give a matrix/);
  });
});

describe('files of NumPy', () => {
  const told = ['f', 'j', 'b'].map((name) => ANSWERS.inputs[name]!);

  it.each(ANSWERS.archives.map((text, i) => [['savez', 'savez_compressed'][i], text]))(
    'that np.%s wrote are read, and written so that they are read again',
    async (_name, text) => {
      const archive = await np.load(new Uint8Array(Buffer.from(text!, 'base64')));
      expect(Object.keys(archive)).toEqual(['x', 'y', 'z']);
      for (const [i, name] of ['x', 'y', 'z'].entries()) await expectTold(archive[name], told[i]!, name);
      const { x, y, z } = archive;
      const again = await np.load(await np.savez_compressed(null, x, { y, z }));
      expect(Object.keys(again)).toEqual(['arr_0', 'y', 'z']);
      for (const [i, name] of ['arr_0', 'y', 'z'].entries()) await expectTold(again[name], told[i]!, name);
    },
  );

  it('are written and read by path', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sheet-numpy-'));
    try {
      const path = join(folder, 'x.npy');
      const bytes = await np.save(path, inputs.get('h')!);
      expect(new Uint8Array(readFileSync(path))).toEqual(bytes);
      await expectTold(await np.load(path), ANSWERS.inputs['h']!, 'h');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('that are damaged are refused, whichever byte it is', async () => {
    const whole = new Uint8Array(Buffer.from(ANSWERS.archives[0]!, 'base64'));
    const read = async (bytes: Uint8Array): Promise<string> => {
      try {
        const archive = await np.load(bytes);
        const texts = await Promise.all(Object.values(archive).map((x) => np.array_str(x)));
        return `${Object.keys(archive).join()} ${texts.join()}`;
      } catch (error) {
        return (error as { code?: string }).code ?? String(error);
      }
    };
    const sound = await read(whole);
    // Names, elements and lengths are held against each other; dates and versions are nobody's.
    for (let at = 30; at < 400; at += 37) {
      const bytes = whole.slice();
      bytes[at]! ^= 0x10;
      expect(['FORMAT', 'LIMIT', sound], `byte ${at}`).toContain(await read(bytes));
    }
    expect(await read(whole.slice(0, -40))).toBe('FORMAT');
  });
});

describe('numpy.testing', () => {
  it('passes what is close, and says how far apart the rest is', async () => {
    await np.testing.assert_allclose([1, 2], [1, 2 + 1e-9]);
    await np.testing.assert_array_equal([1, NaN], [1, NaN]);
    await expect(np.testing.assert_allclose([1, 2], [1, 2.5])).rejects.toThrow(
      /1 of 2 elements differ, the most by 0.5/,
    );
    await expect(np.testing.assert_array_less([1, 2], [2, 2])).rejects.toThrow(/1 of 2/);
  });
});

describe('mistakes of NumPy programs', () => {
  const x = np.zeros([3, 4]);
  const cases: readonly (readonly [string, () => unknown, string, RegExp])[] = [
    ['an axis that is not there', () => np.sum(x, { axis: 2 }), 'ATTRIBUTE', /axis 2.*−2 to 1/],
    ['an index that is not there', () => np.at(x, 3), 'ATTRIBUTE', /index 3 is out of bounds.*-3 to 2/],
    ['more indices than axes', () => np.at(x, 0, 0, 0), 'ATTRIBUTE', /too many indices/],
    ['an index of floats', () => np.at(x, np.array([0.5])), 'DTYPE', /astype\('int64'\)/],
    ['a mask of another shape', () => np.at(x, np.array([true, false])), 'SHAPE', /mask of shape \(2\)/],
    ['shapes that do not align', () => np.dot(x, x), 'SHAPE', /4 ≠ 3/],
    ['shapes that do not broadcast', () => np.add(x, [1, 2, 3]), 'SHAPE', /4 ≠ 3/],
    [
      'a parameter that is not there',
      () => np.sum(x, { axes: 1 } as never),
      'ATTRIBUTE',
      /no parameter axes; it takes a, axis/,
    ],
    ['a result to write into', () => np.add(x, x, { out: x } as never), 'ATTRIBUTE', /never written/],
    ['a matrix that is not square', () => np.linalg.solve(x, x), 'SHAPE', /not of one length/],
    [
      'a function that is not there',
      () => (np as unknown as { foo(): void }).foo(),
      'UNKNOWN_OP',
      /np.foo.*docs\/numpy.md/,
    ],
    ['unequal parts', () => np.split(x, 2), 'ATTRIBUTE', /array_split/],
    ['an argument that is missing', () => (np.zeros as () => void)(), 'ATTRIBUTE', /shape is missing/],
  ];
  it.each(cases)('%s', async (_what, run, code, message) => {
    const error = await Promise.resolve()
      .then(async () => void (await run()))
      .then(
        () => undefined,
        (thrown: unknown) => thrown as { readonly code: string; readonly message: string },
      );
    expect(error?.code).toBe(code);
    expect(error?.message).toMatch(message);
  });
});
