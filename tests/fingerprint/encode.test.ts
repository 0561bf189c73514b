// The canonical encoding: readable back without loss (so that equal bytes mean equal values), and refusing what has no
// one form.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/core/fingerprint/digest.ts';
import { TAG, TlvWriter } from '../../src/core/fingerprint/encode.ts';
import { encodeValue, MAX_VALUE_DEPTH } from '../../src/core/fingerprint/value.ts';

const RUN = { seed: 20_261_120, numRuns: 3000 };

const encode = (value: unknown): string => {
  const writer = new TlvWriter().beginFields();
  encodeValue(writer, value);
  return toHex(writer.view());
};

/**
 * A reader written from the specification alone: decode ∘ encode = identity proves that no two values share an
 * encoding.
 */
function decode(bytes: Uint8Array): unknown {
  const { value, end } = decodeField(bytes, 0);
  if (end !== bytes.length) throw new RangeError(`${bytes.length - end} bytes left over`);
  return value;
}

function decodeField(bytes: Uint8Array, at: number): { value: unknown; end: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const start = at + 9;
  const end = start + Number(view.getBigUint64(at + 1, true));
  const body = bytes.subarray(start, end);
  switch (bytes[at]) {
    case TAG.null:
      return { value: null, end };
    case TAG.boolean:
      return { value: body[0] === 1, end };
    case TAG.f64:
      return { value: view.getFloat64(start, true), end };
    case TAG.string:
      return { value: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body), end };
    case TAG.list:
      return { value: decodeFields(body), end };
    case TAG.map:
      return { value: decodeMap(body), end };
    default:
      throw new RangeError(`tag ${bytes[at]}`);
  }
}

function decodeFields(bytes: Uint8Array): unknown[] {
  const items: unknown[] = [];
  for (let at = 0; at < bytes.length;) {
    const { value, end } = decodeField(bytes, at);
    items.push(value);
    at = end;
  }
  return items;
}

function decodeMap(bytes: Uint8Array): object {
  const fields = decodeFields(bytes);
  const entries = fields.flatMap((key, i) => (i % 2 === 0 ? [[key as string, fields[i + 1]] as const] : []));
  for (let i = 1; i < entries.length; i++) expect((entries[i - 1]?.[0] ?? '') < (entries[i]?.[0] ?? '')).toBe(true);
  return Object.fromEntries(entries);
}

const encodedBytes = (value: unknown): Uint8Array => {
  const writer = new TlvWriter().beginFields();
  encodeValue(writer, value);
  return writer.copy();
};

const { value: anyValue } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.constantFrom(null, true, false, 0, -0, NaN, Infinity, -Infinity, '', 'a', 'ab', '\0', '10', '9'),
    fc.double(),
    fc.string({ unit: 'grapheme' }),
    fc.string({ unit: 'binary' }),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(
      fc.oneof(fc.constantFrom('', 'a', 'b', 'ab', '10', '9', '__proto__', 'é', '😀', '\uffff'), fc.string()),
      tie('value'),
      { maxKeys: 4 },
    ),
  ),
}));

/** Deep identity: Object.is on numbers, maps without order. Independent of the encoding. */
function identical(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return Object.is(a, b);
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [x, y] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = Object.keys(x);
  return (
    keys.length === Object.keys(y).length && keys.every((key) => Object.hasOwn(y, key) && identical(x[key], y[key]))
  );
}

describe('encoding of plain values', () => {
  it('reads back as the identical value', () => {
    fc.assert(
      fc.property(anyValue, (value) => identical(decode(encodedBytes(value)), value)),
      RUN,
    );
  });

  it('is equal for two values exactly when they are deeply identical', () => {
    fc.assert(
      fc.property(anyValue, anyValue, (a, b) => (encode(a) === encode(b)) === identical(a, b)),
      RUN,
    );
    fc.assert(
      fc.property(anyValue, (a) => encode(a) === encode(structuredClone(a))),
      RUN,
    );
  });

  it('does not see the order in which keys were set', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.integer()), (record) => {
        const reversed = Object.fromEntries(Object.entries(record).reverse());
        return encode(record) === encode(reversed);
      }),
      RUN,
    );
  });

  it('separates every two members of a zoo of look-alikes', () => {
    const zoo: unknown[] = [
      null,
      true,
      false,
      0,
      -0,
      NaN,
      Infinity,
      -Infinity,
      1,
      2 ** 53,
      5e-324,
      '',
      '0',
      '1',
      'true',
      'null',
      '\0',
      '\0\0',
      'a',
      'ab',
      'é',
      'e\u0301',
      '😀',
      '\ufffd',
      '\ufeff',
      [],
      [[]],
      [[], []],
      [[[]]],
      [null],
      [0],
      ['0'],
      [1, 2],
      [[1], 2],
      [1, [2]],
      [[1, 2]],
      ['a', 'b'],
      ['ab'],
      ['a', '', 'b'],
      ['', ''],
      ['', '', ''],
      {},
      [{}],
      { '': 0 },
      { a: null },
      { a: 0 },
      { a: -0 },
      { a: [] },
      { a: {} },
      { a: 1, b: 2 },
      { a: 2, b: 1 },
      { ab: 1 },
      ['a', 1],
      [['a', 1]],
      { a: { b: 1 } },
      { a: 1, '1': 'a' },
      { 0: 1 },
      { 1: 0 },
      { length: 0 },
    ];
    for (let i = 0; i < zoo.length; i++) {
      for (let j = 0; j < zoo.length; j++) {
        expect([zoo[i], zoo[j], encode(zoo[i]) === encode(zoo[j])]).toEqual([zoo[i], zoo[j], i === j]);
      }
    }
  });

  it('writes every NaN as the canonical quiet one and keeps −0', () => {
    const payloads = [0x7ff8_0000_0000_0000n, 0xfff8_0000_0000_0000n, 0x7ff8_0000_0000_0001n, 0xffff_ffff_ffff_ffffn];
    const bits = payloads.map((payload) => new Float64Array(BigUint64Array.of(payload).buffer)[0]);
    for (const nan of bits) expect(encode(nan)).toBe('050800000000000000000000000000f87f');
    expect(encode(-0)).toBe('05080000000000000000000000000000' + '80');
  });

  it('takes objects of no prototype and a value that occurs twice', () => {
    const shared = [1];
    expect(encode(Object.assign(Object.create(null), { a: 1 }))).toBe(encode({ a: 1 }));
    expect(encode([shared, shared])).toBe(encode([[1], [1]]));
  });

  it('refuses what has no one form, naming the path', () => {
    const cycle: unknown[] = [];
    cycle.push({ again: cycle });
    class Point {
      x = 1;
    }
    class Row extends Array<number> {}
    const named = Object.assign([1], { index: 0 });
    const sparse = Object.assign(new Array<number>(3), { 0: 1, 2: 3 });
    const refused: [unknown, string][] = [
      [undefined, 'arg'],
      [{ a: undefined }, 'arg.a'],
      [[1, () => 1], 'arg[1]'],
      [{ a: [{ b: Symbol('s') }] }, 'arg.a[0].b'],
      [{ 'odd key': 1n }, 'arg["odd key"]'],
      [cycle, 'arg[0].again'],
      [new Point(), 'arg'],
      [Row.of(1), 'arg'],
      [sparse, 'arg[1]'],
      [named, 'arg'],
      [{ [Symbol('s')]: 1 }, 'arg'],
      [new Date(0), 'arg'],
      [new Map(), 'arg'],
      [[new Float32Array(2)], 'arg[0]'],
      [/x/, 'arg'],
      [Promise.resolve(), 'arg'],
      [Math, 'arg'],
      [{ a: 'x\ud800' }, 'arg.a'],
      [{ '\udc00': 1 }, 'arg["\\udc00"]'],
      [Object.create({}), 'arg'],
      [new String('a'), 'arg'],
    ];
    for (const [value, path] of refused) {
      const writer = new TlvWriter().beginFields();
      expect(() => encodeValue(writer, value, 'arg')).toThrow(
        expect.objectContaining({ code: 'ATTRIBUTE', details: { path } }),
      );
    }
  });

  it('refuses nesting deeper than the limit with a typed error, not a stack overflow', () => {
    const nest = (depth: number): unknown => (depth === 0 ? 0 : [nest(depth - 1)]);
    expect(encode(nest(MAX_VALUE_DEPTH))).toContain('05');
    expect(() => encode(nest(MAX_VALUE_DEPTH + 1))).toThrow(expect.objectContaining({ code: 'LIMIT' }));
    expect(() => encode(nest(3000))).toThrow(expect.objectContaining({ code: 'LIMIT' }));
  });

  it('starts clean after a refusal in the middle of a value', () => {
    const writer = new TlvWriter().beginFields();
    expect(() => encodeValue(writer, [[undefined]])).toThrow();
    writer.beginFields();
    encodeValue(writer, 'a');
    expect(toHex(writer.view())).toBe(encode('a'));
  });
});

describe('typed fields', () => {
  it('have the bytes of the specification', () => {
    const field = (write: (writer: TlvWriter) => void): string => {
      const writer = new TlvWriter().beginFields();
      write(writer);
      return toHex(writer.view());
    };
    expect(field((w) => w.null())).toBe('000000000000000000');
    expect(field((w) => w.boolean(true))).toBe('01010000000000000001');
    expect(field((w) => w.u8(255))).toBe('020100000000000000ff');
    expect(field((w) => w.u32(0xdeadbeef))).toBe('030400000000000000efbeadde');
    expect(field((w) => w.u64(2 ** 53 - 1))).toBe('040800000000000000ffffffffffff1f00');
    expect(field((w) => w.u64(2n ** 64n - 1n))).toBe('040800000000000000ffffffffffffffff');
    expect(field((w) => w.f64(1))).toBe('050800000000000000000000000000f03f');
    expect(field((w) => w.string('é'))).toBe('060200000000000000c3a9');
    expect(field((w) => w.bytes(Uint8Array.of(1, 2)))).toBe('0702000000000000000102');
    expect(field((w) => w.digest(new Uint8Array(32)))).toBe(`082000000000000000${'00'.repeat(32)}`);
    expect(field((w) => w.list([1, 2], (to, item) => to.u8(item)))).toBe(
      '091400000000000000' + '02010000000000000001' + '02010000000000000002',
    );
    expect(field((w) => w.map({ b: 1, a: 2 }, (to, item) => to.u8(item)))).toBe(
      '0a2800000000000000' +
        '06010000000000000061' +
        '02010000000000000002' +
        '06010000000000000062' +
        '02010000000000000001',
    );
    expect(toHex(new TlvWriter().begin('content', 12).view())).toBe(
      toHex(new TextEncoder().encode('sqs.content.v12\0')),
    );
  });

  it('write the same u64 from a number and from a BigInt', () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (n) => {
        const a = new TlvWriter().beginFields().u64(n).copy();
        return toHex(a) === toHex(new TlvWriter().beginFields().u64(BigInt(n)).view());
      }),
      RUN,
    );
  });

  it('refuse values out of range, short digests, odd kinds and unclosed lists', () => {
    const wrong: ((writer: TlvWriter) => unknown)[] = [
      (w) => w.u8(256),
      (w) => w.u8(-1),
      (w) => w.u8(0.5),
      (w) => w.u32(2 ** 32),
      (w) => w.u32(NaN),
      (w) => w.u64(2 ** 53),
      (w) => w.u64(-1n),
      (w) => w.u64(2n ** 64n),
      (w) => w.digest(new Uint8Array(31)),
      (w) => w.string('\ud800'),
      (w) => w.begin('A', 1),
      (w) => w.begin('a.b', 1),
      (w) => w.begin('', 1),
      (w) => w.begin('a', -1),
      (w) => {
        w.openList();
        w.view();
      },
    ];
    for (const write of wrong) {
      expect(() => write(new TlvWriter().beginFields())).toThrow(expect.objectContaining({ code: 'ATTRIBUTE' }));
    }
  });

  it('grows its buffer without losing what was written, and starts afresh on begin', () => {
    const writer = new TlvWriter().begin('result', 1);
    const long = 'x'.repeat(5000);
    writer.string('first').string(long).bytes(new Uint8Array(100_000).fill(7)).u32(9);
    const fresh = new TlvWriter()
      .begin('result', 1)
      .string('first')
      .string(long)
      .bytes(new Uint8Array(100_000).fill(7))
      .u32(9);
    expect(Buffer.compare(writer.view(), fresh.view())).toBe(0);
    expect(writer.view().length).toBe(14 + 9 + 5 + 9 + 5000 + 9 + 100_000 + 13);
    writer.begin('content', 1);
    expect(toHex(writer.view())).toBe(toHex(new TlvWriter().begin('content', 1).view()));
  });
});
