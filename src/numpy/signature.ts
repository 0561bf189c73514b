// Signatures as NumPy writes them, and how arguments are bound to them: by position, then an object of those by name.
import { AttributeError } from '../kit.ts';

/** What the value of a parameter is. */
export type ParameterKind =
  | 'array'
  | 'arrays'
  | 'axis'
  | 'axes'
  | 'shape'
  | 'dtype'
  | 'flag'
  | 'number'
  | 'numbers'
  | 'text'
  | 'any';

/** One parameter of a function of NumPy. */
export interface Parameter {
  readonly name: string;
  readonly kind: ParameterKind;
  readonly isRequired: boolean;
  /** What stands for it where it is left out; undefined for NumPy's None. */
  readonly fallback: unknown;
}

/** A signature, as `sum(a, axis=None, keepdims=False)`. */
export interface ParsedSignature {
  /** With its namespace: `linalg.inv`. */
  readonly name: string;
  readonly parameters: readonly Parameter[];
  /** Which parameter takes all arguments that are left, as `*arrays` does; −1 for none. Those after it go by name. */
  readonly rest: number;
  /** The parameter that takes all arguments by name that no other does, as `**kwds` does. */
  readonly named: string | undefined;
  /** Type of the result where it is not one pending tensor. */
  readonly gives: string | undefined;
}

/** What parameters of a name are, in all of NumPy. */
const KINDS: Readonly<Record<Exclude<ParameterKind, 'any'>, string>> = {
  array:
    'a x x1 x2 arr m v a1 a2 ar1 ar2 b A y condition choices indices p q1 xp fp bins weights values array element ' +
    'test_elements ar actual desired prototype signal haystack object z A1 c pvals',
  arrays: 'arrays tup xi condlist choicelist args seq_of_zeros',
  axis: 'axis1 axis2 source destination',
  axes: 'axis axes',
  shape: 'shape newshape size reps dims s',
  dtype: 'dtype',
  flag:
    'keepdims endpoint equal_nan assume_unique invert return_index return_inverse return_counts full_matrices ' +
    'compute_uv hermitian density rowvar bias retstep sparse copy right increasing strict shuffle replace sorted',
  number: 'num base ddof k n N M rtol atol deg decimals nan posinf neginf offset rcond d tol',
  numbers: 'shift q ord repeats indices_or_sections pad_width',
  text: 'mode side method subscripts indexing order trim UPLO norm kind',
};

const KIND_OF: ReadonlyMap<string, ParameterKind> = new Map(
  Object.entries(KINDS).flatMap(([kind, names]) => names.split(' ').map((name) => [name, kind as ParameterKind])),
);

const CONSTANTS: Readonly<Record<string, unknown>> = { None: undefined, True: true, False: false, inf: Infinity };

/** Reads a signature; parameters are separated by `, ` and may name their kind: `a: any`. */
export function parseSignature(text: string): ParsedSignature {
  const [head, gives] = text.split(' -> ');
  const open = head!.indexOf('(');
  const listed = head!.slice(open + 1, -1);
  const parts = listed === '' ? [] : listed.split(', ');
  const parameters = parts.map(parameterOf);
  const isNamed = parts.at(-1)?.startsWith('**') === true;
  return {
    name: head!.slice(0, open),
    parameters: isNamed ? parameters.slice(0, -1) : parameters,
    rest: parts.findIndex((part) => /^\*[^*]/.test(part)),
    named: isNamed ? parameters.at(-1)!.name : undefined,
    gives,
  };
}

function parameterOf(part: string): Parameter {
  const [left, fallback] = part.replace(/^\*+/, '').split('=');
  const [name, kind] = left!.split(': ');
  return {
    name: name!,
    kind: (kind as ParameterKind | undefined) ?? KIND_OF.get(name!) ?? 'any',
    isRequired: fallback === undefined,
    fallback: fallback === undefined ? undefined : valueOf(fallback),
  };
}

function valueOf(text: string): unknown {
  if (text in CONSTANTS) return CONSTANTS[text];
  return text.startsWith("'") ? text.slice(1, -1) : Number(text);
}

/** Parameters that functions of NumPy have and no function has here, and what to do instead. */
const ABSENT: Readonly<Record<string, string>> = {
  out: 'tensors are never written; use the result',
  where: 'choose with np.where(mask, x, y)',
  order: 'elements are always in row-major order; leave it out',
  casting: 'cast with x.astype(dtype)',
  subok: 'there are no subclasses; leave it out',
  like: 'leave it out',
  device: 'a device is chosen by sheet.with({ device })',
  copy: 'tensors never change and need no copy; leave it out',
  signature: 'cast the operands with x.astype(dtype)',
};

/** The value of every parameter by name, with what stands for those that were left out. */
export function bind(signature: ParsedSignature, args: readonly unknown[]): Record<string, unknown> {
  const { name, parameters, rest } = signature;
  const given = args.length > 0 && isKeywords(args.at(-1)) ? (args.at(-1) as Record<string, unknown>) : undefined;
  const positional = given === undefined ? args : args.slice(0, -1);
  if (positional.length > parameters.length && rest === -1)
    throw new AttributeError(
      `np.${name}: ${positional.length} arguments were given; it takes ${formatParameters(signature)}.`,
      { count: positional.length },
    );
  const bound: Record<string, unknown> = {};
  parameters.forEach((parameter, i) => {
    const value = i === rest ? positional.slice(i) : rest !== -1 && i > rest ? undefined : positional[i];
    const named = given?.[parameter.name];
    bound[parameter.name] = value !== undefined ? value : named !== undefined ? named : parameter.fallback;
    if (parameter.isRequired && bound[parameter.name] === undefined) throw missing(signature, parameter);
  });
  if (signature.named !== undefined) {
    const isOther = ([key]: readonly [string, unknown]): boolean => !parameters.some((each) => each.name === key);
    return { ...bound, [signature.named]: Object.fromEntries(Object.entries(given ?? {}).filter(isOther)) };
  }
  for (const key of Object.keys(given ?? {})) checkKeyword(signature, key, rest === -1 ? positional.length : 0);
  return bound;
}

function checkKeyword(signature: ParsedSignature, key: string, count: number): void {
  const { name, parameters } = signature;
  const at = parameters.findIndex((parameter) => parameter.name === key);
  if (at === -1)
    throw new AttributeError(
      `np.${name}: it has no parameter ${key}; ` +
        `${Object.hasOwn(ABSENT, key) ? ABSENT[key]! : `it takes ${formatParameters(signature)}`}.`,
      { key },
    );
  if (at < count)
    throw new AttributeError(`np.${name}: ${key} is given by position and by name; give it once.`, { key });
}

const missing = (signature: ParsedSignature, { name }: Parameter): AttributeError =>
  new AttributeError(`np.${signature.name}: ${name} is missing; it takes ${formatParameters(signature)}.`, { name });

/** The parameters in words, as an error says them. */
const formatParameters = ({ parameters }: ParsedSignature): string =>
  parameters.map(({ name, isRequired }) => (isRequired ? name : `${name}?`)).join(', ') || 'none';

/** An object of arguments by name: a plain one that holds no elements. */
function isKeywords(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return (
    (prototype === Object.prototype || prototype === null) &&
    !('data' in value && ('dims' in value || 'shape' in value))
  );
}
