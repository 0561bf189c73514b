// Vectors of opcodes: operands and results as bits, from the assertions of the WebAssembly specification's test suite.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { VacRow, VacType } from '../../src/vac/isa/row.ts';

/** One assertion. `expected` is bits, `nan`, or the trap. */
export interface OpcodeVector {
  readonly name: string;
  readonly operands: readonly bigint[];
  readonly expected: bigint | string;
}

const FILE = join(import.meta.dirname, '../golden/vac/opcodes.txt.gz');

/** All of them: `name operands = expected`, in hexadecimal. */
export function opcodeVectors(): OpcodeVector[] {
  return gunzipSync(readFileSync(FILE))
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [left = '', right = ''] = line.split(' = ');
      const [name = '', ...operands] = left.split(' ');
      const bits = /^[0-9a-f]+$/.test(right);
      return {
        name,
        operands: operands.map((hex) => (hex === 'nan' ? 0x7fc00000n : BigInt(`0x${hex}`))),
        expected: bits ? BigInt(`0x${right}`) : right,
      };
    });
}

const TYPE_BYTES = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c } as const;

/** A WebAssembly module that exports `f`, which takes what a row takes and gives what it gives. */
export function moduleOfRow(row: VacRow): Uint8Array<ArrayBuffer> {
  const types = (list: readonly VacType[]): number[] => [list.length, ...list.map((type) => TYPE_BYTES[type])];
  const code = [0, ...row.params!.flatMap((_, at) => [0x20, at]), ...row.wasm, 0x0b];
  const section = (id: number, ...bytes: number[]): number[] => [id, bytes.length, ...bytes];
  return Uint8Array.of(
    0x00,
    0x61,
    0x73,
    0x6d,
    1,
    0,
    0,
    0,
    ...section(1, 1, 0x60, ...types(row.params!), ...types(row.results!)),
    ...section(3, 1, 0),
    ...section(7, 1, 1, 0x66, 0, 0),
    ...section(10, 1, code.length, ...code),
  );
}
