// Where the text of a mutant stands in a source, however the formatter has broken its lines.

/** The places of `find` in `source`; white space and the comma before a closing bracket may differ. */
export function placesOf(source: string, find: string): readonly (readonly [start: number, end: number])[] {
  const tokens = find.match(/\w+|[^\w\s]/g) ?? [];
  const pattern = tokens.map((token) => `${/[)\]}]/.test(token) ? ',?\\s*' : ''}${token.replace(/\W/, '\\$&')}`);
  return [...source.matchAll(new RegExp(pattern.join('\\s*'), 'g'))].map((match) => [
    match.index,
    match.index + match[0].length,
  ]);
}
