// Pictures of the main job as SVG text, and as PNG drawn with a font that comes from npm.
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** One element; children are markup already. Numbers are written with at most two decimals. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const written = Object.entries(attributes)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => ` ${key}="${escape(typeof value === 'number' ? short(value) : String(value))}"`);
  return `<${name}${written.join('')}${children.length === 0 ? '/>' : `>${children.join('')}</${name}>`}`;
}

/** Text at a place. */
export const text = (words: string, x: number, y: number, attributes: Attributes = {}): string =>
  element('text', { x, y, 'font-size': 13, fill: INK.text, ...attributes }, escape(words));

/** A rectangle as part of a path: thousands of them in one element keep a picture small. */
export const box = (x: number, y: number, width: number, height: number): string =>
  `M${short(x)} ${short(y)}h${short(width)}v${short(height)}h${short(-width)}z`;

/** A picture on white paper; `description` is what it shows, for readers who cannot see it. */
export function drawing(width: number, height: number, description: string, ...children: readonly string[]): string {
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: 'img',
      'font-family': 'DejaVu Sans, Verdana, sans-serif',
    },
    element('title', {}, escape(description)),
    element('rect', { width, height, rx: 8, fill: INK.paper }),
    ...children,
  );
}

/** Ink of text and lines. */
export const INK = { text: '#1f2933', faint: '#6b7785', rule: '#e4e7eb', paper: '#ffffff', strip: '#f4f6f8' } as const;

/**
 * Writes `name.svg` and, where the PNG renderer is installed, `name.png` at twice its size; answers what was written.
 */
export async function writePicture(folder: string, name: string, svg: string): Promise<string[]> {
  const [svgPath, pngPath] = [join(folder, `${name}.svg`), join(folder, `${name}.png`)];
  writeFileSync(svgPath, `${svg}\n`);
  const png = await renderPng(svg);
  if (png === undefined) return [svgPath];
  writeFileSync(pngPath, png);
  return [svgPath, pngPath];
}

/** The picture as PNG bytes; undefined where @resvg/resvg-js has no build for this machine. */
export async function renderPng(svg: string, zoom = 2): Promise<Uint8Array | undefined> {
  const resvg = await import('@resvg/resvg-js').catch(() => undefined);
  if (resvg === undefined) return undefined;
  return new resvg.Resvg(svg, {
    fitTo: { mode: 'zoom', value: zoom },
    font: { fontFiles: [FONT, BOLD], loadSystemFonts: false, defaultFontFamily: 'DejaVu Sans' },
  })
    .render()
    .asPng();
}

/** Without a font file a renderer on a machine without fonts draws every text as nothing. */
const fonts = join(dirname(createRequire(import.meta.url).resolve('dejavu-fonts-ttf/package.json')), 'ttf');
const FONT = join(fonts, 'DejaVuSans.ttf');
const BOLD = join(fonts, 'DejaVuSans-Bold.ttf');

const short = (value: number): string => String(Math.round(value * 100) / 100);
const escape = (words: string): string =>
  words.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
