// The checks that make a definition an op: names that are free, operands and attributes that can be told apart, one
// body.
import { AttributeError } from '../../errors.ts';
import { stepNotOf } from './body-form.ts';
import { ATTRIBUTE_KINDS, type AttributeSpec, type OpRow } from '../define.ts';
import { FOREIGN_METHODS, METHODS, methodName, OPS } from '../index.ts';
import { OPERAND_KINDS, type OperandKind } from '../kinds.ts';

/** What is read of a definition, which may come from a program without types. */
interface Checked {
  readonly name: string;
  readonly version: number;
  readonly operands: readonly (string | { readonly name: string; readonly kind: string })[];
  readonly promotion?: string;
  readonly attributes?: Readonly<Record<string, AttributeSpec>>;
  readonly element?: unknown;
  readonly test?: unknown;
  readonly reference?: unknown;
}

const NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;
/** As many operands as a kernel of a GPU has bindings for. */
const MAX_OPERANDS = 6;
const BODIES = ['element', 'test', 'reference'] as const;
const PROMOTIONS = ['none', 'common', 'float'];
/** What traces call a root. */
const ROOT = 'tensor';

/** An AttributeError that says what is wrong with a definition and what to do. */
export const refusal = (name: string, reason: string, remedy: string): AttributeError =>
  new AttributeError(`defineOp: ${name}: ${reason}; ${remedy}.`, { op: name });

/** Refuses definitions that contradict themselves, and names that are taken. */
export function checkDefinition(definition: object): void {
  const { name, version, promotion = 'none', ...rest } = definition as Checked;
  checkName(name);
  if (!Number.isSafeInteger(version) || version < 1) {
    throw refusal(name, `version is ${version}`, 'give 1, and more whenever its results change');
  }
  if (!PROMOTIONS.includes(promotion))
    throw refusal(name, `promotion is ${promotion}`, `give ${PROMOTIONS.join(', ')}`);
  checkOperands(name, rest.operands);
  checkBodies(name, rest);
}

function checkName(name: unknown): void {
  if (typeof name !== 'string' || !NAME.test(name)) {
    const remedy = 'a name is a letter, then letters, digits and underscores, at most 64';
    throw new AttributeError(`defineOp: ${JSON.stringify(name)} is no name; ${remedy}.`, { op: name });
  }
  const method = methodName(name);
  if (OPS.has(name) || METHODS.has(method) || name === ROOT) {
    throw refusal(name, 'the library has an op of this name', 'take another name');
  }
  if (FOREIGN_METHODS.has(method)) {
    throw refusal(
      name,
      'other libraries have an op of this name, and calls of it say what it is here',
      `take a name of your own, as my_${name}`,
    );
  }
}

function checkOperands(name: string, operands: Checked['operands']): void {
  if (!Array.isArray(operands) || operands.length < 1 || operands.length > MAX_OPERANDS) {
    throw refusal(
      name,
      'operands are missing',
      `list the names of 1 to ${MAX_OPERANDS}, as ['x', { name: 'n', kind: 'any' }]`,
    );
  }
  const names = (operands as Checked['operands']).map((operand) =>
    typeof operand === 'string' ? operand : operand?.name,
  );
  const wrong = names.find(
    (operand, i) => typeof operand !== 'string' || !NAME.test(operand) || names.indexOf(operand) !== i,
  );
  if (wrong !== undefined || names.includes(undefined as never)) {
    throw refusal(
      name,
      `an operand is named ${String(wrong)}`,
      'give each a name of letters, digits and underscores of its own',
    );
  }
  for (const operand of operands as Checked['operands']) {
    if (typeof operand === 'string' || Object.hasOwn(OPERAND_KINDS, operand.kind)) continue;
    throw refusal(
      name,
      `operand ${operand.name} is of kind ${operand.kind}`,
      `give one of ${Object.keys(OPERAND_KINDS).join(', ')}`,
    );
  }
}

function checkBodies(name: string, definition: Omit<Checked, 'name' | 'version'>): void {
  const given = BODIES.filter((body) => body in definition);
  if (given.length !== 1 || typeof definition[given[0] as 'element'] !== 'function') {
    throw refusal(
      name,
      `it has ${given.length === 0 ? 'no body' : given.join(' and ')}`,
      `give one function: ${BODIES.join(', ')}`,
    );
  }
  const { attributes = {} } = definition;
  const names = Object.keys(attributes);
  if (given[0] !== 'reference' && names.length > 0) {
    throw refusal(
      name,
      `an elementwise body has no attributes, and ${names[0]} is one`,
      'make it an operand: a plain number is one',
    );
  }
  for (const [attribute, { kind, doc, choices } = {} as Partial<AttributeSpec>] of Object.entries(attributes)) {
    const isKnown = ATTRIBUTE_KINDS.some((known) => known === kind) && typeof doc === 'string';
    if (NAME.test(attribute) && isKnown && (kind === 'choice') === (choices !== undefined)) continue;
    throw refusal(
      name,
      `attribute ${attribute} is not told`,
      `give { kind, doc }, with one kind of ${ATTRIBUTE_KINDS.join(', ')}, and choices for a choice`,
    );
  }
}

/** Kinds whose elements are computed as integers. */
const WITH_INTEGERS: readonly OperandKind[] = ['any', 'numeric', 'integerOrBool', 'integer', 'index'];
const WITH_FLOATS: readonly OperandKind[] = ['any', 'numeric', 'float', 'floatOrBool'];

/** Refuses a body whose steps elements of its operands do not have. */
export function checkBody(
  { name, operands, promotion }: Pick<OpRow, 'name' | 'operands' | 'promotion'>,
  form: readonly string[],
): void {
  const has = (kinds: readonly OperandKind[]): boolean => operands.some(({ kind }) => kinds.includes(kind));
  const ofFloats = has(WITH_INTEGERS) && promotion !== 'float' ? stepNotOf('integer', form) : undefined;
  if (ofFloats !== undefined) {
    throw refusal(
      name,
      `its body has a step of floats, "${ofFloats}", and an operand takes integers`,
      "take operands of kind 'float', or promotion 'float'",
    );
  }
  const ofIntegers = has(WITH_FLOATS) || promotion === 'float' ? stepNotOf('float', form) : undefined;
  if (ofIntegers !== undefined) {
    throw refusal(
      name,
      `its body has a step of integers, "${ofIntegers}", and an operand takes floats`,
      "take operands of kind 'integerOrBool'",
    );
  }
}
