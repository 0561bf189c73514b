// Names of columns: each once, and what to say of one that is not there.
import { AttributeError, FormatError, nearest } from '../kit.ts';

/** The names that a message lists at most. */
const LISTED = 12;

/** What to say of a column that a table has not. */
export function unknownColumn(owner: string, name: string, names: readonly string[]): AttributeError {
  const near = nearest(name, names);
  const listed = names.slice(0, LISTED).join(', ');
  const known = names.length > LISTED ? `${listed} and ${names.length - LISTED} more` : listed;
  return new AttributeError(
    `${owner}: there is no column "${name}"; ${near === undefined ? '' : `did you mean "${near}"? `}The columns are ` +
      `${known}.`,
    { column: name, near, names },
  );
}

/** Refuses names that come twice. */
export function checkDistinct(owner: string, names: readonly string[]): void {
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw namedTwice(owner, twice);
}

const namedTwice = (owner: string, column: string): FormatError =>
  new FormatError(
    `${owner}: two columns are named "${column}"; name them yourself, or rename one: { header: [names] } where the ` +
      'file has no row of names.',
    { column },
  );
