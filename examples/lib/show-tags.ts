// What pictures and pages of notebooks write: tags, labels and numbers, on the SVG writer that the main job has too.
import { type Attributes, drawing, element, text as words } from './svg.ts';

/** Text made safe inside a tag or an attribute. */
export const escapeText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** One element; children are markup already. */
export const tag = (name: string, attributes: Attributes = {}, ...children: readonly string[]): string =>
  element(name, attributes, ...children);

/** A label in a picture. */
export const label = (text: string, x: number, y: number, attributes: Attributes = {}): string =>
  words(text, x, y, { 'font-size': 12, ...attributes });

/**
 * A whole picture on its own paper, so that it reads on light and dark pages; `description` is its text for screen
 * readers.
 */
export const picture = (width: number, height: number, description: string, ...children: readonly string[]): string =>
  drawing(Math.ceil(width), Math.ceil(height), description, ...children);

/** A number for people: four digits, a real minus sign, powers of ten where it is very large or small. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return String(value).replace('Infinity', '∞').replace('-', '−');
  const size = Math.abs(value);
  const text =
    Number.isInteger(value) && size < 1e6
      ? value.toLocaleString('en')
      : size !== 0 && (size < 1e-3 || size >= 1e6)
        ? value.toExponential(2).replace('e+', 'e')
        : String(Number(value.toPrecision(4)));
  return text.replaceAll('-', '−');
}
