// Writes src/core/handle/methods.gen.ts: the ops as typed methods and as arguments of `execute`, from the rows.
import { writeFileSync } from 'node:fs';
import type { Composite } from '../src/core/ops/composite.ts';
import type { AttributeSpec, OpRow, ResultDType } from '../src/core/ops/define.ts';
import { COMPOSITES, methodName, OPS } from '../src/core/ops/index.ts';
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
  text: 'string',
  floats: 'number | readonly number[]',
};

/** What methods are made of. */
type Op = OpRow | Composite;

function attributeType(spec: AttributeSpec): string {
  const type = spec.choices ? [...new Set(spec.choices.map(choiceType))].join(' | ') : TYPES[spec.kind];
  return spec.fallback === null && !type.endsWith('null') ? `${type} | null` : type;
}

/** A choice as a type; an infinity has none of its own. */
const choiceType = (choice: string | number): string =>
  typeof choice === 'string' ? `'${choice}'` : Number.isFinite(choice) ? String(choice) : 'number';

const isOptional = (spec: AttributeSpec): boolean => spec.fallback !== undefined;

function attributesType(row: Op, without: readonly string[] = []): string {
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
function tail(row: Op): string[] {
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

const RESULTS: Record<ResultDType, (self: string) => string> = {
  same: (self) => `PendingTensor<${self}>`,
  promoted: () => 'PendingTensor',
  averaged: (self) => `PendingTensor<${self} extends 'bool' ? 'float32' : ${self}>`,
  counted: (self) => `PendingTensor<${self} extends 'bool' ? 'int32' : ${self}>`,
  attribute: () => 'PendingTensor<R>',
  bool: () => `PendingTensor<'bool'>`,
  int32: () => `PendingTensor<'int32'>`,
};

function resultType(op: Op, self: string): string {
  const { result } = op;
  const type =
    typeof result === 'string'
      ? RESULTS[result](self)
      : `{ ${Object.entries(result)
          .map(([name, each]) => `readonly ${name}: ${RESULTS[each](self)}`)
          .join('; ')} }`;
  if (!('expand' in op)) return type;
  const all = op.isList ? `${type}[]` : type;
  if (!op.waits) return all;
  return `Promise<${typeof result === 'string' && !op.isList ? all.replace('Pending', '') : all}>`;
}

const generics = (row: Op): string => {
  if (row.result !== 'attribute') return '';
  const spec = row.attributes['dtype']!;
  return `<R extends DType${spec.fallback === undefined ? '' : ` = '${String(spec.fallback)}'`}>`;
};

const comment = (row: Op, indent: string): string => {
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

/** A composite's operands may be left out at the end; its result is typed by name alone. */
function optionalOperands({ operands, optional = 0 }: Op): string[] {
  const isOptional = (i: number): boolean => i >= operands.length - optional;
  return operands.map(({ name }, i) => `${name}${isOptional(i) ? '?: Operand | null' : ': Operand'}`);
}

/** Operands where attributes follow fewer than all of them. */
function fewerOperands(op: Op): string[][] {
  const { operands, optional = 0 } = op;
  return tail(op).length === 0
    ? []
    : Array.from({ length: optional }, (_, left) =>
        operands
          .slice(0, operands.length - optional + left)
          .map(({ name }, i) => `${name}: Operand${i < operands.length - optional ? '' : ' | null'}`),
      );
}

/**
 * A promoted result keeps the tensor's dtype beside a number; a condition's result is of the dtype of what is chosen
 * from.
 */
function tensorMethod(row: Op): string {
  if ('expand' in row) {
    const signature = (operands: readonly string[]): string =>
      `  ${methodName(row.name)}${generics(row)}(${[...operands.slice(1), ...tail(row)].join(', ')}): ` +
      `${resultType(row, 'D')};`;
    return [comment(row, '  '), ...fewerOperands(row).map(signature), signature(optionalOperands(row))].join('\n');
  }
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

function sheetParameters(row: Op): string[] {
  const operands = row.variadic ? [`${row.operands[0]?.name}: readonly Operand[]`] : optionalOperands(row);
  return [...operands, ...tail(row)];
}

/**
 * A sheet's method knows the dtype of its result as a tensor's does: from an operand, where those promoted with it are
 * of that dtype too.
 */
function sheetMethod(row: Op): string {
  const name = `  ${methodName(row.name)}`;
  const general = `${name}${generics(row)}(${sheetParameters(row).join(', ')}): ${resultType(row, 'DType')};`;
  const fewer = fewerOperands(row).map(
    (operands) => `${name}${generics(row)}(${[...operands, ...tail(row)].join(', ')}): ${resultType(row, 'DType')};`,
  );
  if ('expand' in row) return [comment(row, '  '), ...fewer, general].join('\n');
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

const rows: readonly Op[] = [...OPS.values(), ...COMPOSITES.values()];
const source = `// Generated by scripts/generate-methods.ts from the ops in src/core/ops. Do not edit.
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
export type Weak<D extends DType> = D extends FloatDType ? number : D extends 'int64' | 'uint64' ? bigint : never;

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
