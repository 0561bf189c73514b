// Arrays as text, as NumPy's repr, str and array2string have them. They wait for elements.
import { AttributeError } from '../../kit.ts';
import type { Tensor } from '../../surface.ts';
import type { Arguments, Own } from '../context.ts';
import { type FloatOptions, floatFormat, scalarText } from './floats.ts';
import { itemsOf, type Layout, layOut } from './layout.ts';

/** How an array is printed. */
interface PrintOptions extends FloatOptions {
  readonly width: number;
  readonly separator: string;
  readonly prefix: string;
  readonly suffix: string;
  readonly threshold: number;
  readonly edgeitems: number;
}

const DEFAULTS: PrintOptions = {
  precision: 8,
  suppress: false,
  floatmode: 'maxprec',
  sign: '-',
  width: 75,
  separator: ' ',
  prefix: '',
  suffix: '',
  threshold: 1000,
  edgeitems: 3,
};

type Element = number | bigint;

const bitsOfFloat = (dtype: string): number | undefined => {
  const match = /^float(16|32|64)$/.exec(dtype);
  return match === null ? undefined : Number(match[1]);
};

/** The elements, which floats of 16 bits are stored as others. */
async function elementsOf(x: Tensor): Promise<readonly Element[]> {
  const isHalf = bitsOfFloat(x.dtype) === 16;
  return Array.from((await (isHalf ? x.astype('float32') : x).data()) as unknown as Iterable<Element>);
}

/** The text of each element. */
function formatOf(
  dtype: string,
  shown: readonly Element[],
  rank: number,
  options: PrintOptions,
): (x: Element) => string {
  const bits = bitsOfFloat(dtype);
  if (bits !== undefined) {
    const format = floatFormat(shown.map(Number), bits, options);
    return (x) => format(Number(x));
  }
  if (dtype === 'bool') return (x) => (x ? 'True' : 'False').padStart(rank === 0 ? 0 : 5);
  const width = shown.reduce<number>((most, x) => Math.max(most, String(x).length), 0);
  return (x) => String(x).padStart(width);
}

/** Places of the elements that are printed. */
function placesShown(shape: readonly number[], edge: number | undefined): readonly number[] {
  return shape.reduce<readonly number[]>(
    (places, length) =>
      places.flatMap((place) => itemsOf(length, edge).flatMap((i) => (i === undefined ? [] : [place * length + i]))),
    [0],
  );
}

async function textOf(x: Tensor, options: PrintOptions): Promise<string> {
  if (x.size === 0) return '[]';
  const elements = await elementsOf(x);
  const edge = x.size > options.threshold ? options.edgeitems : undefined;
  const shown = placesShown(x.shape, edge).map((place) => elements[place]!);
  const format = formatOf(x.dtype, shown, x.ndim, options);
  const layout: Layout = {
    width: options.width - options.suffix.length,
    indent: ' '.repeat(options.prefix.length),
    separator: options.separator,
    edge,
  };
  return layOut(x.shape, (place) => format(elements[place]!), layout);
}

const FLOATMODES = ['fixed', 'unique', 'maxprec', 'maxprec_equal'];

function optionsOf(given: Arguments): PrintOptions {
  const number = (name: string, otherwise: number): number => (given.has(name) ? given.number(name) : otherwise);
  const text = (name: string, otherwise: string): string => (given.has(name) ? given.text(name) : otherwise);
  const floatmode = text('floatmode', DEFAULTS.floatmode);
  if (!FLOATMODES.includes(floatmode)) throw given.wrong('floatmode', FLOATMODES.map((mode) => `'${mode}'`).join(', '));
  const sign = text('sign', DEFAULTS.sign);
  if (!['-', '+', ' '].includes(sign)) throw given.wrong('sign', "'-', '+' or ' '");
  return {
    precision: number('precision', DEFAULTS.precision),
    suppress: given.flag('suppress_small'),
    floatmode: floatmode as PrintOptions['floatmode'],
    sign: sign as PrintOptions['sign'],
    width: number('max_line_width', DEFAULTS.width),
    separator: text('separator', DEFAULTS.separator),
    prefix: text('prefix', ''),
    suffix: text('suffix', ''),
    threshold: number('threshold', DEFAULTS.threshold),
    edgeitems: number('edgeitems', DEFAULTS.edgeitems),
  };
}

export const array2string: Own = (_np, given) => {
  const options = optionsOf(given);
  if (!(options.precision >= 0 && options.precision <= 100))
    throw new AttributeError(`np.array2string: precision is ${options.precision}; give 0 to 100.`, {
      precision: options.precision,
    });
  return textOf(given.array('a'), options);
};

export const arrayStr: Own = async (_np, given) => {
  const [x, options] = [given.array('a'), optionsOf(given)];
  if (x.ndim > 0) return textOf(x, options);
  const [element] = await elementsOf(x);
  const bits = bitsOfFloat(x.dtype);
  if (bits !== undefined) return scalarText(Number(element), bits);
  return x.dtype === 'bool' ? (element ? 'True' : 'False') : String(element);
};

/** Dtypes that the text of elements tells. */
const TOLD = ['float64', 'int64', 'bool'];

export const arrayRepr: Own = async (_np, given) => {
  const x = given.array('arr');
  const options = { ...optionsOf(given), separator: ', ', prefix: 'array(', suffix: ')' };
  const text = `array(${await textOf(x, options)}`;
  const isShaped = (x.size === 0 && !(x.ndim === 1 && x.shape[0] === 0)) || x.size > options.threshold;
  const shape = `shape=(${x.shape.join(', ')}${x.ndim === 1 ? ',' : ''})`;
  const isNamed = !TOLD.includes(x.dtype) || x.size === 0;
  const extras = [...(isShaped ? [shape] : []), ...(isNamed ? [`dtype=${x.dtype}`] : [])];
  if (extras.length === 0) return `${text})`;
  const extra = `${extras.join(', ')})`;
  const lastLine = `${text},`.length - (text.lastIndexOf('\n') + 1);
  const spacer = lastLine + extra.length + 1 > options.width ? `\n${' '.repeat(options.prefix.length)}` : ' ';
  return `${text},${spacer}${extra}`;
};
