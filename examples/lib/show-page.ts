// The page of a notebook: one self-contained HTML file, or Markdown with its pictures beside it.
import type { Cell } from './show-source.ts';
import { escapeText } from './show-tags.ts';

/** What was shown: a picture (SVG), a table, or text. */
export interface Shown {
  readonly title: string;
  readonly svg?: string;
  readonly table?: readonly Readonly<Record<string, string>>[];
  readonly text?: string;
  /** One line under it: type, shape, source. */
  readonly caption?: string;
}

/** A notebook as far as it has run. */
export interface Story {
  readonly name: string;
  readonly title: string;
  readonly intro: string;
  readonly cells: readonly (Cell & { readonly shown: readonly Shown[] })[];
  readonly state: 'running' | 'done';
}

/** Markdown; `pictureAt` gives the address of every picture, in order. */
export function toMarkdown({ name, title, intro, cells }: Story, pictureAt: (index: number) => string): string {
  let pictures = 0;
  const output = ({ title: heading, svg, table, text, caption }: Shown): string =>
    [
      `**${heading}**${caption === undefined ? '' : `  \n${escapeMarkdown(caption)}`}`,
      ...(svg === undefined ? [] : [`![${heading}](${pictureAt(pictures++)})`]),
      ...(table === undefined ? [] : [markdownTable(table)]),
      ...(text === undefined ? [] : [`\`\`\`text\n${text}\n\`\`\``]),
    ].join('\n\n');
  const body = cells.map(({ heading, prose, code, shown }) =>
    [
      `## ${heading}`,
      ...(prose === '' ? [] : [prose]),
      ...(code === '' ? [] : [`\`\`\`ts\n${code}\n\`\`\``]),
      ...shown.map(output),
    ].join('\n\n'),
  );
  return (
    [
      `# ${title}`,
      ...(intro === '' ? [] : [intro]),
      `*Written by \`npx tsx --tsconfig tsconfig.json examples/${name}.ts\`.*`,
      ...body,
    ].join('\n\n') + '\n'
  );
}

const escapeMarkdown = (text: string): string => text.replaceAll(/([|*_<>])/g, '\\$1');

function markdownTable(rows: readonly Readonly<Record<string, string>>[]): string {
  const names = Object.keys(rows[0] ?? {});
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  const sides = names.map((name) => (rows.every((row) => isNumber(row[name])) ? '---:' : '---'));
  return [line(names), line(sides), ...rows.map((row) => line(names.map((name) => row[name] ?? '')))].join('\n');
}

const isNumber = (text: string | undefined): boolean => text !== undefined && /^[−+]?[\d.,]+/.test(text);

/**
 * One self-contained HTML page. While the notebook runs it reloads every second; afterwards when it is looked at again.
 */
export function toHtml({ title, intro, cells, state }: Story): string {
  const body = cells.map(({ heading, prose, code, shown }) => {
    const listing = code === '' ? '' : `<pre>${highlight(code)}</pre>`;
    const figures = shown.map(figure).join('');
    return `<section><h2>${escapeText(heading)}</h2>${proseToHtml(prose)}${listing}${figures}</section>`;
  });
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeText(title)}</title>
${state === 'running' ? '<meta http-equiv="refresh" content="1">' : ''}<style>${STYLE}</style></head>
<body><main><header><h1>${escapeText(title)}</h1>${proseToHtml(intro)}</header>${body.join('\n')}</main>
<script>addEventListener('visibilitychange', () => { if (!document.hidden) location.reload() })</script></body></html>
`;
}

function figure({ title, svg, table, text, caption }: Shown): string {
  const subtitle = caption === undefined ? '' : ` <small>${escapeText(caption)}</small>`;
  const printed =
    text === undefined ? '' : `<pre class="out${text.includes('\n') ? '' : ' line'}">${escapeText(text)}</pre>`;
  const shown = `${svg ?? ''}${table === undefined ? '' : htmlTable(table)}${printed}`;
  return `<figure><figcaption>${escapeText(title)}${subtitle}</figcaption>${shown}</figure>`;
}

function htmlTable(rows: readonly Readonly<Record<string, string>>[]): string {
  const names = Object.keys(rows[0] ?? {});
  const element = (tag: string, text: string, numeric: boolean): string =>
    `<${tag}${numeric ? ' class="n"' : ''}>${escapeText(text)}</${tag}>`;
  const head = names.map((name) =>
    element(
      'th',
      name,
      rows.every((row) => isNumber(row[name])),
    ),
  );
  const line = (row: Readonly<Record<string, string>>): string =>
    names.map((name) => element('td', row[name] ?? '', isNumber(row[name] ?? ''))).join('');
  const body = rows.map((row) => `<tr>${line(row)}</tr>`);
  return `<table><thead><tr>${head.join('')}</tr></thead><tbody>${body.join('')}</tbody></table>`;
}

/** The Markdown that prose uses: paragraphs, lists, code, emphasis, links. */
function proseToHtml(prose: string): string {
  return prose
    .split(/\n\s*\n/)
    .filter((block) => block !== '')
    .map((block) => {
      const lines = block.split('\n');
      if (lines.every((line) => /^(- | {2})/.test(line)))
        return `<ul>${block
          .split(/^- /m)
          .slice(1)
          .map((item) => `<li>${inline(item)}</li>`)
          .join('')}</ul>`;
      return `<p>${inline(block)}</p>`;
    })
    .join('');
}

const inline = (text: string): string =>
  escapeText(text)
    .replaceAll(/`([^`]+)`/g, '<code>$1</code>')
    .replaceAll(/\*\*([^*]+)\*\*/g, '<b>$1</b>')
    .replaceAll(/\*([^*]+)\*/g, '<i>$1</i>')
    .replaceAll(/\[([^\]]+)\]\((https?:[^)]+)\)/g, '<a href="$2">$1</a>');

const KEYWORDS =
  'await async const let for of if else return import from export function new type using throw try catch as';
const TOKENS = new RegExp(
  [
    /(\/\/[^\n]*|\/\*[^]*?\*\/)/.source,
    /('(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)/.source,
    `\\b(${KEYWORDS.replaceAll(' ', '|')})\\b`,
    /\b(\d[\d_]*(?:\.\d+)?(?:e[+-]?\d+)?)\b/.source,
  ].join('|'),
  'g',
);

/** TypeScript with its comments, strings, keywords and numbers marked. */
function highlight(code: string): string {
  let html = '';
  let from = 0;
  for (const match of code.matchAll(TOKENS)) {
    const kind = ['c', 's', 'k', 'd'][match.slice(1).findIndex((group) => group !== undefined)];
    html += `${escapeText(code.slice(from, match.index))}<i class="${kind}">${escapeText(match[0])}</i>`;
    from = match.index + match[0].length;
  }
  return html + escapeText(code.slice(from));
}

const STYLE = `
:root {
  --text:#1f2933;
  --faint:#66707c;
  --paper:#fbfaf8;
  --card:#fff;
  --rule:#e6e3de;
  --code:#f4f2ee;
  --accent:#0072b2;
  --k:#8b3a8f;
  --s:#1a7f4b;
  --d:#b35900;
  color-scheme:light dark;
}
@media(prefers-color-scheme:dark) {
  :root {
    --text:#e3e7eb;
    --faint:#98a2ad;
    --paper:#15181c;
    --card:#1c2025;
    --rule:#2c3238;
    --code:#1a1e23;
    --accent:#6db8e8;
    --k:#d69bdb;
    --s:#7fcf9f;
    --d:#f0a860;
  }
}
body {
  margin:0;
  background:var(--paper);
  color:var(--text);
  font:17px/1.6 ui-serif,Charter,Georgia,'DejaVu Serif',serif;
}
main { max-width:54rem; margin:0 auto; padding:3.5rem 1.25rem 6rem }
h1 { font-size:2.1rem; line-height:1.2; margin:0 0 .6rem; letter-spacing:-.01em }
h2 { font-size:1.3rem; line-height:1.3; margin:3.2rem 0 .5rem }
header { border-bottom:1px solid var(--rule); padding-bottom:1rem }
header p { color:var(--faint); font-size:1.08rem }
p { margin:.6rem 0 }
a { color:var(--accent) }
code {
  font:.86em ui-monospace,'DejaVu Sans Mono',monospace;
  background:var(--code);
  padding:.1em .3em;
  border-radius:3px;
}
pre {
  font:12px/1.55 ui-monospace,'DejaVu Sans Mono',monospace;
  background:var(--code);
  border:1px solid var(--rule);
  border-radius:6px;
  padding:.9rem 1rem;
  overflow-x:auto;
  margin:1rem 0;
}
pre i { font-style:normal }
i.c { color:var(--faint) }
i.k { color:var(--k) }
i.s { color:var(--s) }
i.d { color:var(--d) }
figure { margin:1.4rem 0; padding:0 0 0 1rem; border-left:3px solid var(--accent) }
figcaption { font:600 14px/1.5 ui-sans-serif,system-ui,'DejaVu Sans',sans-serif; margin-bottom:.5rem }
figcaption small { font-weight:400; color:var(--faint); margin-left:.4em }
figure svg { max-width:100%; height:auto; display:block; border-radius:6px }
pre.out { background:var(--card); margin:0 }
pre.line { white-space:pre-wrap }
table {
  border-collapse:collapse;
  font:14px/1.5 ui-sans-serif,system-ui,'DejaVu Sans',sans-serif;
  display:block;
  width:fit-content;
  max-width:100%;
  overflow-x:auto;
}
th,td {
  padding:.3rem .9rem .3rem 0;
  border-bottom:1px solid var(--rule);
  text-align:left;
  font-variant-numeric:tabular-nums;
  white-space:nowrap;
}
th { color:var(--faint); font-weight:500 }
.n { text-align:right }
`;
