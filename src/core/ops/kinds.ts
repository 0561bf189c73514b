// Kinds of operands: which dtypes each takes, by the kinds of the rows, and the words that errors and documents have
// for it.
import { type DType, DTYPES, type DTypeRow } from '../tensor/dtype.ts';

/** One kind of operand. */
interface OperandKindRow {
  readonly takes: (row: DTypeRow) => boolean;
  /** What it is, after "which is not". */
  readonly wanted: string;
  /** What to do with an operand x of another dtype. */
  readonly remedy: string;
  /** The dtypes it takes, in documents. */
  readonly doc: string;
}

const isFloatRow = ({ kind }: DTypeRow): boolean => kind === 'float';
const isBoolRow = ({ kind }: DTypeRow): boolean => kind === 'bool';
const isIntegerRow = ({ kind }: DTypeRow): boolean => kind === 'int' || kind === 'uint';

/** The table. */
export const OPERAND_KINDS = {
  any: { takes: () => true, wanted: 'a dtype', remedy: '', doc: 'any dtype' },
  numeric: {
    takes: (row) => !isBoolRow(row),
    wanted: 'a number',
    doc: 'any dtype but bool',
    remedy: "use x.astype('float32') or x.astype('int32') first",
  },
  float: { takes: isFloatRow, wanted: 'a floating dtype', doc: 'floats', remedy: "use x.astype('float32') first" },
  floatOrBool: {
    takes: (row) => isFloatRow(row) || isBoolRow(row),
    wanted: 'a floating dtype or bool',
    doc: 'floats, bool',
    remedy: "use x.astype('float32') first",
  },
  integerOrBool: {
    takes: (row) => isIntegerRow(row) || isBoolRow(row),
    wanted: 'an integer dtype or bool',
    doc: 'integers, bool',
    remedy: "use x.astype('int32') first",
  },
  integer: { takes: isIntegerRow, wanted: 'an integer dtype', doc: 'integers', remedy: "use x.astype('int32') first" },
  index: { takes: isIntegerRow, wanted: 'an integer dtype', doc: 'integers', remedy: "use x.astype('int32') first" },
  bool: { takes: isBoolRow, wanted: 'bool', doc: 'bool', remedy: 'compare it first, for example x.notEqual(0)' },
} as const satisfies Readonly<Record<string, OperandKindRow>>;

/** Dtypes an operand may have, by name. */
export type OperandKind = keyof typeof OPERAND_KINDS;

/** Whether operands of a kind may have a dtype. */
export const kindTakes = (kind: OperandKind, dtype: DType): boolean => OPERAND_KINDS[kind].takes(DTYPES[dtype]);
