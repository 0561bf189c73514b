// Operations of the register form: what a word can do. They follow from the rows of the instruction set: arithmetic on
// slots, or on a slot and a constant; comparisons that branch; loads and stores; control.
import type { VacRow } from '../isa/row.ts';
import { ISA_ROWS } from '../isa/rows.ts';

/**
 * How an operation is carried out. `immediate`: the second operand is in the word. `branch`: it goes where the
 * comparison holds.
 */
type Form = 'slots' | 'immediate' | 'branch' | 'branchImmediate' | 'load' | 'store' | 'control';

/** An operation: its number is its place in the list. */
export interface Operation {
  readonly name: string;
  readonly form: Form;
  readonly row: VacRow | undefined;
}

const CONTROLS = [
  'enter',
  'jump',
  'jumpIf',
  'jumpUnless',
  'jumpTable',
  'call',
  'return0',
  'return1',
  'returnMany',
  'step',
  'move',
  'constant',
  'select',
  'getGlobal',
  'setGlobal',
] as const;

type ControlName = (typeof CONTROLS)[number];

const isInteger = (row: VacRow): boolean => row.params!.every((type) => type === 'i32' || type === 'i64');
const isBinary = (row: VacRow): boolean => row.params!.length === 2;
const isComparison = (row: VacRow): boolean =>
  isBinary(row) && isInteger(row) && /\.(eq|ne|[lg][te]_[su])$/.test(row.name);

function operationsOf(row: VacRow): Operation[] {
  const of = (form: Form): Operation => ({ name: nameOf(form, row.name), form, row });
  if (row.kind === 'load' || row.kind === 'store') return [of(row.kind)];
  if (row.kind !== 'numeric') return [];
  const forms: Form[] = ['slots'];
  if (isBinary(row) && isInteger(row) && row.traps.length === 0) forms.push('immediate');
  if (isComparison(row)) forms.push('branch', 'branchImmediate');
  return forms.map(of);
}

const nameOf = (form: Form, name: string): string => (form === 'control' ? name : `${form} ${name}`);

/** All operations, in the order of their numbers. */
export const OPERATIONS: readonly Operation[] = [
  ...CONTROLS.map((name): Operation => ({ name, form: 'control', row: undefined })),
  ...ISA_ROWS.flatMap(operationsOf),
];

const NUMBERS: ReadonlyMap<string, number> = new Map(OPERATIONS.map(({ name }, number) => [name, number]));

/** The number of a control operation. */
export const controlNumber = (name: ControlName): number => NUMBERS.get(name)!;

/** The number of a row in a form, where there is one. */
export const numberOf = (form: Form, row: string): number | undefined => NUMBERS.get(nameOf(form, row));
