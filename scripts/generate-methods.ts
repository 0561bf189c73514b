// Writes src/core/handle/methods.gen.ts: the ops as typed methods and as arguments of `execute`, from the rows.
import { writeFileSync } from 'node:fs';
import type { AttributeSpec, OpRow } from '../src/core/ops/define.ts';
import { methodName, OPS } from '../src/core/ops/index.ts';
import '../src/core/ops/library.ts';

const TYPES: Record<AttributeSpec['kind'], string> = {
  int: 'number',
  float: 'number',
  number: 'number | bigint',
  bool: 'boolean',
  axis: 'number | null',
  axes: 'number | readonly number[] | null',
  shape: 'readonly number[]',
  dtype: 'DType',
  ints: 'readonly (number | null)[]',
  seed: 'number',
  choice: 'string',
};

function attributeType(spec: AttributeSpec): string {
  const type = spec.choices ? spec.choices.map((choice) => `'${choice}'`).join(' | ') : TYPES[spec.kind];
  return spec.fallback === null && !type.endsWith('null') ? `${type} | null` : type;
}

const isOptional = (spec: AttributeSpec): boolean => spec.fallback !== undefined;

function attributesType(row: OpRow, without: readonly string[] = []): string {
  const fields = Object.entries(row.attributes).filter(([name]) => !without.includes(name));
  const typed = fields.map(
    ([name, spec]) => `readonly ${name}${isOptional(spec) ? '?' : ''}: ${name === 'dtype' ? 'R' : attributeType(spec)}`,
  );
  return `{ ${typed.join('; ')} }`;
}

/**
 * Parameters after the operands: positional attributes, then the attribute object, which may come before all of them
 * were given.
 */
function tail(row: OpRow): string[] {
  const positional = row.positional.map((name, i) => {
    const spec = row.attributes[name]!;
    const isLastNeeded = row.positional.slice(i + 1).every((later) => isOptional(row.attributes[later]!));
    const type = `${name}${isOptional(spec) ? '?' : ''}: ${name === 'dtype' ? 'R' : attributeType(spec)}`;
    return isLastNeeded ? `${type} | ${attributesType(row, row.positional.slice(0, i))}` : type;
  });
  const rest = Object.keys(row.attributes).filter((name) => !row.positional.includes(name));
  if (rest.length === 0) return positional;
  const required = rest.some((name) => !isOptional(row.attributes[name]!));
  return [...positional, `attributes${required ? '' : '?'}: ${attributesType(row, row.positional)}`];
}

function resultType(row: OpRow, self: string): string {
  if (row.result === 'same') return `PendingTensor<${self}>`;
  if (row.result === 'promoted') return 'PendingTensor';
  if (row.result === 'averaged') return `PendingTensor<${self} extends 'bool' ? 'float32' : ${self}>`;
  if (row.result === 'counted') return `PendingTensor<${self} extends 'bool' ? 'int32' : ${self}>`;
  return row.result === 'attribute' ? 'PendingTensor<R>' : `PendingTensor<'${row.result}'>`;
}

const generics = (row: OpRow): string => {
  if (row.result !== 'attribute') return '';
  const spec = row.attributes['dtype']!;
  return `<R extends DType${spec.fallback === undefined ? '' : ` = '${String(spec.fallback)}'`}>`;
};

const comment = (row: OpRow, indent: string): string => {
  const attributes = Object.entries(row.attributes).map(
    ([name, spec]) =>
      `${name}: ${spec.doc}${spec.fallback === undefined ? '' : ` (default ${JSON.stringify(spec.fallback)})`}`,
  );
  return `${indent}/** ${row.doc}${attributes.length > 0 ? ` Attributes: ${attributes.join('; ')}.` : ''} */`;
};

/** The dtype of a promoted result whose promoted operands are all of one dtype. */
const promotedType = (row: OpRow, dtype: string): string =>
  `PendingTensor<${row.promotion === 'float' ? `Floating<${dtype}>` : dtype}>`;

/** What may stand beside an operand of a dtype, so that the result has that dtype too. */
const beside = (row: OpRow, dtype: string): string =>
  `Tensor<${dtype}> | ${row.promotion === 'float' ? 'number' : `Weak<${dtype}>`}`;

/** Where the operands begin that are promoted: conditions stand before them. */
const firstPromoted = (row: OpRow): number =>
  Math.max(
    0,
    row.operands.findIndex(({ kind }) => kind !== 'bool'),
  );

/**
 * A promoted result keeps the tensor's dtype beside a number; a condition's result is of the dtype of what is chosen
 * from.
 */
function tensorMethod(row: OpRow): string {
  const others = row.operands.slice(1).map((operand) => operand.name);
  const signature = (operands: readonly string[], result: string, parameters = generics(row)): string =>
    `  ${methodName(row.name)}${parameters}(${[...operands, ...tail(row)].join(', ')}): ${result};`;
  const lines = [comment(row, '  ')];
  if (row.result === 'promoted' && others.length > 0) {
    const isCondition = firstPromoted(row) > 0;
    lines.push(
      isCondition
        ? signature(
            others.map((name, i) => `${name}: ${i === 0 ? 'Tensor<E>' : beside(row, 'NoInfer<E>')}`),
            promotedType(row, 'E'),
            '<E extends DType>',
          )
        : signature(
            others.map((name) => `${name}: ${beside(row, 'D')}`),
            promotedType(row, 'D'),
          ),
    );
  }
  lines.push(
    signature(
      others.map((name) => `${name}: Operand`),
      resultType(row, 'D'),
    ),
  );
  return lines.join('\n');
}

function sheetParameters(row: OpRow): string[] {
  const operands = row.variadic
    ? [`${row.operands[0]?.name}: readonly Operand[]`]
    : row.operands.map((operand) => `${operand.name}: Operand`);
  return [...operands, ...tail(row)];
}

/**
 * A sheet's method knows the dtype of its result as a tensor's does: from an operand, where those promoted with it are
 * of that dtype too.
 */
function sheetMethod(row: OpRow): string {
  const name = `  ${methodName(row.name)}`;
  const general = `${name}${generics(row)}(${sheetParameters(row).join(', ')}): ${resultType(row, 'DType')};`;
  if (row.operands.length === 0 || !['same', 'promoted', 'averaged', 'counted'].includes(row.result))
    return [comment(row, '  '), general].join('\n');
  const first = firstPromoted(row);
  const typeAt = (i: number): string =>
    i === first ? 'Tensor<D>' : row.result !== 'promoted' || i < first ? 'Operand' : beside(row, 'NoInfer<D>');
  const operands = row.variadic
    ? [`${row.operands[0]?.name}: readonly [Tensor<D>, ...Tensor<NoInfer<D>>[]]`]
    : row.operands.map((operand, i) => `${operand.name}: ${typeAt(i)}`);
  const result = row.result === 'promoted' ? promotedType(row, 'D') : resultType(row, 'D');
  return [
    comment(row, '  '),
    `${name}<D extends DType>(${[...operands, ...tail(row)].join(', ')}): ${result};`,
    general,
  ].join('\n');
}

const rows = [...OPS.values()];
const source = `// Generated by scripts/generate-methods.ts from the rows in src/core/ops. Do not edit.
import type { DType, FloatDType } from '../tensor/dtype.ts';
import type { PendingTensor, Tensor } from './tensor.ts';
import type { Nested } from '../inputs/operands.ts';

/** What may stand for an operand: a tensor, a number, an array, or a foreign tensor. */
export type Operand = Tensor | Nested | ArrayBufferView | ForeignTensor;
/** Tensors of other libraries that are recognised (docs/guides/interop.md). */
export interface ForeignTensor {
  readonly dims?: readonly (number | bigint)[];
  readonly shape?: readonly number[];
}
/** A plain number that takes the dtype of the tensor beside it, whatever its value. */
export type Weak<D extends DType> = D extends FloatDType ? number : D extends 'int64' ? bigint : never;

/** The dtype in which an op of floating operands computes: integers are cast to float32 first. */
export type Floating<D extends DType> = D extends FloatDType ? D : 'float32';

/** Ops as methods of a tensor. */
export interface TensorMethods<D extends DType> {
${rows
  .filter((row) => row.operands.length > 0 && !row.variadic)
  .map(tensorMethod)
  .join('\n')}
}

/** Ops as methods of a sheet. */
export interface SheetMethods {
${rows.map(sheetMethod).join('\n')}
}

/** Arguments of \`execute\`, by op name. */
export interface OpArguments {
${rows.map((row) => `  ${row.name}: [${sheetParameters(row).join(', ').replaceAll(/\bR\b/g, 'DType')}];`).join('\n')}
}

/** Result of \`execute\`, by op name. */
export interface OpResults {
${rows.map((row) => `  ${row.name}: ${resultType(row, 'DType').replaceAll(/\bR\b/g, 'DType')};`).join('\n')}
}

export type OpName = keyof OpArguments;
export type OpResult<N extends OpName> = OpResults[N];
`;

const target = new URL('../src/core/handle/methods.gen.ts', import.meta.url);
writeFileSync(process.argv[2] ?? target, source);
