// docs/patterns.md lists every route and every rewrite as the code does.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { REWRITES } from '../../src/core/expr/rewrites.ts';
import { ROUTES } from '../../src/core/pattern/routes.ts';

it('the page of patterns shows the routes and rewrites of the code', () => {
  const page = readFileSync(new URL('../../docs/patterns.md', import.meta.url), 'utf8').split('\n');
  const rows = [
    ...ROUTES.map((route) => `| ${route.name} | ${route.pattern} | ${route.precondition} | ${route.instead} |`),
    ...REWRITES.map((rewrite) => `| \`${rewrite.formula}\` | ${rewrite.why} | ${rewrite.source} |`),
  ];
  for (const row of rows) expect(page).toContain(row);
  expect(page.filter((line) => line.startsWith('| ') && !/^\| (route|form) /.test(line)).length).toBe(rows.length);
});
