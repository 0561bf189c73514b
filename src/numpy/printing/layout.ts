// An array as text, as NumPy lays it out: brackets, lines of a width, and the ends of what is too long.

/** What an array is laid out by. */
export interface Layout {
  readonly width: number;
  /** What continued lines begin with, but for the bracket. */
  readonly indent: string;
  readonly separator: string;
  /** How many elements stand at each end of an axis; undefined where all are printed. */
  readonly edge: number | undefined;
}

/** The text of an array whose elements, by their place in the row of all, have texts. */
export function layOut(shape: readonly number[], text: (place: number) => string, layout: Layout): string {
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, length) => product * length, 1));
  const inner = (axis: number, place: number, indent: string, width: number): string => {
    if (axis === shape.length) return text(place);
    const items = itemsOf(shape[axis]!, layout.edge).map((i) =>
      i === undefined ? '...' : inner(axis + 1, place + i * strides[axis]!, `${indent} `, width - 1),
    );
    if (axis === shape.length - 1) return `[${rowOf(items, indent, width, layout.separator)}]`;
    const between = `${layout.separator.trimEnd()}${'\n'.repeat(shape.length - axis - 1)}${indent}`;
    return `[${items.join(between)}]`;
  };
  return inner(0, 0, `${layout.indent} `, layout.width);
}

/** The indices of an axis that are printed; undefined for those that are left out. */
export function itemsOf(length: number, edge: number | undefined): readonly (number | undefined)[] {
  const all = Array.from({ length }, (_, i) => i);
  if (edge === undefined || 2 * edge >= length) return all;
  return [...all.slice(0, edge), undefined, ...all.slice(length - edge)];
}

/** The elements of the last axis, broken where a line is full. */
function rowOf(words: readonly string[], indent: string, width: number, separator: string): string {
  const room = width - Math.max(separator.trimEnd().length, 1);
  const lines: string[] = [];
  let line = indent;
  words.forEach((word, i) => {
    if (line.length + word.length > room && line.length > indent.length) {
      lines.push(line.trimEnd());
      line = indent;
    }
    line += i === words.length - 1 ? word : word + separator;
  });
  return [...lines, line].join('\n').slice(indent.length);
}
