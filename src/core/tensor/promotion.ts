// The common dtype of two: type promotion of the Python array API, by kind and rank of the rows.
import { DTypeError } from '../errors.ts';
import { type DType, DTYPE_NAMES, type DTypeKind, DTYPES } from './dtype.ts';

/** What is promoted to between two others: neither what a program has defined nor what a page may not have loaded. */
const OWN = DTYPE_NAMES.map((name) => DTYPES[name]).filter(
  ({ identity, codec, factors }) => identity === undefined && (codec === undefined || factors !== undefined),
);

/** The library's dtype of a kind that has the least rank above another. */
const above = (kind: DTypeKind, rank: number): DType | undefined =>
  OWN.filter((row) => row.kind === kind && row.rank > rank).sort((a, b) => a.rank - b.rank)[0]?.name;

/**
 * The common dtype of two operands (Python array API type promotion). Bool joins the other type, an integer beside a
 * float takes the float, a signed integer beside an unsigned one the signed one that holds both (uint8 + int8 is
 * int16). Two of one kind and rank, of which neither holds the other, meet in the next above. Throws a DTypeError for a
 * signed integer beside uint64, of which the standard has no common dtype; it names `owner`, who asked.
 */
export function promote(a: DType, b: DType, owner: string): DType {
  if (a === b) return a;
  const [x, y] = [DTYPES[a].kind, DTYPES[b].kind];
  if (x === 'bool') return b;
  if (y === 'bool') return a;
  if (x === y) return wider(a, b);
  if (x === 'float' || y === 'float') return x === 'float' ? a : b;
  const [signed, unsigned] = x === 'int' ? [a, b] : [b, a];
  const holder = above('int', DTYPES[unsigned].rank);
  if (holder !== undefined) return wider(signed, holder);
  throw new DTypeError(
    `${owner}: ${a} and ${b} have no common dtype: no integer dtype holds both; cast one first, for example with ` +
      `x.astype('${signed}'), or both to float64.`,
    { op: owner, dtypes: [a, b] },
  );
}

function wider(a: DType, b: DType): DType {
  if (a === b) return a;
  const [x, y] = [DTYPES[a], DTYPES[b]];
  const [higher, lower] = x.rank > y.rank ? [x, y] : [y, x];
  // A float of more bits that has a shorter fraction holds not all of the other.
  const isHeld = x.rank !== y.rank && !((higher.epsilon ?? 0) > (lower.epsilon ?? 0));
  return isHeld ? higher.name : (above(x.kind, higher.rank) ?? a);
}
