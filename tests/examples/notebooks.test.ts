// The notebooks of examples/: each runs, fills its page, and comes to what its prose says.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Resvg } from '@resvg/resvg-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCells } from '../../examples/lib/show-source.ts';
import { toHtml, toMarkdown } from '../../examples/lib/show-page.ts';
import { tensorPicture } from '../../examples/lib/show-pictures.ts';
import { sparkline } from '../../examples/lib/show-terminal.ts';
import { extent } from '../run/extent.ts';
import { programsOf, runInTurn } from '../run/program.ts';

const root = new URL('../..', import.meta.url).pathname;
const names = readdirSync(join(root, 'examples'))
  .filter((name) => /^\d\d-.*\.ts$/.test(name))
  .map((name) => name.replace('.ts', ''));
const out = mkdtempSync(join(tmpdir(), 'sheet-notebooks-'));
afterAll(() => rmSync(out, { recursive: true }));
const programs = await programsOf(names.map((name) => `examples/${name}.ts`));

const sourceOf = (name: string): string => readFileSync(join(root, 'examples', `${name}.ts`), 'utf8');

/** In the sample those that learn from many digits or lines learn from fewer. */
const SMALLER = extent<Readonly<Record<string, string>>>({ DIGITS: '1000', LINES: '24' }, {});

/** In the sample the notebooks run one after the other in one process; each has its own in the soak. */
const processes = extent(
  [programs],
  programs.map((program) => [program]),
);

/** Rows of the table under a title, as lists of cells. */
function table(page: string, title: string): string[][] {
  const after = page.split(`**${title}**`)[1] ?? '';
  const lines = after.trim().split('\n\n')[0]?.split('\n') ?? [];
  return lines.slice(2).map((line) => line.slice(2, -2).split(' | '));
}

/** What NumPy itself gives (scripts/make-numpy-notebook-answers.py), which the pages show. */
const NUMPY = JSON.parse(readFileSync(join(import.meta.dirname, 'numpy-notebooks.json'), 'utf8')) as Readonly<
  Record<string, readonly string[]>
>;
const asNumPy = (name: string) => (page: string) =>
  expect(NUMPY[name]!.filter((text) => !page.includes(text))).toEqual([]);

const CLAIMS: Record<string, (page: string) => void> = {
  '01-first-look': (page) => {
    expect(page).toContain('not computed yet');
    expect(table(page, 'First and again')).toEqual([
      ['first', 'computed'],
      ['again', 'ram'],
    ]);
  },
  '02-sweep': (page) => {
    expect(table(page, 'Accuracies equal to those of the run without a cache').map(([, equal]) => equal)).toEqual([
      'true',
      'true',
    ]);
  },
  '03-embeddings-with-memo': (page) => {
    expect(table(page, 'Batches the model ran')).toEqual([['nine texts, 8 at a time', '8 + 1']]);
    expect(table(page, 'Batches the model ran on 13 texts')).toEqual([['13', '13', '3']]);
    expect(table(page, 'Asked again, with a fresh list')).toEqual([['true', 'found']]);
  },
  '04-why-did-it-miss': (page) => {
    expect(table(page, 'Found').map(([, answer]) => answer)).toEqual(['found', 'found']);
    expect(table(page, 'An edit').map(([, answer]) => answer)).toEqual(['found', 'computed', 'found']);
    expect(table(page, 'Computed, and rightly so').map(([, answer]) => answer)).toEqual([
      'computed',
      'computed',
      'computed',
      'computed',
    ]);
  },
  '05-stability-rewrites': (page) => {
    for (const [, truth, written, rewritten] of table(page, 'Overflow'))
      expect([written !== truth, rewritten]).toEqual([true, truth]);
    expect(page).toContain('log(1 + x) → log1p(x)');
  },
  '06-replay-and-diff': (page) => {
    for (const [, , compared, equal, difference] of table(page, 'Replayed'))
      expect([Number(compared) > 1, equal, difference]).toEqual([true, compared, 'none']);
    expect(page).toContain('attrs.value: 0.5 → 0.49');
    expect(page).toContain('FormatError FORMAT');
  },
  '07-table-to-model': (page) => {
    const [[, , explained]] = table(page, 'Explained on the rows for judging') as [string[]];
    expect(Number(explained)).toBeGreaterThan(0.95);
    expect(page.split('**The same scores**')[1]).toContain('true');
    const kernels = table(page, 'Work by run').map(([, , run]) => Number(run!.replaceAll(',', '')));
    expect(kernels[1]).toBeLessThan(kernels[0]! / 2);
    expect(kernels[2]).toBeLessThan(kernels[0]!);
  },
  '12-one-day-more': (page) => {
    expect(table(page, 'Some mornings').map(([day, , , why]) => [day, why?.split('; ')[1]])).toEqual([
      ['2', '64 of 128 rows were computed, the others kept'],
      ['10', '64 of 640 rows were computed, the others kept'],
      ['19', '64 of 1216 rows were computed, the others kept'],
      ['20', '74 of 1280 rows were computed, the others kept'],
      ['30', '64 of 1920 rows were computed, the others kept'],
    ]);
    expect(table(page, 'Elements that differ')).toEqual([['983,040', '0']]);
  },
  '13-another-head': (page) => {
    const [own, , head, again, other] = table(page, 'Heads, right answers, and work') as string[][];
    expect(Number(head![1])).toBeGreaterThan(Number(own![1]) + 10);
    expect(again![1]).toBe(head![1]);
    expect(Number(again![2])).toBeLessThan(0.01 * Number(head![2]));
    expect(Number(other![2])).toBeLessThan(0.2 * Number(head![2]));
  },
  '08-network-with-gradients': (page) => {
    const [first, again, other] = table(page, 'Work by run') as [string[], string[], string[]];
    expect(Number(again[1])).toBe(0);
    expect(again[2]).toBe(first[2]);
    expect(Number(other[1])).toBeLessThan(0.8 * Number(first[1]));
    expect(Number(first[2])).toBeGreaterThan(60);
  },
  ...Object.fromEntries(Object.keys(NUMPY).map((name) => [name, asNumPy(name)])),
};

describe('the notebooks', () => {
  beforeAll(() => {
    for (const each of processes)
      runInTurn(
        each.map((path) => ({ path, folder: root })),
        ['--out', out],
        SMALLER,
      );
  }, 300_000);

  it.each(names)('%s runs, shows all it says it shows, and comes to its claims', (name) => {
    const page = readFileSync(join(out, `${name}.md`), 'utf8');
    const { cells } = readCells(sourceOf(name));
    const html = readFileSync(join(out, `${name}.html`), 'utf8');
    const titles = cells.flatMap(({ code }) => [...code.matchAll(/show\('([^']+)'/g)].map((match) => match[1]!));
    expect(titles.filter((title) => !page.includes(`**${title}**`))).toEqual([]);
    expect(html).not.toContain('http-equiv="refresh"');
    expect(cells.filter(({ heading }) => !html.includes(`<h2>${heading}</h2>`))).toEqual([]);
    expect(CLAIMS[name]).toBeDefined();
    CLAIMS[name]?.(page);
  });

  it.each(names)('%s has pictures that a renderer reads, one file for each picture of its page', (name) => {
    const page = readFileSync(join(out, `${name}.md`), 'utf8');
    for (const [, file] of page.matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)) {
      const { width, height } = new Resvg(readFileSync(join(out, file as string), 'utf8')).render();
      expect(width * height).toBeGreaterThan(10_000);
    }
  });

  it.each(names)('%s is rendered in examples/rendered with the code it has now', (name) => {
    const rendered = readFileSync(join(root, 'examples/rendered', `${name}.md`), 'utf8');
    expect(
      readCells(sourceOf(name))
        .cells.filter(({ code }) => !rendered.includes(code))
        .map(({ heading }) => heading),
    ).toEqual([]);
  });
});

describe('a tensor', () => {
  it('becomes a picture whose pixels have the colours of its values', () => {
    const svg = tensorPicture({ values: [0, 1, 1, 0], shape: [2, 2] }, { scale: 'grey' });
    const { pixels, width } = new Resvg(svg).render();
    const red = (x: number, y: number): number => pixels[(y * width + x) * 4]!;
    expect([red(20, 20), red(100, 20), red(20, 100), red(100, 100)].map((value) => value > 128)).toEqual([
      false,
      true,
      true,
      false,
    ]);
  });

  it('is drawn by its rank: a line, a colour map, a grid', () => {
    expect(tensorPicture({ values: [1, 2, 3], shape: [3] })).toContain('value over index');
    expect(tensorPicture({ values: [1, 2, 3, 4, 5, 6], shape: [2, 3] })).toContain('2 × 3 colour map');
    expect(tensorPicture({ values: [1, 2, 3, 4, 5, 6, 7, 8], shape: [2, 2, 2] }).match(/<image/g)).toHaveLength(2);
    expect(tensorPicture({ values: Array.from({ length: 5000 }, (_, i) => Math.sqrt(i)), shape: [5000] })).toContain(
      'histogram of 5000 values',
    );
  });

  it('is drawn where it has NaN, infinities, one value or none', () => {
    for (const values of [[NaN, 1], [Infinity, -Infinity], [3, 3], []]) {
      for (const shape of [[values.length], [1, values.length]])
        expect(tensorPicture({ values, shape })).not.toMatch(/="(NaN|-?Infinity)/);
    }
  });

  it('takes at most 12 lines of a terminal', () => {
    expect(sparkline({ values: [0, 1, 2, 3], shape: [4] })).toBe(' ▃▅█');
    expect(
      sparkline({ values: Array.from({ length: 40 * 90 }, (_, i) => i), shape: [40, 90] }).split('\n'),
    ).toHaveLength(12);
  });
});

describe('a page', () => {
  const story = {
    name: 'x',
    title: 'T',
    intro: '',
    state: 'done' as const,
    cells: [
      {
        heading: 'a < b',
        prose: 'with `code` & **weight**',
        code: "const s = '<b>' // why",
        shown: [{ title: 'rows', table: [{ n: '1', s: 'a|b' }] }],
      },
    ],
  };

  it('escapes what would be markup, in prose, code and tables', () => {
    const html = toHtml(story);
    expect(html).toContain('<h2>a &lt; b</h2>');
    expect(html).toContain('<code>code</code> &amp; <b>weight</b>');
    expect(html).toContain('<i class="s">\'&lt;b&gt;\'</i>');
    expect(toMarkdown(story, String)).toContain('| 1 | a\\|b |');
  });

  it('reloads itself only while the notebook runs', () => {
    expect(toHtml(story)).not.toContain('refresh');
    expect(toHtml({ ...story, state: 'running' })).toContain('http-equiv="refresh"');
  });

  it('reads cells, their prose and their code from a script', () => {
    expect(readCells("// Title\n//\n// intro\nimport 'x';\n\n// %% One\n// prose\n\nlet a = 1;\ndone();\n")).toEqual({
      title: 'Title',
      intro: 'intro',
      cells: [{ heading: 'One', prose: 'prose', code: 'let a = 1;' }],
    });
  });
});
