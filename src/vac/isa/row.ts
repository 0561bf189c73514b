// What a row of the instruction set says: one row per opcode, and nobody else describes it.

/** Types of values: WebAssembly's numbers. */
export type VacType = 'i32' | 'i64' | 'f32' | 'f64';

/** A value outside of a machine: i32 and floats as numbers, i64 as a bigint (signed). */
export type VacValue = number | bigint;

/** Why a machine trapped, in the words of the WebAssembly specification where it has them. */
export const TRAPS = [
  'none',
  'unreachable',
  'integer divide by zero',
  'integer overflow',
  'invalid conversion to integer',
  'out of bounds memory access',
  'out of bounds table access',
  'undefined element',
  'uninitialized element',
  'indirect call type mismatch',
  'call stack exhausted',
  'refused by a device',
] as const;

export type TrapName = (typeof TRAPS)[number];

/**
 * What follows an opcode byte in the code of a function. `block` is an index of the types of the program; `labels` is a
 * count and as many depths, and the default.
 */
export type Immediate =
  | 'block'
  | 'depth'
  | 'labels'
  | 'function'
  | 'type'
  | 'syscall'
  | 'local'
  | 'global'
  | 'offset'
  | 'segment'
  | 'i32'
  | 'i64'
  | 'f32'
  | 'f64'
  | 'tag';

/** How a row is verified and run: by its operands alone, or by a rule of its kind. */
export type RowKind = 'numeric' | 'load' | 'store' | 'control' | 'variable' | 'memory' | 'system';

/** Computes a value from values. Floats come and go as numbers, or as their bits where the row says so. */
export type Evaluate = (a: VacValue, b: VacValue) => VacValue;

/** One opcode. */
export interface VacRow {
  readonly name: string;
  /** The byte of the code. */
  readonly code: number;
  readonly kind: RowKind;
  readonly immediates: readonly Immediate[];
  /** What it takes from the stack and leaves there; undefined where that follows from its immediates. */
  readonly params: readonly VacType[] | undefined;
  readonly results: readonly VacType[] | undefined;
  /** How long it takes: structure of the code is free, all else is one tick. */
  readonly ticks: 0 | 1;
  readonly traps: readonly TrapName[];
  /** The bytes of the WebAssembly instruction of the same meaning, before immediates; none where there is no such. */
  readonly wasm: readonly number[];
  /** Of `numeric` rows. */
  readonly evaluate?: Evaluate;
  /** Whether floats are handed to `evaluate` as their bits, for NaNs keep their payload. */
  readonly asBits?: boolean;
  /** Of `load` and `store` rows: how many bytes of memory, and whether a narrow load extends the sign. */
  readonly sizeBytes?: number;
  readonly signed?: boolean;
  /** One line of documentation. */
  readonly summary: string;
}

/** Thrown by `evaluate`, and caught by whoever steps: the machine traps. */
export class Trapping {
  readonly trap: TrapName;
  constructor(trap: TrapName) {
    this.trap = trap;
  }
}

/** Ends an evaluation with a trap. */
export function trapWith(trap: TrapName): never {
  throw new Trapping(trap);
}

type VacSignature = readonly [readonly VacType[], VacType];

/** A row that computes a value from values. */
export function numericRow(
  [params, result]: VacSignature,
  name: string,
  wasm: number | readonly number[],
  summary: string,
  evaluate: Evaluate,
  rest: Partial<VacRow> = {},
): VacRow {
  const bytes = typeof wasm === 'number' ? [wasm] : wasm;
  return {
    name,
    code: bytes.length === 1 ? bytes[0]! : 0xd0 + bytes[1]!,
    kind: 'numeric',
    immediates: [],
    params,
    results: [result],
    ticks: 1,
    traps: [],
    wasm: bytes,
    evaluate,
    summary,
    ...rest,
  };
}
