// A notebook is a script. `show` puts what it is given on a page beside the code that made it.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { Tensor } from 'symbolic-sheet';
import { type Shown, type Story, toHtml, toMarkdown } from './show-page.ts';
import { type Elements, type PictureOptions, tensorPicture } from './show-pictures.ts';
import { readCells } from './show-source.ts';
import { number } from './show-tags.ts';
import { sparkline } from './show-terminal.ts';

// A notebook shows what one run of it computes, unless somebody names a store.
process.env['SYMBOLIC_SHEET_STORE'] ??= 'off';

export { barChart, histogram, lineChart } from './show-charts.ts';

/** One row of a table. */
export type Row = Readonly<Record<string, string | number | boolean>>;

/** What can be shown: a tensor, an SVG, rows of a table, or anything that prints. */
export type Showable = Tensor | readonly Row[] | string | number | { toString(): string };

/** Shows something under the cell whose code calls it. Tensors are read. */
export type Show = (title: string, thing: Showable, options?: PictureOptions) => Promise<void>;

/**
 * Opens the page of the notebook at `url` (its `import.meta.url`): `out/<name>.html`, `out/<name>.md` and its pictures.
 * `--out <folder>` writes elsewhere; `--no-html` leaves the page out and keeps the Markdown.
 */
export function notebook(url: string): { readonly show: Show; readonly done: () => void } {
  const { values } = parseArgs({
    options: { out: { type: 'string', default: 'out' }, 'no-html': { type: 'boolean', default: false } },
    strict: false,
  });
  const name = basename(fileURLToPath(url), '.ts');
  const page = new Page(
    name,
    readFileSync(fileURLToPath(url), 'utf8'),
    resolve(String(values['out'])),
    values['no-html'] === true ? ['md'] : ['html', 'md'],
  );
  return {
    show: async (title, thing, options = {}) => page.add(await shownOf(title, thing, options)),
    done: () => page.finish(),
  };
}

const MAX_COLUMNS = 110;

class Page {
  readonly #name: string;
  readonly #folder: string;
  readonly #forms: readonly ('html' | 'md')[];
  readonly #source: ReturnType<typeof readCells>;
  readonly #shown: Shown[][];
  #cell = 0;

  constructor(name: string, source: string, folder: string, forms: readonly ('html' | 'md')[]) {
    this.#name = name;
    this.#folder = folder;
    this.#forms = forms;
    this.#source = readCells(source);
    this.#shown = this.#source.cells.map(() => []);
    mkdirSync(folder, { recursive: true });
    process.stdout.write(`${this.#source.title}\n`);
  }

  add({ shown, elements }: { readonly shown: Shown; readonly elements?: Elements }): void {
    // The cell that names the title is the one that shows it; a computed title stays in the cell before.
    const named = this.#source.cells.findIndex(({ code }) => code.includes(`show('${shown.title}'`));
    this.#cell = named === -1 ? this.#cell : named;
    this.#shown[this.#cell]?.push(shown);
    process.stdout.write(`  ${`${shown.title} · ${shown.caption ?? headline(shown)}`.slice(0, MAX_COLUMNS)}\n`);
    if (process.stdout.isTTY && elements !== undefined) process.stdout.write(`${sparkline(elements)}\n`);
    if (this.#forms.includes('html'))
      writeFileSync(join(this.#folder, `${this.#name}.html`), toHtml(this.#story('running')));
  }

  finish(): void {
    const story = this.#story('done');
    const pictures = this.#shown.flat().flatMap(({ svg }) => svg ?? []);
    const file = (index: number): string => `${this.#name}-${index + 1}.svg`;
    pictures.forEach((svg, i) => writeFileSync(join(this.#folder, file(i)), svg));
    writeFileSync(join(this.#folder, `${this.#name}.md`), toMarkdown(story, file));
    if (this.#forms.includes('html')) writeFileSync(join(this.#folder, `${this.#name}.html`), toHtml(story));
    process.stdout.write(`  page  ${pathToFileURL(join(this.#folder, `${this.#name}.${this.#forms[0]}`)).href}\n`);
  }

  #story(state: Story['state']): Story {
    const { title, intro, cells } = this.#source;
    return {
      name: this.#name,
      title,
      intro,
      state,
      cells: cells.map((cell, i) => ({ ...cell, shown: this.#shown[i] ?? [] })),
    };
  }
}

async function shownOf(
  title: string,
  thing: Showable,
  options: PictureOptions,
): Promise<{ shown: Shown; elements?: Elements }> {
  if (thing instanceof Tensor) return shownTensor(title, thing, options);
  if (Array.isArray(thing)) return { shown: { title, table: (thing as readonly Row[]).map(asText) } };
  const text = (thing as { toString(): string }).toString();
  return { shown: text.startsWith('<svg') ? { title, svg: text } : { title, text } };
}

async function shownTensor(
  title: string,
  tensor: Tensor,
  options: PictureOptions,
): Promise<{ shown: Shown; elements?: Elements }> {
  const values = Array.from((await tensor.data()) as ArrayLike<number | bigint>, Number);
  const caption = String(tensor)
    .split(' · ')
    .filter((_, part) => part !== 1)
    .slice(0, 3)
    .join(' · ');
  if (values.length <= 1) return { shown: { title, text: String(tensor) } };
  const elements = { values, shape: tensor.shape };
  return { shown: { title, caption, svg: tensorPicture(elements, options) }, elements };
}

const asText = (row: Row): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === 'number' ? number(value) : String(value)]),
  );

/** The first line of a text, the size of a table. */
const headline = ({ text, table, svg }: Shown): string =>
  table !== undefined ? `${table.length} rows` : svg !== undefined ? 'picture' : (text?.split('\n')[0] ?? '');
