// An elementwise function as a WGSL function, ready to be pasted before any kernel's `main`.
import type { Body, ElementFunction, PredicateBody, Scalar } from '../../scalar/algebra.ts';
import { floatNamed, FloatText } from '../text/algebra.ts';
import { IntegerText } from '../text/algebra-integers.ts';
import { FunctionText, MissingFormError } from '../text/function-text.ts';
import { declareLibrary } from '../text/functions.ts';
import { computedType, type GpuDType, type Scalar32 } from '../text/storage.ts';

/** A WGSL function of one element of every operand. */
export interface ElementCode {
  /** What to call: `name(x0, x1, …)`, arguments and result of the types below. */
  readonly name: string;
  readonly parameter: Scalar32;
  /** Masks are bool. */
  readonly result: Scalar32 | 'bool';
  /** Its declaration, without the library functions it calls. */
  readonly text: string;
  readonly uses: ReadonlySet<string>;
}

/**
 * The dtype a map is computed in, as its CPU twin chooses: float32 where a float takes part, else the integers of the
 * result. Tests of integers compare without wrapping, for which all must fit one type. Undefined where no 32-bit type
 * does.
 */
export function elementDomain(
  returns: ElementFunction['returns'],
  operands: readonly GpuDType[],
  out: GpuDType,
): GpuDType | undefined {
  const wide = operands.some((dtype) => dtype === 'int32' || dtype === 'uint32');
  if ([out, ...operands].some((dtype) => computedType(dtype) === 'f32'))
    return returns === 'mask' && wide ? undefined : 'float32';
  if (returns === 'value') return out;
  if (!operands.includes('uint32')) return 'int32';
  return operands.some((dtype) => computedType(dtype) === 'i32') ? undefined : 'uint32';
}

/** A function's code in a domain; undefined where it uses an operation that WGSL has no form of. */
export function elementCode(fn: ElementFunction, domain: GpuDType, name = 'apply'): ElementCode | undefined {
  const text = new FunctionText();
  const parameters = Array.from({ length: fn.arity }, (_, i) => `x${i}`);
  try {
    const value = domain === 'float32' ? floatBody(fn, text, parameters) : integerBody(fn, text, parameters, domain);
    const parameter = computedType(domain);
    const result = fn.returns === 'mask' ? 'bool' : parameter;
    const body = [...text.statements(), `return ${value};`].map((line) => `  ${line}`).join('\n');
    return {
      name,
      parameter,
      result,
      uses: text.uses,
      text: `fn ${name}(${parameters.map((x) => `${x}: ${parameter}`).join(', ')}) -> ${result} {\n${body}\n}`,
    };
  } catch (error) {
    if (error instanceof MissingFormError) return undefined;
    throw error;
  }
}

/** The declarations of functions and of the library functions that they, and `uses`, call. */
export function declareElements(codes: readonly ElementCode[], uses: readonly string[] = []): string {
  return [declareLibrary([...codes.flatMap((code) => [...code.uses]), ...uses]), ...codes.map(({ text }) => text)].join(
    '\n',
  );
}

function floatBody(fn: ElementFunction, text: FunctionText, parameters: readonly string[]): string {
  const algebra = new FloatText(text);
  const args = parameters.map(floatNamed);
  if (fn.returns === 'mask') return (fn.body as PredicateBody)(algebra, ...args);
  // Called, not written out: the function itself may be one that has a form by name.
  return fn.arity <= 2 ? algebra.call(fn, args[0]!, args[1]).value : (fn as Scalar).body(algebra, ...args).value;
}

function integerBody(fn: ElementFunction, text: FunctionText, parameters: readonly string[], domain: GpuDType): string {
  // Masks are text as values are.
  return (fn.body as Body)<string, string>(new IntegerText(text, domain), ...parameters);
}
