// .safetensors files: those of the format's own writer are read and written byte for byte; what is no such file is a
// typed error before anything of its size is made.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, type DType, DTYPES } from '../../src/core/tensor/dtype.ts';
import { defineDType } from '../../src/core/tensor/define-dtype.ts';
import { smallFloat } from '../../kernels/codecs/small-float.ts';
import {
  decodeSafetensors,
  encodeSafetensors,
  type SafetensorsFile,
  type StoredTensor,
} from '../../src/interchange.ts';
import { extent } from '../run/extent.ts';
import { fuzzed, outcomesOf } from './fuzz.ts';

const FOLDER = join(import.meta.dirname, '../golden/safetensors');
const golden = (name: string): Uint8Array => new Uint8Array(readFileSync(join(FOLDER, `${name}.safetensors`)));
const hex = (array: ArrayBufferView): string => Buffer.from(bytesOf(array)).toString('hex');

type Listed = readonly [name: string, dtype: string, shape: readonly number[], bits: string];
const INDEX = JSON.parse(readFileSync(join(FOLDER, 'index.json'), 'utf8')) as Readonly<
  Record<string, { readonly metadata: Readonly<Record<string, string>>; readonly tensors: readonly Listed[] }>
>;
const SOUND = Object.keys(INDEX).filter((name) => name !== 'complex');

/** A file of a header's text and so many bytes of elements. */
function fileOf(header: string, dataBytes = 0, headerBytes = Buffer.byteLength(header)): Uint8Array {
  const text = Buffer.from(header);
  const file = Buffer.alloc(8 + text.length + dataBytes);
  file.writeBigUInt64LE(BigInt(headerBytes), 0);
  text.copy(file, 8);
  return new Uint8Array(file);
}

const entry = (shape: string, offsets: string, dtype = 'F32'): string =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}`;

describe('decodeSafetensors', () => {
  it('has a file for every element type of the library', () => {
    const held = INDEX['dtypes']!.tensors.map(([, dtype]) => dtype).sort();
    expect(held).toEqual(
      Object.values(DTYPES)
        .filter(({ identity }) => identity === undefined)
        .map(({ name }) => name)
        .sort(),
    );
    expect(readdirSync(FOLDER)).toHaveLength(Object.keys(INDEX).length + 1);
  });

  it.each(SOUND)("reads what the format's own writer wrote: %s", (name) => {
    const { tensors, metadata } = decodeSafetensors(golden(name));
    const found = [...tensors].map(([key, { dtype, shape, array }]) => [key, dtype, shape, hex(array)]);
    const byName = (a: readonly unknown[], b: readonly unknown[]): number => (String(a[0]) < String(b[0]) ? -1 : 1);
    expect(found.sort(byName)).toEqual([...INDEX[name]!.tensors].sort(byName));
    expect(Object.fromEntries(metadata)).toEqual(INDEX[name]!.metadata);
  });

  it('refuses element types that are not held by saying what to do, and reads the others by name', () => {
    expect(() => decodeSafetensors(golden('complex'))).toThrow(
      expect.objectContaining({
        code: 'DTYPE',
        message:
          'safetensors: tensor "a" has elements of C64, which are not held here; save its real and its imaginary ' +
          'part as two tensors.',
      }),
    );
    expect([...decodeSafetensors(golden('complex'), { names: ['b'] }).tensors.keys()]).toEqual(['b']);
    expect(() => decodeSafetensors(golden('complex'), { names: ['c'] })).toThrow(/no tensor "c"/);
    const brain = fileOf(`{"x":${entry('[2]', '[0,4]', 'BF16')}}`, 4);
    expect(() => decodeSafetensors(brain)).toThrow(
      /elements of BF16.*import 'symbolic-sheet\/ops' first, or save it as F32/,
    );
  });

  it('reads and writes a dtype that the program has defined under the usual name', () => {
    const layout = { exponentBits: 8, fractionBits: 7, infinities: true };
    const dtype = defineDType({
      name: 'bfloat16',
      kind: 'float',
      bits: 16,
      storage: Uint16Array,
      ...smallFloat(layout),
    });
    const tensors = { x: { dtype, shape: [2], array: Uint16Array.of(0x3f80, 0xc000) } };
    const file = encodeSafetensors({ tensors });
    expect(Buffer.from(file).toString('latin1')).toContain('"dtype":"BF16"');
    expect(decodeSafetensors(file).tensors.get('x')).toEqual(tensors.x);
    const other = defineDType({
      name: 'float8_e5m2',
      kind: 'float',
      bits: 8,
      storage: Uint8Array,
      ...smallFloat({ exponentBits: 3, fractionBits: 4, infinities: true }),
    });
    expect(() => encodeSafetensors({ tensors: { x: { dtype: other, shape: [0], array: new Uint8Array(0) } } })).toThrow(
      expect.objectContaining({ code: 'DTYPE' }),
    );
  });

  const F = entry('[1]', '[0,4]');
  const WRONG: readonly (readonly [what: string, code: string, file: Uint8Array])[] = [
    ['nothing', 'truncated', new Uint8Array(0)],
    ['half a length', 'truncated', new Uint8Array(7)],
    ['a header beyond the file', 'truncated', fileOf('{}', 0, 3)],
    ['a header of an exabyte', 'LIMIT', fileOf('{}', 0, 2 ** 60)],
    ['a header over the cap', 'LIMIT', fileOf(`{}${' '.repeat(4 * 2 ** 20)}`)],
    ['no object', 'malformed', fileOf('[]')],
    ['space before the object', 'malformed', fileOf(' {}')],
    ['text after the object', 'malformed', fileOf('{}{}')],
    ['bytes that are no UTF-8', 'malformed', Uint8Array.of(4, 0, 0, 0, 0, 0, 0, 0, 0x7b, 0xff, 0xfe, 0x7d)],
    ['a name twice', 'duplicate', fileOf(`{"x":${F},"x":${entry('[1]', '[4,8]')}}`, 8)],
    ['a name twice, spelt in two ways', 'duplicate', fileOf(`{"x":${F},"\\u0078":${entry('[1]', '[4,8]')}}`, 8)],
    ['metadata twice', 'duplicate', fileOf('{"__metadata__":{},"__metadata__":{}}')],
    ['metadata that name a text twice', 'duplicate', fileOf('{"__metadata__":{"a":"","a":""}}')],
    ['metadata that are no texts', 'malformed', fileOf('{"__metadata__":{"a":1}}')],
    ['a name over the cap', 'LIMIT', fileOf(`{"${'x'.repeat(257)}":${F}}`, 4)],
    ['half a character in a name', 'malformed', fileOf(`{"\\ud800":${F}}`, 4)],
    ['a field more', 'malformed', fileOf(`{"x":${F.replace('}', ',"path":"../../etc/passwd"}')}}`, 4)],
    ['a field twice', 'malformed', fileOf(`{"x":${F.replace('}', ',"dtype":"F32"}')}}`, 4)],
    ['a field less', 'malformed', fileOf('{"x":{"dtype":"F32","shape":[1]}}', 4)],
    ['an element type that is none', 'malformed', fileOf(`{"x":${entry('[1]', '[0,4]', 'F33')}}`, 4)],
    ['a negative length', 'malformed', fileOf(`{"x":${entry('[-1]', '[0,4]')}}`, 4)],
    ['a fraction', 'malformed', fileOf(`{"x":${entry('[1.0]', '[0,4]')}}`, 4)],
    ['a length beyond 2^53', 'malformed', fileOf(`{"x":${entry('[9007199254740993]', '[0,4]')}}`, 4)],
    ['33 axes', 'malformed', fileOf(`{"x":${entry(`[${'1,'.repeat(32)}1]`, '[0,4]')}}`, 4)],
    ['three offsets', 'malformed', fileOf(`{"x":${entry('[1]', '[0,4,8]')}}`, 4)],
    ['a product that overflows', 'LIMIT', fileOf(`{"x":${entry('[4294967296,4294967296]', '[0,0]')}}`)],
    ['an overflow behind a zero', 'LIMIT', fileOf(`{"x":${entry('[0,4294967296,4294967296]', '[0,0]')}}`)],
    ['offsets that are not the size', 'offsets', fileOf(`{"x":${entry('[2]', '[0,4]')}}`, 4)],
    ['offsets the wrong way round', 'offsets', fileOf(`{"x":${entry('[1]', '[4,0]')}}`, 4)],
    ['half a byte', 'offsets', fileOf(`{"x":${entry('[3]', '[0,1]', 'F4')}}`, 1)],
    ['a gap at the start', 'offsets', fileOf(`{"x":${entry('[1]', '[4,8]')}}`, 8)],
    ['a gap', 'offsets', fileOf(`{"x":${F},"y":${entry('[1]', '[8,12]')}}`, 12)],
    ['an overlap', 'offsets', fileOf(`{"x":${entry('[2]', '[0,8]')},"y":${entry('[1]', '[4,8]')}}`, 8)],
    ['the same elements twice', 'offsets', fileOf(`{"x":${F},"y":${F}}`, 4)],
    ['fewer bytes than it states', 'truncated', fileOf(`{"x":${F}}`, 3)],
    ['more bytes than it states', 'trailing', fileOf(`{"x":${F}}`, 5)],
    ['deep nesting', 'malformed', fileOf(`{"x":${'['.repeat(2_000_000)}}`)],
    ['deep nesting of objects', 'malformed', fileOf(`${'{"x":'.repeat(500_000)}1${'}'.repeat(500_000)}`)],
  ];

  it.each(WRONG)('refuses %s: %s', (_what, code, file) => {
    const format = expect.objectContaining({ code: 'FORMAT', details: expect.objectContaining({ code }) });
    const started = performance.now();
    expect(() => decodeSafetensors(file)).toThrow(code === 'LIMIT' ? expect.objectContaining({ code }) : format);
    expect(performance.now() - started).toBeLessThan(2000);
  });

  it('refuses a hundred thousand entries by their number, and takes the most there may be', () => {
    const entries = (count: number): Uint8Array =>
      fileOf(`{${Array.from({ length: count }, (_, i) => `"${i}":${entry('[0]', '[0,0]')}`).join(',')}}`);
    expect(() => decodeSafetensors(entries(60_000))).toThrow(/16385 entries; at most 16384/);
    expect(() => decodeSafetensors(entries(100_000))).toThrow(expect.objectContaining({ code: 'LIMIT' }));
    expect(decodeSafetensors(entries(16_384)).tensors.size).toBe(16_384);
  });
});

describe('encodeSafetensors', () => {
  it.each(SOUND)("writes the bytes that the format's own writer wrote: %s", (name) => {
    expect(hex(encodeSafetensors(decodeSafetensors(golden(name))))).toBe(hex(golden(name)));
  });

  it('refuses what a file cannot hold', () => {
    const tensor: StoredTensor = { dtype: 'float32', shape: [1], array: Float32Array.of(1) };
    const write =
      (name: string, value: StoredTensor): (() => Uint8Array) =>
      () =>
        encodeSafetensors({ tensors: { [name]: value } });
    expect(write('__metadata__', tensor)).toThrow(/is the name of the metadata; take another/);
    expect(write('\ud800', tensor)).toThrow(/half a character/);
    expect(write('x'.repeat(257), tensor)).toThrow(/a name of 257 bytes; at most 256/);
    expect(write('x', { ...tensor, shape: [2] })).toThrow(/1 elements of "x" do not fill shape \[2\]/);
    expect(() => encodeSafetensors({ tensors: {}, metadata: { a: 1 as unknown as string } })).toThrow(/is number/);
    const many = new Map(Array.from({ length: 16_385 }, (_, i) => [String(i), tensor]));
    expect(() => encodeSafetensors({ tensors: many })).toThrow(expect.objectContaining({ code: 'LIMIT' }));
  });

  it('writes the same file whatever order tensors and texts are given in, and reads it back', () => {
    const dtypes = Object.keys(DTYPES).filter((name) => DTYPES[name as DType].identity === undefined) as DType[];
    const tensor = fc
      .record({ dtype: fc.constantFrom(...dtypes), shape: fc.array(fc.nat(3), { maxLength: 4 }), seed: fc.nat(255) })
      .map(({ dtype, shape, seed }): StoredTensor => {
        const array = new DTYPES[dtype].array(shape.reduce((a, b) => a * b, 1));
        bytesOf(array).forEach((_, i, bytes) => (bytes[i] = dtype === 'bool' ? (i + seed) % 2 : (i * 31 + seed) % 256));
        return { dtype, shape, array };
      });
    const text = fc.string({ unit: 'binary', maxLength: 8 });
    const content = fc.record({
      tensors: fc.uniqueArray(
        fc.tuple(
          text.filter((name) => name !== '__metadata__'),
          tensor,
        ),
        {
          selector: ([name]) => name,
          maxLength: 5,
        },
      ),
      metadata: fc.uniqueArray(fc.tuple(text, text), { selector: ([name]) => name, maxLength: 3 }),
    });
    fc.assert(
      fc.property(content, ({ tensors, metadata }) => {
        const file = encodeSafetensors({ tensors: new Map(tensors), metadata: new Map(metadata) });
        const again = { tensors: new Map(tensors.toReversed()), metadata: new Map(metadata.toReversed()) };
        expect(encodeSafetensors(again)).toEqual(file);
        const read = decodeSafetensors(file);
        expect(encodeSafetensors(read)).toEqual(file);
        expect(new Map(read.metadata)).toEqual(new Map(metadata));
        for (const [name, { dtype, shape, array }] of tensors) {
          const found = read.tensors.get(name)!;
          expect([found.dtype, found.shape, hex(found.array)]).toEqual([dtype, shape, hex(array)]);
        }
      }),
      { seed: 11, numRuns: extent(60, 2000) },
    );
  });
});

describe('a damaged .safetensors file', () => {
  it('is an error with its reason, or tensors of other elements or names', () => {
    const file = golden('shapes');
    const isBounded = (found: SafetensorsFile): void => {
      const sizeBytes = [...found.tensors.values()].reduce((sum, { array }) => sum + array.byteLength, 0);
      if (sizeBytes >= file.length) expect(sizeBytes).toBeLessThan(file.length);
    };
    const { refused, read } = outcomesOf(file, decodeSafetensors, isBounded, { stride: extent(5, 1) });
    // The format has no checksum: elements, names and metadata that are changed cannot be told.
    expect(refused).toBeGreaterThan(read);
  });

  it('of random input is a typed error, or a file that is written again as it was read', { timeout: 600_000 }, () => {
    const count = fc.oneof(fc.nat(3), fc.nat(40), fc.constantFrom(2 ** 32, 2 ** 53 - 1, -1, 0.5));
    const name = fc.constantFrom('x', 'y', '', '__metadata__', '__proto__', '\u0000', 'ä');
    const value = fc.record({
      dtype: fc.constantFrom('F32', 'U8', 'BOOL', 'F4', 'X'),
      shape: fc.array(count, { maxLength: 3 }),
      data_offsets: fc.oneof(fc.tuple(count, count), fc.constant([0, 0]), fc.array(count, { maxLength: 3 })),
    });
    const member = fc.tuple(name, fc.oneof(value, fc.dictionary(name, fc.string()), fc.json()));
    const grammar = fc
      .tuple(fc.array(member, { maxLength: 3 }), fc.nat(64), fc.constantFrom(0, 0, 0, 1, -1))
      .map(([members, dataBytes, off]) => {
        const text = members.map(([key, json]) => `${JSON.stringify(key)}:${JSON.stringify(json)}`).join(',');
        return fileOf(`{${text}}`, dataBytes, Math.max(0, Buffer.byteLength(text) + 2 + off));
      });
    const read = fuzzed(decodeSafetensors, { grammar, sound: SOUND.map(golden) }, (found) => {
      const again = decodeSafetensors(encodeSafetensors(found));
      expect(encodeSafetensors(again)).toEqual(encodeSafetensors(found));
    });
    expect(read).toBeGreaterThan(0);
  });
});
