// Calls that golden vectors are of: an op on two roots, called on a sheet as a program calls it.
import { SymbolicSheet } from '../../src/index.ts';
import type { Tensor } from '../../src/surface.ts';
import type { Call } from '../../src/core/engine/call.ts';
import type { Engine } from '../../src/core/engine/engine.ts';
import { sessionOf } from '../parts.ts';

/** An op with its arguments, of which 'A' and 'B' are the roots, and how it is called. */
export interface CalledResult {
  readonly op: string;
  readonly args: readonly unknown[];
  readonly class: 'tolerance' | 'exact';
  readonly rewrites: 'offer' | 'apply';
}

const ROOTS = { A: Float32Array.of(1, 2, 3, 4), B: Float32Array.of(-0, 0.5, 1e-40, Infinity) };

/** The call on a sheet of its own. */
export async function callOf({
  op,
  args,
  class: numerics,
  rewrites,
}: CalledResult): Promise<{ engine: Engine; call: Call }> {
  const sheet = await SymbolicSheet.open({ class: numerics, rewrites, devices: ['js'] });
  const roots = { A: sheet.tensor(ROOTS.A, [2, 2]), B: sheet.tensor(ROOTS.B, [2, 2]) };
  const read = (arg: unknown): unknown =>
    Array.isArray(arg) ? arg.map(read) : arg === 'A' || arg === 'B' ? roots[arg] : arg;
  const given = args.map(read);
  const result = (sheet.execute as (...call: unknown[]) => Tensor)(op, ...given);
  return { engine: sessionOf(sheet).engine, call: result.call };
}
