// Words and tables for people: what messages and printed forms of every room are made with.

/** The member that `console.log` and the REPL ask in Node. */
export const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** Rows as lines: every column as wide as its widest cell, empty columns left out. */
export function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .filter((_, column) => widths[column] !== 0)
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** A value of a caller in a few words, for messages. */
export function describe(value: unknown): string {
  if (value === null || value === undefined || typeof value === 'boolean' || typeof value === 'number')
    return String(value);
  if (typeof value === 'string') return value.length > 40 ? 'a text' : JSON.stringify(value);
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : `a list of ${value.length}`;
  if (typeof value !== 'object') return typeof value === 'bigint' ? `${value}n` : `a ${typeof value}`;
  const keys = Object.keys(value);
  return keys.length === 0 ? 'an object without keys' : `an object with keys ${keys.slice(0, 6).join(', ')}`;
}
