// Templates as data: what is made of the nodes that a pattern found.
import { FULL } from '../ops/movement/creation.ts';
import type { AttributeValues, OpRow } from '../ops/define.ts';
import type { DType } from '../tensor/dtype.ts';
import type { Bindings, PatternNode } from './pattern.ts';

/** A row, then the templates of its operands; its attributes are the row's own defaults. */
type RowTemplate<Name extends string = string> = readonly [OpRow, ...Template<Name>[]];
/** A row whose attributes follow from what was found. */
export interface AttributedTemplate<Name extends string = string> {
  readonly make: RowTemplate<Name>;
  readonly given: (found: Bindings<PatternNode, Name>) => AttributeValues;
}
/** What is made: a node that was found, a scalar constant, or a row on what is made. */
export type Template<Name extends string = string> = Name | number | RowTemplate<Name> | AttributedTemplate<Name>;

/** Makes a node of a row from operands that fit it. */
export type Build<N> = (row: OpRow, operands: readonly N[], given: AttributeValues | undefined) => N;

const isRowTemplate = (template: Template): template is RowTemplate => Array.isArray(template);

/** What the template makes of the nodes that were found; its constants are of the dtype. */
export function instantiateTemplate<N extends PatternNode>(
  template: Template,
  found: Bindings<N>,
  dtype: DType,
  build: Build<N>,
): N {
  if (typeof template === 'string') return found[template]!;
  if (typeof template === 'number') return build(FULL, [], { shape: [], value: template, dtype });
  const form = isRowTemplate(template) ? template : template.make;
  const operands: N[] = [];
  for (let i = 1; i < form.length; i++) operands.push(instantiateTemplate(form[i] as Template, found, dtype, build));
  return build(form[0], operands, 'given' in template ? template.given(found) : undefined);
}
