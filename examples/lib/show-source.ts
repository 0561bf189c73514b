// A notebook's own source as its page: `// %%` starts a cell, the comment under it is prose, the rest is code.

/** One cell of a notebook. */
export interface Cell {
  readonly heading: string;
  /** Markdown. */
  readonly prose: string;
  readonly code: string;
}

/** Splits a script into cells. Lines before the first mark are the title and the introduction. */
export function readCells(source: string): {
  readonly title: string;
  readonly intro: string;
  readonly cells: readonly Cell[];
} {
  const [head = '', ...parts] = source.split(/^\/\/ %% /m);
  const [title = '', ...intro] = commentOf(head.split('\n')).lines;
  return { title, intro: intro.join('\n').trim(), cells: parts.map(readCell) };
}

function readCell(part: string): Cell {
  const [heading = '', ...rest] = part.split('\n');
  const { lines, after } = commentOf(rest);
  return {
    heading: heading.trim(),
    prose: lines.join('\n').trim(),
    code: rest
      .slice(after)
      .join('\n')
      .replace(/^done\(\);\s*$/m, '')
      .trim(),
  };
}

/** The comment lines at the start, without their slashes. */
function commentOf(lines: readonly string[]): { readonly lines: readonly string[]; readonly after: number } {
  const after = lines.findIndex((line) => !line.startsWith('//'));
  const end = after === -1 ? lines.length : after;
  return { lines: lines.slice(0, end).map((line) => line.replace(/^\/\/ ?/, '')), after: end };
}
