// What a composite is: an op that is told as calls of rows. Each of those calls is found, computed, kept and recorded
// by itself, so that programs which share a part of one compute that part once.
import { LimitError } from '../errors.ts';
import type { TensorType } from '../tensor/type.ts';
import type { AttributeValues, ResultDType, Signature } from './define.ts';

/** A call that was made, as far as a composite sees it. */
export interface Called {
  readonly type: TensorType;
}

/** One tensor; several by name; or a list, where the operands tell how many there are. */
export type Expansion<C> = C | readonly C[] | Readonly<Record<string, C>>;

/** How the calls of a composite are made, by whoever expands it. */
export interface Calls<C extends Called> {
  /** Calls a row, or a composite that gives one tensor. Numbers take the dtype of the tensors beside them. */
  (op: string, operands: readonly (C | number | bigint | boolean)[], attributes?: AttributeValues): C;
  /** As `call`, a composite that gives several. */
  all(op: string, operands: readonly C[], attributes?: AttributeValues): Expansion<C>;
  /** The one element of a tensor, computed now: what a shape depends on. */
  read(call: C): Promise<number>;
}

/** One op that is told as calls of others. */
export interface Composite extends Signature {
  /** Dtype of the result, by name where there are several; of each, where they are a list. */
  readonly result: ResultDType | Readonly<Record<string, ResultDType>>;
  readonly isList: boolean;
  /** The shape of the result depends on elements, which are computed first: calls of it are promises. */
  readonly waits: boolean;
  /** The calls. Operands that were left out are missing; attributes are read, not settled. */
  readonly expand: <C extends Called>(
    call: Calls<C>,
    operands: readonly C[],
    attrs: AttributeValues,
  ) => Expansion<C> | Promise<Expansion<C>>;
}

type Draft = Pick<Composite, 'name' | 'doc' | 'expand'> & Partial<Composite>;

/** Completes a composite: everything a draft leaves out has the commonest value. */
export const composite = (draft: Draft): Composite =>
  Object.freeze({
    operands: [{ name: 'x', kind: 'numeric' }],
    variadic: false,
    attributes: {},
    positional: [],
    result: 'promoted',
    isList: false,
    waits: false,
    ...draft,
  } satisfies Composite);

/** The one tensor that an expansion is, where it is called as a part of another. */
export function onlyOf<C extends Called>(name: string, expansion: Expansion<C> | Promise<Expansion<C>>): C {
  if (!Array.isArray(expansion) && isType((expansion as { readonly type?: unknown }).type)) return expansion as C;
  throw new LimitError(`${name}: it gives several tensors, or waits for elements; call it by itself.`, { op: name });
}

const isType = (type: unknown): boolean => typeof type === 'object' && type !== null && 'dtype' in type;
