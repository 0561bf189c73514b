// README.md and the guides: every snippet runs, in order, and prints what its comments say.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import * as library from '../src/index.ts';
import * as formulas from '../src/formula.ts';
import * as gradients from '../src/grad.ts';
import * as interchange from '../src/interchange.ts';
import * as names from '../src/numpy.ts';
import * as onnx from '../src/onnx.ts';
import * as atomsheet from '../src/atomsheet.ts';
import * as vac from '../src/vac.ts';
import * as table from '../src/table.ts';
import { extent } from './run/extent.ts';
import { broken, programsOfPages, runPages, type Told } from './snippets.ts';

const root = new URL('..', import.meta.url).pathname;
const guides = readdirSync(join(root, 'docs/guides'))
  .filter((name) => name.endsWith('.md'))
  .map((name) => `docs/guides/${name}`);
const pages = ['README.md', ...guides];
const programs = await programsOfPages(pages);

describe('the snippets of the documentation', () => {
  /** In the sample all run in one process; each has its own in the soak. */
  const told = new Map<string, Told>();
  beforeAll(() => {
    for (const each of extent(
      [pages],
      pages.map((page) => [page]),
    ))
      runPages(each.map((page) => programs.get(page)!)).forEach((one, i) => told.set(each[i]!, one));
  }, 120_000);

  it.each(pages)('%s runs and prints what it says', (page) => {
    const { promises, output } = told.get(page)!;
    expect(promises.length).toBeGreaterThan(0);
    expect(broken({ promises, output }), `printed:\n${output}`).toEqual([]);
  });

  it('notices a promise that is not kept, and one that is kept too early', () => {
    expect(broken({ promises: ['one', 'two'], output: 'two one' })).toEqual(['two']);
    expect(broken({ promises: ['one', 'two'], output: 'one two' })).toEqual([]);
  });
});

describe('the links of the documentation', () => {
  const others = [
    'CONTRIBUTING.md',
    'CHANGELOG.md',
    'docs/reference.md',
    'docs/devices.md',
    'docs/tensorflow.md',
    'docs/decisions/README.md',
    'examples/rendered/README.md',
  ];
  it.each([...pages, ...others])('%s points at files that are there', (page) => {
    const links = [...readFileSync(join(root, page), 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(
      (match) => match[1]!,
    );
    expect(links.filter((link) => !existsSync(join(root, dirname(page), link)))).toEqual([]);
  });

  const published = [
    'README.md',
    'CHANGELOG.md',
    ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md'))
      .map((name) => `docs/${name}`),
  ];
  it.each(published)('%s points at nothing that the package leaves out', (page) => {
    const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { files: string[] };
    const links = [...readFileSync(join(root, page), 'utf8').matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map((match) =>
      join(dirname(page), match[1]!),
    );
    expect(links.filter((link) => !files.includes(link.split('/')[0]!))).toEqual([]);
  });
});

describe('the reference', () => {
  it('has every figure of stats() and every function and error of the package', async () => {
    await using sheet = await library.SymbolicSheet.open({ devices: ['js'] });
    const { counters, memo, ...figures } = sheet.stats();
    const exported = Object.keys({
      ...library,
      ...interchange,
      ...names,
      ...table,
      ...formulas,
      ...gradients,
      ...onnx,
      ...atomsheet,
      ...vac,
    }).filter((name) => name.endsWith('Error') || /^[a-z]/.test(name));
    const page = readFileSync(join(root, 'docs/reference.md'), 'utf8');
    expect(
      [...Object.keys(figures), ...Object.keys(counters), ...Object.keys(memo), ...exported].filter(
        (name) => !new RegExp(`\\b${name}\\b`).test(page),
      ),
    ).toEqual([]);
  });
});
