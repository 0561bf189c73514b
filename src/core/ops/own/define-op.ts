// Ops of a program's own: a definition is checked, made a row like those of the library, and called by its name.
import {
  type Body,
  type ElementFunction,
  predicate,
  type PredicateBody,
  scalar,
} from '../../../../kernels/scalar/algebra.ts';
import { SheetError } from '../../errors.ts';
import { type DType, isDType, noDType, type TypedArray } from '../../tensor/dtype.ts';
import type { Shape } from '../../tensor/shape.ts';
import { bodyForm } from './body-form.ts';
import { checkBody, checkDefinition, refusal } from './check-op.ts';
import {
  type AttributeSpec,
  type AttributeValues,
  type LawName,
  makeRow,
  type OperandSpec,
  type OpRow,
  type RowDraft,
  type TypedOperand,
} from '../define.ts';
import { addOp, findOp } from '../index.ts';
import { broadcastShapes, first } from '../infer.ts';
import type { OperandKind } from '../kinds.ts';

/** An operand of a definition: its name, where it takes floats, or its name and which dtypes it takes. */
export type OperandDefinition = string | { readonly name: string; readonly kind: OperandKind };

/** An operand or the result of a call, as a body in JavaScript sees it: elements are row-major. */
export interface OpArray {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly array: TypedArray;
}

/** One call as a body in JavaScript sees it. It reads the operands, and writes every element of `out`. */
export interface OpTask {
  readonly operands: readonly OpArray[];
  readonly out: OpArray;
  readonly attributes: AttributeValues;
}

/** What every definition has. */
interface DefinitionOf<O extends readonly OperandDefinition[]> {
  /** Letters, digits and underscores; a name that no op of the library has. */
  readonly name: string;
  /** Raised whenever results change: results of another version are another op's. */
  readonly version: number;
  readonly doc?: string;
  readonly operands: O;
  /**
   * The dtype operands are cast to first: their `common` one, a `float`ing one, or `none`. Default: `common`, and
   * `none` for a body in JavaScript.
   */
  readonly promotion?: OpRow['promotion'];
  readonly laws?: readonly LawName[];
  /** Floating-point operations per element of the result; counted from an elementwise body where it is left out. */
  readonly flops?: number;
  /** How many units of epsilon devices may differ by in class tolerance. Default 8. */
  readonly bound?: number;
}

/** An op that gives each element of the result from one element of every operand, on every device. */
export interface ElementwiseDefinition<O extends readonly OperandDefinition[]> extends DefinitionOf<O> {
  /** The element, in the operations of the algebra `m`; the result has the operands' dtype. */
  readonly element: Body;
}

/** An elementwise op whose result is bool. */
export interface TestDefinition<O extends readonly OperandDefinition[]> extends DefinitionOf<O> {
  /** The mask, in the operations of the algebra `m`. */
  readonly test: PredicateBody;
}

/** An op that is computed in JavaScript, whatever it does. */
export interface ReferenceDefinition<O extends readonly OperandDefinition[]> extends DefinitionOf<O> {
  readonly attributes?: Readonly<Record<string, AttributeSpec>>;
  /** Dtype and shape of the result; those of the first operand where it is left out. */
  readonly infer?: OpRow['infer'];
  /** Fills `out`; a function of the operands and attributes alone. */
  readonly reference: (task: OpTask) => void;
}

/** What an op is. */
export type OpDefinition<O extends readonly OperandDefinition[] = readonly OperandDefinition[]> =
  | ElementwiseDefinition<O>
  | TestDefinition<O>
  | ReferenceDefinition<O>;

/** A defined op, for `sheet.execute(op, …)`; its type knows how many operands it takes. */
export interface OpHandle<O extends readonly OperandDefinition[] = readonly OperandDefinition[]> {
  readonly name: string;
  readonly version: number;
  readonly operands: O;
}

/** Devices have functions of their own, which are within so many epsilon where they are good. */
const DEFAULT_BOUND = 8;

/**
 * What tells defined ops apart where name, version and signature do not: the form of the body, or the function itself.
 */
const forms = new WeakMap<OpRow, string | OpBody>();
type OpBody = (task: OpTask) => void;

/**
 * Adds an op to this process: sheets call it by its handle or by its name. The same definition again is the same op.
 * Throws an AttributeError for a definition that contradicts itself, for a name that is taken, and for another
 * definition of a name that was defined.
 */
export function defineOp<const O extends readonly OperandDefinition[]>(definition: OpDefinition<O>): OpHandle<O> {
  checkDefinition(definition);
  const { name, version, operands } = definition;
  const [draft, form] = 'reference' in definition ? referenceRow(definition) : elementRow(definition);
  const known = findOp(name);
  if (known === undefined) addDefined(draft, form);
  else if (forms.get(known) !== form || signatureOf(known) !== signatureOf(draft)) {
    throw refusal(
      name,
      `${name}@${known.version} is defined already, and otherwise`,
      'define an op once, or take another name',
    );
  }
  return Object.freeze({ name, version, operands });
}

function addDefined(draft: RowDraft, form: string | OpBody): void {
  const row = makeRow(draft);
  forms.set(row, form);
  addOp(row);
}

/** All that a call depends on besides the body. */
const signatureOf = ({ version, operands, attributes = {}, promotion, laws, bound }: RowDraft): string =>
  JSON.stringify([version, operands, attributes, promotion, laws, bound]);

const specOf = (operand: OperandDefinition): OperandSpec =>
  typeof operand === 'string' ? { name: operand, kind: 'float' } : { name: operand.name, kind: operand.kind };

type Shared = Pick<OpRow, 'name' | 'doc' | 'version' | 'operands' | 'promotion' | 'laws' | 'bound'>;

function sharedOf(definition: OpDefinition, promotion: OpRow['promotion']): Shared {
  const { name, version, doc = '', laws = [], bound = DEFAULT_BOUND } = definition;
  const operands = definition.operands.map(specOf);
  return { name, version, doc, operands, laws, bound, promotion: definition.promotion ?? promotion };
}

function elementRow(
  definition: ElementwiseDefinition<readonly OperandDefinition[]> | TestDefinition<readonly OperandDefinition[]>,
): [RowDraft, string] {
  const shared = sharedOf(definition, definition.operands.length === 1 ? 'none' : 'common');
  const { name, operands } = shared;
  const element: ElementFunction =
    'test' in definition
      ? predicate(name, operands.length, definition.test)
      : scalar(name, operands.length, definition.element);
  const form = bodyForm(element);
  checkBody(shared, form);
  const { flops = form.length - operands.length - 1 } = definition;
  // A condition comes before what it chooses from.
  const chosen = Math.max(
    0,
    operands.findIndex(({ kind }) => kind !== 'bool'),
  );
  const isTest = element.returns === 'mask';
  const draft: RowDraft = {
    ...shared,
    kernel: { skeleton: 'map', element },
    separable: 'elements',
    flops: (_types, out) => out.size * flops,
    result: isTest ? 'bool' : operands.length === 1 ? 'same' : 'promoted',
    infer: (types) => ({
      dtype: isTest ? 'bool' : types[chosen]!.dtype,
      shape: broadcastShapes(shared, types),
    }),
  };
  return [draft, form.join('; ')];
}

function referenceRow(definition: ReferenceDefinition<readonly OperandDefinition[]>): [RowDraft, OpBody] {
  const { name, attributes = {}, infer, reference, flops = 1 } = definition;
  const run = (operands: readonly TypedOperand[], out: TypedOperand, values: AttributeValues): void => {
    try {
      reference({ operands: operands.map(openedOf), out: openedOf(out), attributes: values });
    } catch (error) {
      throw bodyError(name, error);
    }
  };
  const draft: RowDraft = {
    ...sharedOf(definition, 'none'),
    attributes,
    kernel: { skeleton: 'direct', run },
    result: infer === undefined ? 'same' : 'promoted',
    flops: (_types, out) => out.size * flops,
    infer: infer === undefined ? (types) => first(types) : (types, values) => checkedType(name, infer(types, values)),
  };
  return [draft, reference];
}

/** What came up in a body of a program, which is its own to mend. */
function bodyError(name: string, error: unknown): SheetError {
  if (error instanceof SheetError) return error;
  const message = `${name}: the body that defineOp was given failed: ${String(error)}. Mend it there.`;
  return new SheetError('KERNEL', message, { op: name }, { cause: error });
}

const openedOf = ({ type: { dtype, shape }, array }: TypedOperand): OpArray => ({ dtype, shape, array });

/** What a rule of a program gave: shapes are checked for every row, dtypes are known for rows of the library. */
function checkedType(name: string, type: ReturnType<OpRow['infer']>): ReturnType<OpRow['infer']> {
  if (isDType(type?.dtype)) return type;
  throw noDType(type?.dtype, `${name}: infer`);
}
