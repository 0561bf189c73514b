// The journal of a machine: what came from outside, and when. Together with the program it is the whole run.
import { FormatError } from '../../kit.ts';
import type { VacValue } from '../isa/row.ts';
import { ByteReader, ByteWriter } from '../program/bytes.ts';

/** One answer of a device that has it from outside. */
export interface JournalEntry {
  readonly tick: bigint;
  readonly name: string;
  readonly results: readonly VacValue[];
  readonly writes: readonly { readonly address: number; readonly bytes: Uint8Array }[];
}

const VERSION = 1;

/** A journal as bytes. */
export function encodeJournal(entries: readonly JournalEntry[]): Uint8Array {
  const to = new ByteWriter().text('vac-journal').u32(VERSION);
  to.list(entries, ({ tick, name, results, writes }) => {
    to.signed(tick).text(name);
    to.list(results, (result) => to.u8(Number(typeof result === 'bigint')).signed(BigInt(result)));
    to.list(writes, ({ address, bytes }) => to.u32(address).sized(bytes));
  });
  return to.finish();
}

/** The journal of these bytes. Throws FormatError. Devices answer integers alone. */
export function decodeJournal(bytes: Uint8Array): JournalEntry[] {
  const from = new ByteReader(bytes, 'This journal');
  if (from.text() !== 'vac-journal' || from.u32() !== VERSION)
    throw new FormatError('These bytes are no journal of a machine; take what `--journal` wrote.', {});
  const entries = from.list(() => ({
    tick: from.signed(64),
    name: from.text(),
    results: from.list((): VacValue => (from.u8() === 1 ? from.signed(64) : Number(from.signed(64)))),
    writes: from.list(() => ({ address: from.u32(), bytes: from.take(from.u32()).slice() })),
  }));
  if (!from.isAtEnd) from.fail('there is more than a journal');
  return entries;
}
