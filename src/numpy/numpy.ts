// NumPy's names over a sheet: functions by its signatures, its constants, its dtypes and its way to write an index.
import { UnknownOpError } from '../kit.ts';
import type { PendingTensor, Sheet } from '../surface.ts';
import { callRow } from './calls.ts';
import type { Context, NumPyFiles } from './context.ts';
import type { NumPyFunctions } from './functions.gen.ts';
import { at, type AtFunction } from './indexing.ts';
import { NUMPY_DTYPES } from './promotion.ts';
import { ROWS } from './rows/rows.ts';
import { parseSignature } from './signature.ts';

/** Names of NumPy that are no functions. */
const CONSTANTS = {
  pi: Math.PI,
  e: Math.E,
  inf: Infinity,
  nan: NaN,
  euler_gamma: 0.5772156649015329,
  newaxis: null,
} as const;

/** Names of NumPy that are no functions, of dtypes too. */
export const NUMPY_CONSTANTS: ReadonlySet<string> = new Set(Object.keys({ ...CONSTANTS, ...NUMPY_DTYPES }));

/** NumPy's names over a sheet: what `numpy(sheet)` gives. */
export interface NumPy extends NumPyFunctions, Readonly<typeof CONSTANTS & typeof NUMPY_DTYPES> {
  /** Elements by an index as NumPy writes it: `np.at(x, '1:, ::-1')`, `np.at(x, 0, np.newaxis, mask)`. */
  readonly at: AtFunction;
}

/** NumPy's names over a sheet. Functions give tensors of the sheet, so that results are kept and traced as all are. */
export function numpyOn(sheet: Sheet, files: NumPyFiles | undefined): NumPy {
  const functions = new Map<string, (...args: readonly unknown[]) => unknown>();
  const context: Context = {
    sheet,
    files,
    call: (name, ...args) => functions.get(name)!(...args) as PendingTensor,
    op: (name, ...args) => sheet.execute(name as string, ...args),
  };
  for (const row of ROWS) {
    const signature = parseSignature(row[0]);
    functions.set(signature.name, (...args) => callRow(context, row, signature, args));
  }
  const names: Record<string, unknown> = { ...CONSTANTS, ...NUMPY_DTYPES, at: at(context) };
  for (const [name, call] of functions) place(names, name.split('.'), call);
  return guarded(names, 'np') as unknown as NumPy;
}

/** Puts a function where its dotted name says. */
function place(names: Record<string, unknown>, path: readonly string[], call: unknown): void {
  const [first, ...rest] = path as [string, ...string[]];
  if (rest.length === 0) names[first] = call;
  else place((names[first] ??= {}) as Record<string, unknown>, rest, call);
}

/** Says of a name that is not there where to look, instead of leaving the caller with undefined. */
function guarded(names: Record<string, unknown>, prefix: string): object {
  for (const [name, value] of Object.entries(names))
    if (typeof value === 'object' && value !== null)
      names[name] = guarded(value as Record<string, unknown>, `${prefix}.${name}`);
  return new Proxy(names, {
    get(target, name) {
      if (typeof name === 'symbol' || name in target || QUIET.has(name)) return target[name as string];
      throw new UnknownOpError(
        `${prefix}.${name}: it is not here; docs/numpy.md says what is, and what is written instead.`,
        {
          name,
        },
      );
    },
  });
}

/** Names that JavaScript asks of any object. */
const QUIET = new Set(['then', 'toJSON', 'constructor', 'asymmetricMatch', 'nodeType', '$$typeof']);
