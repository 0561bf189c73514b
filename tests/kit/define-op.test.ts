// Ops of a program's own, by the two public entries alone: on every device, cached, fused, traced, replayed, and
// refused.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AttributeError, loadTrace, replayTrace, SymbolicSheet } from 'symbolic-sheet';
import { defineOp, elementary, type OpDefinition } from 'symbolic-sheet/kit';

const softsign = defineOp({
  name: 'softsign',
  version: 1,
  doc: 'x / (1 + |x|).',
  operands: ['x'],
  element: (m, x) => m.div(x, m.add(m.constant(1), m.abs(x))),
});
const lerp = defineOp({
  name: 'lerp',
  version: 1,
  operands: ['from', 'to', 'share'],
  element: (m, from, to, share) => m.add(from, m.mul(share, m.sub(to, from))),
});
const isNear = defineOp({
  name: 'is_near',
  version: 1,
  operands: ['x', 'y', 'within'],
  test: (m, x, y, within) => m.le(m.abs(m.sub(x, y)), within),
});
const mexican = defineOp({
  name: 'mexican_hat',
  version: 2,
  operands: ['x'],
  element: (m, x) =>
    m.mul(m.sub(m.constant(1), m.mul(x, x)), m.call(elementary.exp, m.mul(m.constant(-0.5), m.mul(x, x)))),
});
const runningSum = defineOp({
  name: 'running_sum',
  version: 1,
  operands: [{ name: 'x', kind: 'float' }],
  attributes: { reverse: { kind: 'bool', fallback: false, doc: 'from the end' } },
  reference: ({ operands: [x], out, attributes }) => {
    let sum = 0;
    const [from, to] = [x?.array as Float32Array, out.array as Float32Array];
    for (let i = 0; i < from.length; i++) {
      const at = attributes['reverse'] === true ? from.length - 1 - i : i;
      to[at] = sum += from[at]!;
    }
  },
});
const pairs = defineOp({
  name: 'pairwise_distance',
  version: 1,
  operands: ['points'],
  infer: ([points]) => ({ dtype: points?.dtype ?? 'float32', shape: [points?.shape[0] ?? 0, points?.shape[0] ?? 0] }),
  reference: ({ operands: [points], out }) => {
    const [n, d] = [points?.shape[0] ?? 0, points?.shape[1] ?? 0];
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let k = 0; k < d; k++) sum += (Number(points?.array[i * d + k]) - Number(points?.array[j * d + k])) ** 2;
        out.array[i * n + j] = Math.sqrt(sum);
      }
    }
  },
});

const X = Float32Array.from({ length: 4096 }, (_, i) => (i - 2048) / 97);

describe('an op of a program', () => {
  let sheet: SymbolicSheet;
  beforeAll(async () => void (sheet = await SymbolicSheet.open({ class: 'exact', devices: ['js', 'wasm'] })));
  afterAll(() => sheet.close());

  it('is called by its handle and by its name, and gives its values', async () => {
    const values = await sheet.execute(softsign, X).data();
    expect([...values]).toEqual([...X].map((x) => Math.fround(x / (1 + Math.abs(x)))));
    expect(await sheet.execute(softsign.name, X).data()).toEqual(values);
    expect(await sheet.execute(lerp, [0, 10], [1, 20], 0.5).toArray()).toEqual([0.5, 15]);
    expect(await sheet.execute(isNear, [1, 2], [1.01, 3], 0.1).toArray()).toEqual([true, false]);
  });

  it('has the same bits on every exact device', async () => {
    for (const op of [softsign, mexican]) {
      const [js, wasm] = (['js', 'wasm'] as const).map((device) =>
        sheet.with({ device, cache: 'off' }).execute(op, sheet.tensor(X)).fingerprint(),
      );
      expect(await wasm).toBe(await js);
    }
  });

  it('takes the dtypes that other ops take: halves, doubles, and integers where it says so', async () => {
    const half = sheet.tensor(X).astype('float16');
    expect(sheet.execute(softsign, half).dtype).toBe('float16');
    expect(sheet.execute(softsign, new Float64Array(3)).dtype).toBe('float64');
    expect(() => sheet.execute(softsign, new Int32Array(3))).toThrow(
      /softsign: x is int32, which is not a floating dtype/,
    );
    const gray = defineOp({
      name: 'gray_code',
      version: 1,
      operands: [{ name: 'n', kind: 'integerOrBool' }],
      element: (m, n) => m.bitXor(n, m.shiftRight(n, m.constant(1))),
    });
    expect(await sheet.execute(gray, new Int32Array([0, 1, 2, 3, 4])).toArray()).toEqual([0, 1, 3, 2, 6]);
  });

  it('is computed once for the same operands', async () => {
    const x = sheet.tensor(X);
    await sheet.execute(runningSum, x).data();
    const before = sheet.stats().counters.kernelCalls;
    await sheet.execute(runningSum, x).data();
    expect(sheet.stats().counters.kernelCalls).toBe(before);
    expect(await sheet.execute(runningSum, [1, 2, 3], { reverse: true }).toArray()).toEqual([6, 5, 3]);
    expect(sheet.execute(pairs, sheet.randomNormal([5, 3], { seed: 1 })).shape).toEqual([5, 5]);
  });

  it('is fused with its neighbours, with the bits of the separate calls', async () => {
    const x = sheet.tensor(X);
    const separate = sheet.with({ cache: 'off' });
    const inner = sheet.tensor(await separate.execute(softsign, x.add(0.5)).data());
    const chain = sheet.execute(softsign, x.add(0.5)).multiply(3);
    expect(await chain.fingerprint()).toBe(await inner.multiply(3).fingerprint());
  });

  it('that fails names itself and what its body threw', async () => {
    const broken = defineOp({
      name: 'broken_op',
      version: 1,
      operands: ['x'],
      reference: () => {
        throw new RangeError('no such row');
      },
    });
    await expect(sheet.execute(broken, [1]).data()).rejects.toThrow(
      'broken_op: the body that defineOp was given failed: RangeError: no such row. Mend it there.',
    );
    const untyped = defineOp({
      name: 'untyped_op',
      version: 1,
      operands: ['x'],
      infer: () => ({ dtype: 'float' as 'float32', shape: [] }),
      reference: () => {},
    });
    expect(() => sheet.execute(untyped, [1])).toThrow(/untyped_op: infer/);
  });

  it('is traced by name and version, and replays', async () => {
    const traced = await SymbolicSheet.open({ devices: ['js'], trace: { digests: 'full' } });
    await traced.execute(runningSum, traced.execute(softsign, traced.tensor(X))).data();
    const bytes = await traced.trace.bytes();
    expect(traced.trace.events().map(({ op, version }) => `${op}@${version}`)).toEqual([
      'tensor@1',
      'softsign@1',
      'running_sum@1',
    ]);
    await traced.close();
    expect(await replayTrace(await loadTrace(bytes))).toMatchObject({ events: 3, equal: 2 });
  });

  it('that the replaying program has not defined is named, with what to do', async () => {
    const traced = await SymbolicSheet.open({ devices: ['js'] });
    await traced.execute(softsign, X).data();
    const trace = await loadTrace(await traced.trace.bytes());
    await traced.close();
    const events = trace.events.map((event) => (event.op === softsign.name ? { ...event, op: 'softsing' } : event));
    const { firstDivergence } = await replayTrace({ ...trace, events });
    expect(firstDivergence?.reason).toMatch(
      /^softsing@1 is no op of the library, and is not defined here; define it as the program did/,
    );
  });
});

describe('a definition', () => {
  const plain = {
    name: 'fresh_op',
    version: 1,
    operands: ['x'],
    element: (m, x) => m.neg(x),
  } as const satisfies OpDefinition;
  const loose = defineOp as (definition: unknown) => unknown;

  it('is known where it is given again, by what it computes', () => {
    const scaled = (factor: number) =>
      defineOp({ name: 'scaled', version: 1, operands: ['x'], element: (m, x) => m.mul(x, m.constant(factor)) });
    expect(scaled(2)).toEqual(scaled(2));
    expect(() => scaled(3)).toThrow(
      'defineOp: scaled: scaled@1 is defined already, and otherwise; define an op once, or take another name.',
    );
  });

  it.each([
    ['add', 'the library has an op of this name'],
    ['logSoftmax', 'the library has an op of this name'],
    ['tensor', 'the library has an op'],
    ['mul', 'other libraries have an op of this name'],
    ['cumsum', 'take a name of your own, as my_cumsum'],
    ['my-op', 'is no name; a name is a letter'],
    ['', 'is no name'],
  ])('of the name "%s" is refused', (name, reason) => {
    expect(() => defineOp({ ...plain, name })).toThrow(AttributeError);
    expect(() => defineOp({ ...plain, name })).toThrow(reason);
  });

  it.each([
    [{ version: 0 }, 'version is 0'],
    [{ operands: [] }, 'operands are missing'],
    [{ operands: ['x', 'x'] }, 'an operand is named x'],
    [{ operands: [{ name: 'x', kind: 'complex' }] }, 'is of kind complex'],
    [{ element: undefined }, 'it has element'],
    [{ reference: () => {} }, 'it has element and reference'],
    [{ promotion: 'up' }, 'promotion is up'],
    [{ attributes: { a: { kind: 'int', doc: 'a' } } }, 'has no attributes'],
    [{ element: () => 3 }, '3 is no value of the algebra'],
    [
      {
        operands: [{ name: 'x', kind: 'numeric' }],
        element: (m: { sqrt(x: unknown): unknown }, x: unknown) => m.sqrt(x),
      },
      'a step of floats',
    ],
    [{ element: (m: { bitNot(x: unknown): unknown }, x: unknown) => m.bitNot(x) }, 'a step of integers'],
  ])('that contradicts itself is refused: %o', (change, reason) => {
    expect(() => loose({ ...plain, name: 'wrong_op', ...change })).toThrow(reason);
  });
});
