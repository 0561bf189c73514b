// The bounds that docs/format/numerics-elementwise.md states, read from its table.
import { readFileSync } from 'node:fs';

/** Units in the last place of float64 that a function may be off. */
export const documentedUlps: ReadonlyMap<string, number> = new Map(
  readFileSync(new URL('../../docs/format/numerics-elementwise.md', import.meta.url), 'utf8')
    .split('\n')
    .map((line) => /^\| ([a-z0-9_, ()]+?) \| (\d+(?:\.\d+)?) \|/.exec(line))
    .flatMap((match) =>
      match === null
        ? []
        : match[1]!
            .replaceAll(/\([^)]*\)/g, '')
            .split(',')
            .map((name) => [name.trim(), Number(match[2])] as const),
    ),
);
