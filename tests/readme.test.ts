// README.md and the guides: every snippet runs, in order, and prints what its comments say.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { broken, runPage } from './snippets.ts';

const root = new URL('..', import.meta.url).pathname;
const guides = readdirSync(join(root, 'docs/guides')).filter((name) => name.endsWith('.md')).map((name) => `docs/guides/${name}`);
const pages = ['README.md', ...guides];

describe('the snippets of the documentation', () => {
  it.each(pages)('%s runs and prints what it says', (page) => {
    const told = runPage(page);
    expect(told.promises.length).toBeGreaterThan(0);
    expect(broken(told), `printed:\n${told.output}`).toEqual([]);
  });

  it('notices a promise that is not kept, and one that is kept too early', () => {
    expect(broken({ promises: ['one', 'two'], output: 'two one' })).toEqual(['two']);
    expect(broken({ promises: ['one', 'two'], output: 'one two' })).toEqual([]);
  });
});

describe('the links of the documentation', () => {
  const others = ['CONTRIBUTING.md', 'CHANGELOG.md', 'docs/reference.md', 'docs/devices.md', 'docs/tensorflow.md', 'docs/decisions/README.md', 'examples/rendered/README.md'];
  it.each([...pages, ...others])('%s points at files that are there', (page) => {
    const links = [...readFileSync(join(root, page), 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map((match) => match[1] as string);
    expect(links.filter((link) => !existsSync(join(root, dirname(page), link)))).toEqual([]);
  });
});
