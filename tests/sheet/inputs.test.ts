// What comes from outside: read before the call returns, refused by typed errors that say what to do, never trusted to
// stay the same.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Worker } from 'node:worker_threads';
import { loadTrace, SymbolicSheet } from '../../src/index.ts';
import { reserve } from '../../src/core/tensor/block.ts';
import { bits, matrix, noise, SIDE } from './fixtures/arrays.ts';
import { refusal } from './fixtures/refusal.ts';
import { evictAll } from './fixtures/watch.ts';
import { partsOf } from '../parts.ts';

let sheet: SymbolicSheet;

beforeAll(async () => {
  sheet = await SymbolicSheet.open({ devices: ['wasm', 'js'] });
});

afterAll(() => sheet.close());

describe('an array of the caller', () => {
  it('mutated between the call and the await gives the result of what it held at the call', async () => {
    for (const length of [4, 5000]) {
      const array = noise(length, 1);
      const before = array.map((x) => Math.fround(x + 1));
      const pending = sheet.execute('add', array, 1);
      array.fill(99);
      expect(bits(await (await pending).data())).toBe(bits(before));
    }
  });

  it('mutated after a product was read gives the product of the new elements, and back again the old one', async () => {
    const array = matrix(1);
    const ask = async (): Promise<string> =>
      bits(
        await sheet.execute('matmul', sheet.tensor(array, [SIDE, SIDE]), sheet.tensor(matrix(2), [SIDE, SIDE])).data(),
      );
    const first = await ask();
    array[5] = 17;
    const second = await ask();
    array[5] = matrix(1)[5]!;
    expect(second).not.toBe(first);
    expect(await ask()).toBe(first);
  });

  it('handed in as a bare operand of a costly op and mutated before the await is read as it was', async () => {
    const wide = { data: matrix(4), shape: [SIDE, SIDE] };
    const pending = sheet.execute('matmul', wide as never, wide as never);
    wide.data.fill(0);
    const own = sheet.tensor(matrix(4), [SIDE, SIDE]);
    expect(bits(await pending.data())).toBe(bits(await own.matmul(own).data()));
  });

  it('of equal content is a hit, of the same object with other content is not', async () => {
    const [a, b] = [matrix(5), matrix(6)];
    const ask = async (): Promise<string> => {
      const product = sheet.tensor(a, [SIDE, SIDE]).matmul(sheet.tensor(b, [SIDE, SIDE]));
      await product.data();
      return product.source;
    };
    await ask();
    await ask();
    const { kernelCalls } = sheet.stats().counters;
    expect(await ask()).toBe('ram');
    expect(sheet.stats().counters.kernelCalls).toBe(kernelCalls);
    a[0] = 5;
    // One row of it is another: that is computed.
    expect(await ask()).toBe('part');
    expect(sheet.stats().counters.kernelCalls).toBeGreaterThan(kernelCalls);
  });

  it('from data() is the caller’s: changing it poisons neither the handle nor a hit', async () => {
    const a = sheet.tensor(matrix(7), [SIDE, SIDE]);
    const product = a.matmul(a);
    const mine = (await product.data()) as Float32Array;
    const right = bits(mine);
    mine.fill(-1);
    ((await a.data()) as Float32Array).fill(3);
    expect(bits(await product.data())).toBe(right);
    const again = sheet.tensor(matrix(7), [SIDE, SIDE]);
    expect(bits(await again.matmul(again).data())).toBe(right);
  });

  it('is lent by borrow without a copy, and given back when the reader throws', async () => {
    const a = sheet.tensor(noise(4096, 1), [64, 64]).exp();
    const sum = await a.borrow((elements) => Array.from(elements as Float32Array).reduce((total, x) => total + x, 0));
    expect(sum).toBeCloseTo(
      Array.from((await a.data()) as Float32Array).reduce((total, x) => total + x, 0),
      9,
    );
    await expect(
      a.borrow(() => {
        throw new TypeError('mine');
      }),
    ).rejects.toThrow('mine');
    expect(await a.borrow(async (elements) => elements.length)).toBe(4096);
  });
});

describe('buffers of every kind', () => {
  it('own: true takes the buffer and detaches it', async () => {
    const array = noise(5000, 2);
    const expected = bits(array);
    const a = sheet.tensor(array, [50, 100], { own: true });
    expect(array.length).toBe(0);
    expect(bits(await a.data())).toBe(expected);
    expect(bits(await a.add(0.5).subtract(0.5).data())).toHaveLength(16);
  });

  it('own: true on a part of a buffer, shared or WebAssembly memory is refused and detaches nothing', async () => {
    const whole = noise(16, 3);
    const shared = new Float32Array(new SharedArrayBuffer(16));
    const linear = new Float32Array(new WebAssembly.Memory({ initial: 1 }).buffer);
    for (const part of [whole.subarray(4, 8), whole.subarray(0, 8), shared, linear, Buffer.from('a pooled one')]) {
      expect(await refusal(() => sheet.tensor(part, undefined, { own: true }))).toMatchObject({ code: 'SOURCE' });
      expect(part.length).toBeGreaterThan(0);
    }
    expect(whole[5]).toBe(noise(16, 3)[5]);
    expect(await sheet.tensor(linear.subarray(0, 2)).toArray(), 'without own it is copied').toEqual([0, 0]);
  });

  it('a detached array is refused', async () => {
    const gone = noise(8, 4);
    structuredClone(gone.buffer, { transfer: [gone.buffer as ArrayBuffer] });
    for (const call of [
      () => sheet.tensor(gone),
      () => sheet.execute('add', gone, 1),
      () => sheet.tensor(gone, [0], { own: true }),
    ]) {
      expect(await refusal(call)).toMatchObject({ code: 'SOURCE' });
    }
  });

  it(
    'shared memory is copied at the call, also while another thread writes to it, and never known by what it no ' +
      'longer holds',
    async () => {
      const buffer = new SharedArrayBuffer(SIDE * SIDE * 4);
      const shared = new Float32Array(buffer);
      const writer = new Worker(
        'const { workerData } = require("worker_threads"); const a = new Float32Array(workerData); for (let i = 1; ' +
          '; i++) a.fill(i % 100);',
        { eval: true, workerData: buffer },
      );
      while (shared[0] === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      const ones = sheet.eye(SIDE);
      for (let round = 0; round < 8; round++) {
        const seen = sheet.execute('matmul', { data: shared, shape: [SIDE, SIDE] } as never, ones);
        const [root] = seen.call.operands;
        const elements = root?.value?.array as Float32Array;
        const held = partsOf(sheet).contents.contentId(elements, root?.type as never);
        await seen.data();
        expect(Buffer.from(root?.contentId ?? held).toString('hex')).toBe(Buffer.from(held).toString('hex'));
      }
      await writer.terminate();
    },
  );

  it('a resizable buffer is copied, and refused once it shrank below the array', async () => {
    const Resizable = ArrayBuffer as unknown as new (
      length: number,
      options: { maxByteLength: number },
    ) => ArrayBuffer & { resize(length: number): void };
    const buffer = new Resizable(16, { maxByteLength: 64 });
    const [fixed, tracking] = [new Float32Array(buffer, 0, 4).fill(1.5), new Float32Array(buffer)];
    const a = sheet.tensor(fixed);
    const b = sheet.tensor(tracking);
    buffer.resize(32);
    expect(await sheet.tensor(tracking).toArray()).toHaveLength(8);
    buffer.resize(8);
    expect(await refusal(() => sheet.tensor(fixed))).toMatchObject({ code: 'SOURCE' });
    expect([await a.toArray(), await b.toArray()]).toEqual([
      [1.5, 1.5, 1.5, 1.5],
      [1.5, 1.5, 1.5, 1.5],
    ]);
  });

  it('a resizable buffer that is owned is taken with the elements it had', async () => {
    const Resizable = ArrayBuffer as unknown as new (length: number, options: { maxByteLength: number }) => ArrayBuffer;
    const array = new Float32Array(new Resizable(16, { maxByteLength: 64 })).fill(2);
    const a = sheet.tensor(array, [2, 2], { own: true });
    expect(array.length).toBe(0);
    expect(await a.multiply(a).toArray()).toEqual([
      [4, 4],
      [4, 4],
    ]);
  });
});

describe('0-d and empty tensors', () => {
  it('go through arithmetic, reductions, products and movement', async () => {
    const scalar = sheet.tensor(3);
    expect(scalar.shape).toEqual([]);
    expect(await scalar.add(1).multiply(scalar).item()).toBe(12);
    expect(await scalar.sum().item()).toBe(3);
    expect(
      await scalar
        .reshape([1, 1])
        .matmul(sheet.tensor([[2]]))
        .toArray(),
    ).toEqual([[6]]);
    expect(await scalar.broadcastTo([2]).toArray()).toEqual([3, 3]);
    expect(await scalar.exp().isfinite().item()).toBe(true);
    const empty = sheet.zeros([0, 3]);
    expect(await empty.add(1).toArray()).toEqual([]);
    expect(await empty.sum({ axis: 0 }).toArray()).toEqual([0, 0, 0]);
    expect(await empty.prod().item()).toBe(1);
    expect(await empty.permuteDims([1, 0]).matmul(empty).toArray()).toEqual([
      [0, 0, 0],
      [0, 0, 0],
      [0, 0, 0],
    ]);
    expect(await sheet.execute('concat', [empty, sheet.ones([1, 3])], { axis: 0 }).toArray()).toEqual([[1, 1, 1]]);
    expect((await sheet.tensor([]).data()).length).toBe(0);
  });

  it('print, and have a fingerprint that tells their shapes apart', async () => {
    const prints = await Promise.all(
      [sheet.zeros([0]), sheet.zeros([0, 3]), sheet.zeros([3, 0]), sheet.zeros([])].map((x) => x.fingerprint()),
    );
    expect(new Set(prints).size).toBe(4);
    expect(String(await sheet.zeros([0]))).toContain('[0]');
  });
});

describe('calls that cannot be meant', () => {
  it('throw a typed error at the call, and the sheet goes on working', async () => {
    const a = sheet.tensor(noise(6, 1), [2, 3]);
    const loose = sheet.execute.bind(sheet) as (...args: unknown[]) => unknown;
    const calls: Record<string, [() => unknown, string]> = {
      'unknown op': [() => loose('matmull', a, a), 'UNKNOWN_OP'],
      'shapes of a product': [() => a.matmul(a), 'SHAPE'],
      'shapes of a sum': [() => a.add(sheet.zeros([4])), 'SHAPE'],
      'unknown attribute': [() => a.sum({ axes: 0 } as never), 'ATTRIBUTE'],
      'axis out of range': [() => a.sum({ axis: 2 }), 'ATTRIBUTE'],
      'axis that is NaN': [() => a.sum({ axis: NaN }), 'ATTRIBUTE'],
      'too many arguments': [() => loose('exp', a, a, a), 'ATTRIBUTE'],
      'too few arguments': [() => loose('add', a), 'SHAPE'],
      'undefined operand': [() => sheet.execute('add', a, undefined as never), 'SOURCE'],
      'a string': [() => a.add('1' as never), 'SOURCE'],
      'a date': [() => a.add(new Date() as never), 'SOURCE'],
      'a function': [() => sheet.tensor(() => 1), 'SOURCE'],
      'wrong length': [() => sheet.tensor(noise(5, 1), [2, 3]), 'SHAPE'],
      'ragged lists': [() => sheet.tensor([[1, 2], [3]]), 'SHAPE'],
      'dtype by another name': [() => sheet.tensor([1], undefined, { dtype: 'bfloat' as never }), 'DTYPE'],
      'a fraction as int64': [() => sheet.tensor([1.5], undefined, { dtype: 'int64' }), 'DTYPE'],
      'bigints beside fractions': [() => sheet.tensor([1n, 2.5]), 'DTYPE'],
      'a number outside uint8': [() => sheet.tensor([300], undefined, { dtype: 'uint8' }), 'DTYPE'],
      'floats as indices': [() => a.take(noise(2, 1)), 'DTYPE'],
      'a shape beyond all memory': [() => sheet.zeros([2 ** 30, 2 ** 30]), 'LIMIT'],
      'such a shape beside a zero': [() => sheet.zeros([0, 2 ** 40]), 'LIMIT'],
      'a broadcast beyond all memory': [() => sheet.zeros([2 ** 20, 1]).add(sheet.zeros([1, 2 ** 20])), 'LIMIT'],
      'a negative length': [() => sheet.zeros([-1]), 'SHAPE'],
      'a fractional length': [() => sheet.zeros([1.5]), 'SHAPE'],
      'a bad view': [() => sheet.with({ class: 'fast' as never }), 'ATTRIBUTE'],
      'an option that is none': [() => sheet.with({ cach: 'off' } as never), 'ATTRIBUTE'],
      'a signal that is none': [() => sheet.with({ signal: {} as never }), 'ATTRIBUTE'],
      'an option of a tensor that is none': [() => sheet.tensor([1], [1], { dtyp: 'int32' } as never), 'ATTRIBUTE'],
      'a dtype of an array that is none': [
        () => sheet.tensor(new Float32Array(1), [1], { dtype: 'float' as never }),
        'DTYPE',
      ],
      'an explanation of a number': [() => sheet.explain(3 as never), 'SOURCE'],
      'a memo of nothing': [() => sheet.memo('x', undefined as never), 'ATTRIBUTE'],
      'a trace without a path': [() => sheet.trace.save(undefined as never), 'ATTRIBUTE'],
      'a trace with its roots nowhere known': [
        () => sheet.trace.save('x.sqs.json', { roots: 'inside' as never }),
        'ATTRIBUTE',
      ],
      'a trace into a folder that is not there': [() => sheet.trace.save('/none/such/x.sqs.json'), 'UNAVAILABLE'],
      'a trace that is not there': [() => loadTrace('/none/such/x.sqs.json'), 'UNAVAILABLE'],
    };
    for (const [name, [call, code]] of Object.entries(calls))
      expect({ name, code: (await refusal(call)).code }).toEqual({ name, code });
    expect(await a.add(1).subtract(1).sum().item()).toBeTypeOf('number');
  });

  it('say what is wrong with what was given, and what to write instead', async () => {
    const a = sheet.ones([2, 3]);
    const buffer = { mapAsync() {}, mapState: 'unmapped', usage: 0 };
    const calls: [call: () => unknown, text: string][] = [
      [
        () => sheet.tensor(['a', 'b']),
        'tensor: element 0 of the list is "a", not a number; map texts to numbers first',
      ],
      [() => sheet.tensor([1, undefined]), 'tensor: element 1 of the list is undefined, not a number; fill the gap'],
      [
        () =>
          sheet.tensor([
            [1, 2],
            [3, null],
          ]),
        'element 3 of the list is null, not a number; fill the gap',
      ],
      // oxlint-disable-next-line no-sparse-arrays
      [() => sheet.tensor([1, , 3]), 'element 1 of the list is undefined, not a number; fill the gap'],
      [() => sheet.tensor([[1], null]), 'element 1 of the list is null, not a number'],
      [
        () => sheet.tensor([a, a]),
        'element 0 of the list is a tensor, not a number; join tensors with sheet.stack([a, b])',
      ],
      [() => sheet.execute('add', [a, a] as never, undefined as never), 'pass operands one by one, not as a list'],
      [
        () => a.sum(0 as never),
        'sum: 1 argument was given; it takes none, then an object of attributes: pass { axis: 0 }.',
      ],
      [
        () => a.add(...([1, 2] as unknown as [number])),
        'add: 2 arguments were given; it takes y: leave the others out.',
      ],
      [() => a.matmul(Promise.resolve(a) as never), 'matmul: a promise is no tensor yet; await it first.'],
      [
        () => a.add(buffer as never),
        'add: a GPUBuffer has no shape or dtype; make a tensor of it: sheet.tensor(buffer, shape).',
      ],
      [() => a.add(undefined as never), 'add: undefined is not a tensor; give'],
    ];
    for (const [call, text] of calls) expect((await refusal(call)).message).toContain(text);
  });

  it('of lists inside themselves or nested without end are refused, not followed', async () => {
    const inside: unknown[] = [];
    inside.push(inside);
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    expect(await refusal(() => sheet.tensor(inside))).toMatchObject({ code: 'SHAPE' });
    expect(await refusal(() => sheet.tensor(deep))).toMatchObject({ code: 'SHAPE' });
  });

  it('for more memory than there is are a typed error, not a RangeError', async () => {
    const huge = { id: 0, dtype: 'float64', shape: [2 ** 40], size: 2 ** 40, sizeBytes: 2 ** 43 } as const;
    expect(await refusal(() => reserve(huge))).toMatchObject({ code: 'LIMIT', details: { sizeBytes: 2 ** 43 } });
  });

  it('with a tensor of another sheet are refused, and its elements are accepted', async () => {
    await using other = await SymbolicSheet.open({ devices: ['js'] });
    const foreign = other.tensor([1, 2]);
    expect(await refusal(() => sheet.tensor([1, 2]).add(foreign))).toMatchObject({ code: 'SOURCE' });
    expect(await refusal(() => sheet.compute(foreign))).toMatchObject({ code: 'SOURCE' });
    expect(
      await sheet
        .tensor([1, 2])
        .add(sheet.tensor(await foreign.data(), foreign.shape))
        .toArray(),
    ).toEqual([2, 4]);
  });

  it('on a device that is not there are refused at the view, with the reason that opening gives', async () => {
    const only = { devices: ['wasm', 'js'] };
    const cases: readonly (readonly [device: string, why: string])[] = [
      ['abacus', "there is no device 'abacus'. Found: js, wasm; "],
      ['WASM', "there is no device 'WASM', write 'wasm'."],
      ['webgpu', "'webgpu' is not here: switched off, for it is not among devices: ['wasm', 'js']; add it."],
    ];
    for (const [device, why] of cases) {
      const refused = { code: 'UNAVAILABLE', message: expect.stringContaining(why) };
      expect(await refusal(() => sheet.with({ device }))).toMatchObject(refused);
      expect(await refusal(() => SymbolicSheet.open({ ...only, device }))).toMatchObject(refused);
    }
    expect(await refusal(() => SymbolicSheet.open({ devices: ['js'], device: 'wasm' }))).toMatchObject({
      message: expect.stringContaining("'wasm' is not here: switched off"),
    });
    expect(await refusal(() => SymbolicSheet.open({ devices: ['js', 'abacus'] }))).toMatchObject({
      message: expect.stringContaining("there is no device 'abacus'"),
    });
    expect(await refusal(() => SymbolicSheet.open({ devices: ['js', 'WebGPU'] }))).toMatchObject({
      message: expect.stringContaining("write 'webgpu'"),
    });
    await using opened = await SymbolicSheet.open(only);
    expect(
      opened
        .devices()
        .filter(({ found }) => found)
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['js', 'wasm']);
    expect(
      opened
        .devices()
        .filter(({ detail }) => detail.startsWith('switched off'))
        .map(({ name }) => name)
        .sort(),
    ).toEqual(['blas', 'tensorflow', 'webgpu']);
  });
});

describe('laws', () => {
  const open = (policy: object): Promise<SymbolicSheet> => SymbolicSheet.open({ devices: ['wasm', 'js'], policy });

  it('that are unknown or ill-typed are refused when the sheet is opened', async () => {
    for (const policy of [{ finit: 'deny' }, { finite: 'maybe' }, { maxBytes: -1 }, { allow: 'add' }, [], 7]) {
      expect(await refusal(() => open(policy as object))).toMatchObject({ code: 'ATTRIBUTE' });
    }
  });

  it('deny by name, bytes, elements and expected time, naming the law and the value', async () => {
    const cases: [object, (s: SymbolicSheet) => Promise<unknown>, RegExp][] = [
      [{ allow: ['add'] }, (s) => s.tensor([1]).exp().data(), /^allow: exp is not on the list/],
      [{ forbid: ['exp'] }, (s) => s.tensor([1]).add(1).exp().data(), /^forbid: exp is forbidden/],
      [{ maxBytes: 1000 }, (s) => s.zeros([300]).data(), /^maxBytes: zeros would make 1200 bytes, the law allows 1000/],
      [
        { maxElements: 10 },
        (s) =>
          s
            .tensor([[1], [2], [3], [4]])
            .add([1, 2, 3, 4])
            .data(),
        /^maxElements: add would make 16 elements, the law allows 10/,
      ],
      [
        { maxExpectedMs: 1 },
        (s) => s.execute('matmul', s.tensor(noise(4e6, 1), [2000, 2000]), s.tensor(noise(4e6, 2), [2000, 2000])).data(),
        /^maxExpectedMs: matmul should take \d+/,
      ],
      [
        { finiteInputs: 'deny' },
        (s) => s.tensor([1, NaN]).add(1).data(),
        /^finiteInputs: tensor gave 1 non-finite value, first at \[1\] \(NaN\)/,
      ],
      [
        { finite: 'deny' },
        (s) =>
          s
            .tensor([
              [1, 0],
              [2, 0],
            ])
            .log()
            .data(),
        /^finite: log gave 2 non-finite values, first at \[0,1\] \(-Infinity\)/,
      ],
    ];
    for (const [policy, call, message] of cases) {
      await using strict = await open(policy);
      const error = await refusal(() => call(strict));
      expect(error).toMatchObject({ code: 'POLICY', message: expect.stringMatching(message) });
      expect(strict.stats().counters.denials).toBeGreaterThan(0);
      if (!('maxExpectedMs' in policy))
        expect(await strict.tensor([1, 2]).add(1).toArray(), 'the sheet goes on working').toEqual([2, 3]);
    }
  });

  it('deny at the await, before anything is computed', async () => {
    await using strict = await open({ forbid: ['exp'] });
    const pending = strict.execute('matmul', strict.ones([2, 2]), strict.ones([2, 2])).exp();
    await expect(pending).rejects.toMatchObject({ code: 'POLICY' });
    expect(strict.stats().counters.kernelCalls).toBe(0);
  });

  it('are the same for hits: a result that is kept and not finite is denied once the law asks', async () => {
    await using strict = await open({});
    const ask = (): Promise<unknown> =>
      strict.tensor(matrix(1).fill(3e38), [SIDE, SIDE]).matmul(strict.eye(SIDE).multiply(8)).data();
    await ask();
    await ask();
    Object.assign(partsOf(strict).settings, { policy: { finite: 'deny' } });
    const { kernelCalls } = strict.stats().counters;
    expect(await refusal(ask)).toMatchObject({ code: 'POLICY' });
    expect(strict.stats().counters.kernelCalls - kernelCalls, 'only the cheap operand may be made again').toBeLessThan(
      3,
    );
  });

  it('cannot be walked around through a view of another class', async () => {
    await using strict = await open({ forbid: ['exp'] });
    const pending = strict.tensor([1, 2]).exp();
    expect(await refusal(() => strict.with({ class: 'exact' }).execute('add', pending, 1).data())).toMatchObject({
      code: 'POLICY',
    });
  });

  it('that warn let the result through and say so', async () => {
    await using lenient = await open({ finite: 'warn' });
    const lines: string[] = [];
    Object.assign(partsOf(lenient), { host: { ...partsOf(lenient).host, warn: (line: string) => lines.push(line) } });
    expect(await lenient.tensor([1, 0]).log().toArray()).toEqual([0, -Infinity]);
    expect(lines).toEqual([expect.stringMatching(/^finite: log gave 1 non-finite value/)]);
  });
});

describe('views', () => {
  it('of another class, cache, device and signal answer in their own way on one store', async () => {
    const a = sheet.tensor(matrix(11), [SIDE, SIDE]);
    const b = sheet.tensor(matrix(12), [SIDE, SIDE]);
    const [exact, off, js] = [
      sheet.with({ class: 'exact' }),
      sheet.with({ cache: 'off' }),
      sheet.with({ device: 'js' }),
    ];
    const one = bits(await exact.matmul(a, b).data());
    await exact.matmul(a, b).data();
    const before = sheet.stats().counters.kernelCalls;
    expect(bits(await exact.matmul(a, b).data())).toBe(one);
    expect(sheet.stats().counters.kernelCalls, 'exact again: a hit').toBe(before);
    expect(bits(await off.with({ class: 'exact' }).matmul(a, b).data())).toBe(one);
    expect(sheet.stats().counters.kernelCalls, 'cache off: computed').toBe(before + 1);
    evictAll(sheet);
    const small = noise(64, 1);
    await js.execute('exp', js.tensor(small)).data();
    expect(sheet.trace.annotations().at(-1)?.device ?? 'js').toBe('js');
  });
});
