// Programs that tests of the trace run.
import { SymbolicSheet } from '../../src/index.ts';
import type { OpenOptions } from '../../src/index.ts';

/** 0, 1 ... scaled into [−1, 1), the same on every call. */
export const ramp = (size: number, step = 0.37): Float32Array =>
  Float32Array.from({ length: size }, (_, i) => Math.sin(i * step));

/**
 * A few layers with reductions, a slice of attributes, bare arrays and reads of all sizes. `axis` is the attribute that
 * tests change.
 */
export async function layers(sheet: SymbolicSheet, axis = 0): Promise<void> {
  const a = sheet.tensor(ramp(48), [6, 8]);
  const w = sheet.tensor(ramp(64, 0.11), [8, 8]);
  let x = a.matmul(w);
  for (let i = 0; i < 3; i++) x = x.add(0.5).tanh().matmul(w);
  await x.data();
  await x.mean({ axis }).data();
  await x.sum().item();
  await x.argmax({ axis: 1 }).data();
  await sheet
    .execute(
      'matmul',
      x,
      ramp(80, 0.2).reduce<number[][]>((rows, value, i) => {
        (rows[Math.floor(i / 10)] ??= []).push(value);
        return rows;
      }, []),
    )
    .data();
}

/** Opens a sheet for `program`, and closes it. */
export async function withSheet<T>(options: OpenOptions, program: (sheet: SymbolicSheet) => Promise<T>): Promise<T> {
  const sheet = await SymbolicSheet.open(options);
  try {
    return await program(sheet);
  } finally {
    await sheet.close();
  }
}
