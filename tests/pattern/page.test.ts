// docs/patterns.md lists every route as the code does.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { PART_RULES } from '../../src/core/pattern/part-rules.ts';
import { ROUTES } from '../../src/core/pattern/routes.ts';

it('the page of patterns shows the routes and the rules of parts of the code', () => {
  const page = readFileSync(new URL('../../docs/patterns.md', import.meta.url), 'utf8').split('\n');
  const rows = ROUTES.map((route) => `| ${route.name} | ${route.pattern} | ${route.precondition} | ${route.instead} |`);
  for (const { formula } of PART_RULES) expect(page).toContain(`- \`${formula}\``);
  for (const row of rows) expect(page).toContain(row);
  expect(page.filter((line) => line.startsWith('| ') && !line.startsWith('| route ')).length).toBe(rows.length);
});
