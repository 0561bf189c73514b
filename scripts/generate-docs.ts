// Writes docs/ops.md: every op with its operands, attributes, dtype rule, laws and deviations, from the rows.
import { writeFileSync } from 'node:fs';
import { ANALYSIS_COMPOSITES, ANALYSIS_ROWS } from '../src/core/ops/analysis.ts';
import { ARITHMETIC } from '../src/core/ops/elementwise/arithmetic.ts';
import { CREATION } from '../src/core/ops/movement/creation.ts';
import type { Composite } from '../src/core/ops/composite.ts';
import type { AttributeSpec, OpRow, ResultDType } from '../src/core/ops/define.ts';
import { OPERAND_KINDS } from '../src/core/ops/kinds.ts';
import { FUNCTIONS } from '../src/core/ops/elementwise/functions.ts';
import { INDEXING } from '../src/core/ops/movement/indexing.ts';
import { COMPOSITES, METHODS, methodName, OPS } from '../src/core/ops/index.ts';
import { GROUPING } from '../src/core/ops/reductions/grouping.ts';
import '../src/core/ops/library.ts';
import { MATRIX_COMPOSITES, MATRIX_ROWS } from '../src/core/ops/matrices.ts';
import { LINALG } from '../src/core/ops/matrices/linalg.ts';
import { MARKS } from '../src/core/ops/marks.ts';
import { MOVEMENT } from '../src/core/ops/movement/movement.ts';
import { NETWORK_COMPOSITES, NETWORK_ROWS } from '../src/core/ops/networks.ts';
import { NUMBER_COMPOSITES, NUMBER_ROWS } from '../src/core/ops/numbers.ts';
import { ORDERING } from '../src/core/ops/order/ordering.ts';
import { pullbackOf } from '../src/core/ops/pullbacks/index.ts';
import { RANDOM } from '../src/core/ops/random/random.ts';
import { REARRANGING } from '../src/core/ops/movement/rearranging.ts';
import { REDUCTION } from '../src/core/ops/reductions/reduction.ts';

type Op = OpRow | Composite;

const FAMILIES: readonly (readonly [string, readonly Op[]])[] = [
  ['Arithmetic, comparison, logic', ARITHMETIC],
  ['Functions and activations', FUNCTIONS],
  ...Object.entries(NUMBER_ROWS),
  ...Object.entries(NUMBER_COMPOSITES),
  ['Reductions', REDUCTION],
  ['Linear algebra', [...LINALG, ...MATRIX_COMPOSITES, ...MATRIX_ROWS]],
  ['Shape and order', MOVEMENT],
  ['Indexing, joining, casting', INDEXING],
  ['Order along an axis', ORDERING],
  ['Rearranging', REARRANGING],
  ['Marks for gradients', MARKS],
  ['Groups', GROUPING],
  ...Object.entries(ANALYSIS_ROWS),
  ...Object.entries(ANALYSIS_COMPOSITES),
  ...Object.entries(NETWORK_ROWS),
  ...Object.entries(NETWORK_COMPOSITES),
  ['Creation', CREATION],
  ['Random', RANDOM],
];

const ATTRIBUTES: Record<AttributeSpec['kind'], string> = {
  int: 'integer',
  float: 'number',
  number: 'number or bigint',
  bool: 'boolean',
  axis: 'axis or null',
  axes: 'axis, axes or null',
  shape: 'shape',
  dtype: 'dtype',
  ints: 'integers',
  seed: 'seed',
  choice: 'choice',
  text: 'text',
  floats: 'number or numbers',
};

/** The dtype of a result in words. */
function dtypeRule(op: Op, result: ResultDType): string {
  const first = `that of ${op.operands[0]?.name}`;
  if (result === 'same') return first;
  if (result === 'promoted')
    return 'promotion' in op && op.promotion === 'float'
      ? 'the common floating dtype of the operands'
      : 'the common dtype of the operands';
  if (result === 'averaged') return `${first}; float32 for bool`;
  if (result === 'counted') return `${first}; int32 for bool`;
  const fallback = op.attributes['dtype']?.fallback;
  return result === 'attribute'
    ? `the attribute \`dtype\`${fallback === undefined ? '' : `, default ${String(fallback)}`}`
    : result;
}

/** What a call gives, and of which dtype. */
function resultLines(op: Op): readonly string[] {
  const { result } = op;
  if (!('expand' in op)) return [`- dtype of the result: ${dtypeRule(op, op.result)}`];
  const gives =
    typeof result === 'string'
      ? `${op.isList ? 'a list of tensors' : 'one tensor'}, of ${dtypeRule(op, result)}`
      : Object.entries(result)
          .map(([name, each]) => `\`${name}\` (${dtypeRule(op, each)})`)
          .join(', ');
  return [
    `- told as calls of other ops; gives ${gives}${op.waits ? ', as a promise: its shape depends on elements' : ''}`,
  ];
}

function signature({ name, operands, positional, variadic, attributes, optional = 0 }: Op): string {
  const taken = variadic
    ? [`[${operands[0]?.name}, …]`]
    : operands.map((operand, i) => (i < operands.length - optional ? operand.name : `${operand.name}?`));
  const named = Object.keys(attributes).filter((attribute) => !positional.includes(attribute));
  const inBraces = named.length > 0 ? [`{ ${named.join(', ')} }`] : [];
  return `${name}(${[...taken, ...positional, ...inBraces].join(', ')})`;
}

function section(row: Op): string {
  const attributes = Object.entries(row.attributes).map(
    ([name, { kind, doc, fallback, choices }]) =>
      `  - \`${name}\`: ${choices?.join(' \\| ') ?? ATTRIBUTES[kind]}; ` +
      `${doc}${fallback === undefined ? ' (required)' : ` (default \`${JSON.stringify(fallback)}\`)`}`,
  );
  const method = methodName(row.name);
  return [
    `### \`${signature(row)}\``,
    '',
    row.doc,
    '',
    ...(method === row.name ? [] : [`- method \`${method}\``]),
    ...(row.operands.length === 0
      ? []
      : [`- operands: ${row.operands.map(({ name, kind }) => `\`${name}\` (${OPERAND_KINDS[kind].doc})`).join(', ')}`]),
    ...resultLines(row),
    ...(attributes.length > 0 ? ['- attributes:', ...attributes] : []),
    ...('laws' in row && row.laws.length > 0 ? [`- laws: ${row.laws.join(', ')}`] : []),
    ...(row.deviation === undefined ? [] : [`- **differs from the array API:** ${row.deviation}`]),
    '',
  ].join('\n');
}

const listed = FAMILIES.flatMap(([, rows]) => rows);
if (listed.length !== OPS.size + COMPOSITES.size)
  throw new Error(
    `docs/ops.md would list ${listed.length} of ${OPS.size + COMPOSITES.size} ops; add the new family to FAMILIES.`,
  );

/** Ops of floats that give floats, by what is known of their gradients. */
function listOf(known: 'constant' | undefined): string {
  const kinds = new Set(['float', 'numeric', 'any', 'floatOrBool']);
  const ofFloats = [...OPS.values()].filter(
    ({ operands, result }) => operands.some(({ kind }) => kinds.has(kind)) && !['bool', 'int32'].includes(result),
  );
  return ofFloats.flatMap(({ name }) => (pullbackOf(name) === known ? [`\`${name}\``] : [])).join(', ');
}

const deviating = [...OPS.values(), ...COMPOSITES.values()].filter(({ deviation }) => deviation !== undefined);

function familySection([family, rows]: (typeof FAMILIES)[number]): string {
  const composed = COMPOSED[family];
  return `## ${family}\n\n${[...rows.map(section), ...(composed === undefined ? [] : [composed])].join('\n')}`;
}

/** What is written in terms of rows and gives several results, by the family it stands with. */
const COMPOSED: Readonly<Record<string, string>> = {
  'Shape and order': `### \`split(sections, { axis })\`

Parts of an axis as a list of tensors, each a \`slice\`: so many equal ones, or those between the given indices.
A method of tensors alone.

- operands: \`x\` (any dtype)
- dtype of the results: that of x
- attributes:
  - \`sections\`: integer or integers; the number of equal parts, or the indices to split at (required)
  - \`axis\`: axis; the axis to split (default \`0\`)
`,
};

const page = `<!-- Generated by scripts/generate-docs.ts from the rows in src/core/ops. Do not edit. -->
# The ops

${METHODS.size} ops. Each is a method of a tensor and of a sheet (\`x.logSoftmax()\`, \`sheet.logSoftmax(x)\`) and a
name for \`sheet.execute('log_softmax', x)\`. Names, broadcasting and promotion follow the
[Python array API standard](https://data-apis.org/array-api/latest/). Operands come first, then positional attributes,
then an object with the others. \`split\` gives several results and is a method of tensors alone. A plain number beside
a tensor takes the tensor's dtype. What is told as calls of other ops is cached and traced call by call.

${FAMILIES.map(([family, rows]) => `- **${family}:** ${rows.map((row) => `\`${row.name}\``).join(', ')}`).join('\n')}

## What differs from the standard

The default floating dtype is float32. Indices are int32. There are no complex numbers and no 16-bit integers. float16
is how elements are stored: ops widen it to float32, compute there, and round the result once to the nearest half.

| op | difference |
|---|---|
${deviating.map(({ name, deviation }) => `| \`${name}\` | ${deviation} |`).join('\n')}

## Gradients

Composites have the gradients of their parts ([guide](guides/gradients.md)). Of the ops of floats these are constants
for gradients: ${listOf('constant')}. These have none that is known, and say so: ${listOf(undefined)}.
All others have one.

${FAMILIES.map(familySection).join('\n')}`;

writeFileSync(process.argv[2] ?? new URL('../docs/ops.md', import.meta.url), `${page.trimEnd()}\n`);
