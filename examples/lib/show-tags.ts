// Tags as text: the little that pictures and pages need to write SVG and HTML.

export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** Text made safe inside a tag or an attribute. */
export const escapeText = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

/** One element; children are markup already. Numbers are written with at most two decimals. */
export function tag(name: string, attributes: Attributes = {}, ...children: readonly string[]): string {
  const written = Object.entries(attributes).filter(([, value]) => value !== undefined).map(([key, value]) => ` ${key}="${escapeText(typeof value === 'number' ? String(Math.round(value * 100) / 100) : String(value))}"`);
  return children.length === 0 ? `<${name}${written.join('')}/>` : `<${name}${written.join('')}>${children.join('')}</${name}>`;
}

/** A label in a picture. */
export const label = (text: string, x: number, y: number, attributes: Attributes = {}): string => tag('text', { x, y, 'font-size': 12, fill: '#1f2933', ...attributes }, escapeText(text));

/** A whole picture on its own paper, so that it reads on light and dark pages; `description` is its text for screen readers. */
export function picture(width: number, height: number, description: string, ...children: readonly string[]): string {
  return tag('svg', { xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${Math.ceil(width)} ${Math.ceil(height)}`, width: Math.ceil(width), height: Math.ceil(height), role: 'img', 'font-family': 'ui-sans-serif, system-ui, \'Segoe UI\', \'DejaVu Sans\', sans-serif' },
    tag('title', {}, escapeText(description)), tag('rect', { width: '100%', height: '100%', rx: 6, fill: '#ffffff' }), ...children);
}

/** A number for people: four digits, a real minus sign, thin exponents. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return String(value).replace('Infinity', '∞').replace('-', '−');
  const size = Math.abs(value);
  const text = Number.isInteger(value) && size < 1e6 ? value.toLocaleString('en') : size !== 0 && (size < 1e-3 || size >= 1e6) ? value.toExponential(2).replace('e+', 'e') : String(Number(value.toPrecision(4)));
  return text.replaceAll('-', '−');
}
