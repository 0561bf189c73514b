// Attributes as a trace holds them: canonical already, and trusted no more than those of a call.
import { AttributeError, DTypeError } from '../errors.ts';
import type { AttributeValue } from '../ops/attribute-values.ts';
import type { AttributeValues, OpRow } from '../ops/define.ts';
import { promotedDTypes, readAttributes } from '../ops/infer.ts';
import { isCoded } from '../tensor/dtype.ts';
import type { TensorType } from '../tensor/type.ts';

/**
 * Canonical attributes, checked as those of a call on these operands are; an error where a call would not have come to
 * them.
 */
export function restatedAttributes(row: OpRow, types: readonly TensorType[], values: AttributeValues): AttributeValues {
  checkPromoted(row, types);
  const given = readAttributes(row, row.unsettle?.(values) ?? values);
  const settled = row.settle?.(types, given) ?? given;
  for (const name of new Set([...Object.keys(settled), ...Object.keys(values)])) {
    const [is, was] = [settled[name], Object.hasOwn(values, name) ? values[name] : undefined];
    if (!isEqual(is, was))
      throw new AttributeError(
        `${row.name}: a call does not come to ${name} ${spell(was)}, but to ${spell(is)}; the trace was changed, ` +
          'or written by a faulty release.',
        { op: row.name, attribute: name },
      );
  }
  return settled;
}

/** Operands of a canonical call have the dtypes that it promotes to. */
function checkPromoted(row: OpRow, types: readonly TensorType[]): void {
  const dtypes = types.map(({ dtype }) => dtype);
  const promoted = promotedDTypes(row, dtypes);
  const wrong = dtypes.findIndex((dtype, i) => dtype !== promoted[i] || (row.widens && isCoded(dtype)));
  if (wrong < 0) return;
  throw new DTypeError(
    `${row.name}: operand ${wrong} is ${dtypes[wrong]}, which a call casts first; the trace was changed, or ` +
      'written by a faulty release.',
    { op: row.name, operand: wrong, dtype: dtypes[wrong] },
  );
}

function isEqual(a: AttributeValue | undefined, b: AttributeValue | undefined): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return Object.is(a, b);
  return a.length === b.length && a.every((item, i) => Object.is(item, b[i]));
}

const spell = (value: AttributeValue | undefined): string =>
  value === undefined
    ? 'none'
    : Array.isArray(value)
      ? `[${value.slice(0, 8).map(String).join(', ')}]`
      : String(value).slice(0, 40);
