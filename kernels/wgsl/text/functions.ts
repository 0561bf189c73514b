// Named functions in WGSL: which scalar functions have a form of their own, and the declarations a shader needs for
// those it calls.
import type { Scalar } from '../../scalar/algebra.ts';
import * as shaders from '../shaders.gen.ts';
import { declareCodec } from './codec.ts';

/**
 * Names of scalar functions whose bodies are float64, and of those that lose digits in float32, with their library
 * functions.
 */
const FORMS: Readonly<Record<string, string>> = {
  exp: 'exponential',
  expm1: 'exponentialMinus1',
  exp2: 'exponential2',
  log: 'logarithm',
  log1p: 'logarithm1p',
  log2: 'logarithm2',
  log10: 'logarithm10',
  sin: 'sine',
  cos: 'cosine',
  tan: 'tangent',
  asin: 'arcSine',
  acos: 'arcCosine',
  atan: 'arcTangent',
  atan2: 'arcTangent2',
  sinh: 'hyperbolicSine',
  cosh: 'hyperbolicCosine',
  tanh: 'hyperbolicTangent',
  asinh: 'areaSine',
  acosh: 'areaCosine',
  atanh: 'areaTangent',
  pow: 'power',
  erf: 'errorFunction',
  erfc: 'complementaryErrorFunction',
  gelu: 'gaussianLinearUnit',
  silu: 'sigmoidLinearUnit',
};

/** The library function that is a scalar function on float32; undefined where its body is to be written out. */
export const libraryFunctionOf = ({ name }: Scalar): string | undefined =>
  Object.hasOwn(FORMS, name) ? FORMS[name] : undefined;

const LIBRARY = [
  shaders.FLOAT,
  shaders.EXPONENTIAL,
  shaders.TRIGONOMETRY,
  shaders.POWER,
  shaders.ERROR_FUNCTION,
  shaders.INTEGER,
].join('\n');

interface Declaration {
  readonly text: string;
  /** Names of the library in it. */
  readonly mentions: readonly string[];
}

/** The declarations of a text by name, and the names they mention. */
function declarationsOf(library: string): ReadonlyMap<string, Declaration> {
  const texts = library
    .split(/\n(?=(?:fn|const|struct) )/)
    .map((text): [string, string] => [/^(?:fn|const|struct) (\w+)/.exec(text)?.[1] ?? '', text]);
  const names = new Set(texts.map(([name]) => name));
  const mentionsOf = (name: string, text: string): string[] =>
    [...new Set(text.match(/\w+/g))].filter((word) => word !== name && names.has(word));
  return new Map(texts.map(([name, text]) => [name, { text, mentions: mentionsOf(name, text) }]));
}

const declarations = declarationsOf(LIBRARY);

/**
 * The declarations of library functions and of all they call, in the library's order, those of codecs last. Throws
 * RangeError for a name it has not.
 */
export function declareLibrary(names: Iterable<string>): string {
  const needed = new Set<string>();
  const visit = (known: ReadonlyMap<string, Declaration>, name: string): void => {
    if (needed.has(name)) return;
    needed.add(name);
    known.get(name)?.mentions.forEach((mention) => visit(known, mention));
  };
  const codecs = new Map<string, Declaration>();
  for (const name of names) {
    const codec = declarations.has(name) ? undefined : declareCodec(name);
    if (codec !== undefined)
      declarationsOf(codec).forEach((declaration, declared) => codecs.set(declared, declaration));
    else if (!declarations.has(name)) throw new RangeError(`no library function ${name} in shaders/`);
    visit(codec === undefined ? declarations : codecs, name);
  }
  return [...declarations, ...codecs]
    .filter(([name]) => needed.has(name))
    .map(([, { text }]) => text)
    .join('\n');
}
