// The ONNX project's own operator tests, where they lie beside the checkout; docs/onnx.md says what is mapped and what
// is not.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SymbolicSheet, type Tensor, type TypedArray } from '../../src/index.ts';
import { type DType, numbersOf } from '../../src/core/tensor/dtype.ts';
import { Context, isFloatType, rowsUnder, Unmapped } from './context.ts';
import { OPERATORS } from './operators.ts';
import { type Model, readModel, readTensor, type StoredTensor } from './protobuf.ts';

const FOLDER = fileURLToPath(new URL('../../../shared/conformance/onnx', import.meta.url));
const TABLE = fileURLToPath(new URL('../../docs/onnx.md', import.meta.url));
/** Distance of neighbouring halves, relative to the smaller. */
const HALF_UNIT = 2 ** -10;
const RELATIVE = 1e-5;
const ABSOLUTE = 1e-6;
/** Vectors whose outputs were written down with four digits. */
const ROUNDED: ReadonlySet<string> = new Set(['test_averagepool_2d_ceil_last_window_starts_on_pad']);

/** What is known of an operator after its vectors ran. */
interface Report {
  mapped: number;
  vectors: number;
  readonly rows: Set<string>;
  readonly reasons: Set<string>;
}

const names = existsSync(FOLDER)
  ? readdirSync(FOLDER)
      .filter((name) => existsSync(`${FOLDER}/${name}/model.onnx`))
      .sort()
  : [];
const reports = new Map<string, Report>();

function readSet(name: string, kind: 'input' | 'output', count: number): StoredTensor[] {
  return Array.from({ length: count }, (_, i) => `${FOLDER}/${name}/test_data_set_0/${kind}_${i}.pb`)
    .filter(existsSync)
    .map((file) => readTensor(readFileSync(file)));
}

function reportOf(operator: string): Report {
  const known = reports.get(operator) ?? { mapped: 0, vectors: 0, rows: new Set<string>(), reasons: new Set<string>() };
  reports.set(operator, known);
  return known;
}

/** The tensors a mapping gives, or the reason why there is none. */
function mapped(
  sheet: SymbolicSheet,
  model: Model,
  inputs: readonly StoredTensor[],
  outputs: readonly StoredTensor[],
): readonly Tensor[] | string {
  const [node] = model.nodes;
  if (!model.tensorsOnly) return 'sequences and optionals';
  const mapping =
    model.nodes.length === 1 && Object.hasOwn(OPERATORS, node?.operator ?? '')
      ? OPERATORS[node?.operator ?? '']
      : undefined;
  if (mapping === undefined) return model.nodes.length === 1 ? 'no row or composition' : 'a graph of several nodes';
  try {
    const result = mapping(new Context(sheet, model, inputs, outputs));
    return Array.isArray(result) ? (result as readonly Tensor[]) : [result as Tensor];
  } catch (error) {
    if (error instanceof Unmapped) return error.message;
    throw error;
  }
}

function expectClose(got: TypedArray, want: TypedArray, dtype: string, relative: number): void {
  if (!isFloatType(dtype)) return expect([...(got as Iterable<unknown>)]).toEqual([...(want as Iterable<unknown>)]);
  expect(got.length).toBe(want.length);
  const numbers = numbersOf(got, dtype as DType) as Float64Array;
  (numbersOf(want, dtype as DType) as Float64Array).forEach((x, i) => {
    const y = numbers[i]!;
    if (!Object.is(x, y) && x !== y && !(Math.abs(x - y) <= ABSOLUTE + relative * Math.abs(x)))
      expect.fail(`element ${i} is ${y}, not ${x}`);
  });
}

describe('the ONNX operator tests', () => {
  let sheet: SymbolicSheet;
  beforeAll(async () => {
    sheet = await SymbolicSheet.open({ budgetBytes: 1 << 26 });
  });
  afterAll(() => sheet.close());

  if (names.length === 0)
    it('are compared', (context) => context.skip('there is no folder ../shared/conformance/onnx'));

  if (names.length > 0)
    it.for(names)('%s', async (name, context) => {
      const model = readModel(readFileSync(`${FOLDER}/${name}/model.onnx`));
      const report = reportOf(
        model.nodes.length === 1 ? (model.nodes[0]?.operator as string) : 'graphs of several nodes',
      );
      const [inputs, outputs] = model.tensorsOnly
        ? [readSet(name, 'input', model.inputs.length), readSet(name, 'output', model.outputs.length)]
        : [[], []];
      report.vectors++;
      const results = mapped(sheet, model, inputs, outputs);
      if (typeof results === 'string') {
        report.reasons.add(results);
        return context.skip(`not mapped: ${results}`);
      }
      report.mapped++;
      expect(outputs.length, 'outputs to compare').toBe(model.outputs.length);
      for (const row of rowsUnder(results)) report.rows.add(row);
      for (const [i, want] of outputs.entries()) {
        const got = results[i]!;
        expect([got.dtype, got.shape]).toEqual([want.dtype, want.shape]);
        const relative = ROUNDED.has(name) ? 5e-4 : got.dtype === 'float16' ? HALF_UNIT : RELATIVE;
        expectClose((await got.data()) as TypedArray, want.array, got.dtype, relative);
      }
    });

  if (names.length > 0)
    it('are summed up in docs/onnx.md (UPDATE=1 writes it)', (context) => {
      const table = tableOf(reports);
      if (process.env['UPDATE'] === '1') writeFileSync(TABLE, table);
      const written = existsSync(TABLE) ? readFileSync(TABLE, 'utf8') : '';
      if (markOf(written) !== undefined && markOf(written) !== markOf(table))
        return context.skip('docs/onnx.md was made from another set of vectors');
      expect(written).toBe(table);
    });
});

const markOf = (table: string): string | undefined => /<!-- vectors: (.*) -->/.exec(table)?.[1];

function tableOf(found: ReadonlyMap<string, Report>): string {
  const sorted = [...found].sort(([a], [b]) => (a < b ? -1 : 1));
  const total = (of: (report: Report) => number): number => sorted.reduce((sum, [, report]) => sum + of(report), 0);
  const line = ([operator, { mapped: passed, vectors, rows, reasons }]: readonly [string, Report]): string =>
    `| ${operator} | ${[...rows]
      .sort()
      .map((row) => `\`${row}\``)
      .join(' ')} | ${passed} of ${vectors} | ${[...reasons].sort().join(', ')} |`;
  const head = (last: string): string => `| operator | rows | vectors that pass | ${last} |\n|---|---|---|---|`;
  return `<!-- Generated by UPDATE=1 npx vitest run tests/conformance from the operator vectors. Do not edit. -->
<!-- vectors: ${names.length} ${createHash('sha256').update(names.join('\n')).digest('hex').slice(0, 16)} -->
# ONNX operators

${total((report) => report.mapped)} of ${names.length} of the ONNX project's operator tests are mapped to op rows
(tests/conformance/operators*.ts), and all of those pass: exact for integers, booleans, shapes and casts, within
${RELATIVE} relative plus ${ABSOLUTE} absolute for floats (float16 within one unit in the last place). The others use
operators or dtypes that are not here.

## Mapped

${head('not mapped')}
${sorted
  .filter(([, report]) => report.mapped > 0)
  .map(line)
  .join('\n')}

## Not mapped

| operator | vectors | why |
|---|---|---|
${sorted
  .filter(([, report]) => report.mapped === 0)
  .map(([operator, report]) => `| ${operator} | ${report.vectors} | ${[...report.reasons].sort().join(', ')} |`)
  .join('\n')}
`;
}
