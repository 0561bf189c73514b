// Runs the vectors of a suite that lie in a folder, and says which are mapped and pass: npm run conformance -- --suite
// onnx|models|hamming --dir <folder> [--device js|wasm|webgpu] [--json]. Ends with 1 where a mapped vector fails, and
// with 2 where it is called otherwise. The suite `models` runs whole models, .onnx files, beside onnxruntime; `hamming`
// improves the formulas of Hamming's book (FPBench), in ../shared/conformance/fpbench if no folder is given. The suites
// `diff`, `factor`, `integral` and `solve` judge formulas: --file <vectors.json>, by default those that SymPy answered.
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { SymbolicSheet } from '../src/index.ts';
import { FORMULA_SUITES, formulaReport, formulaVectors } from '../tests/conformance/formulas.ts';
import { hammingCores, hammingReport } from '../tests/conformance/hamming.ts';
import { judgeModel, modelNames } from '../tests/conformance/models.ts';
import { judgeVector, vectorNames } from '../tests/conformance/vectors.ts';

/** Where FPBench's files lie, if nothing else is said. */
const FPBENCH = fileURLToPath(new URL('../../shared/conformance/fpbench', import.meta.url));

/** Formulas and what SymPy says of them. */
const FORMULAS = fileURLToPath(new URL('../tests/conformance/formulas.json', import.meta.url));

const USAGE = `npm run conformance -- --suite onnx|models|hamming --dir <folder> [--device js|wasm|webgpu] [--json]
or --suite ${FORMULA_SUITES.join('|')} [--file <vectors.json>] [--json]`;

/** What came of a suite. A vector that is not mapped is neither passed nor failed. */
interface Report {
  readonly total: number;
  mapped: number;
  passed: number;
  readonly failed: { readonly name: string; readonly reason: string }[];
  /** How many of a family are not mapped, and why. */
  readonly unmapped: Record<string, number>;
  readonly reasons: Record<string, number>;
}

/** What came of one vector. */
interface Verdict {
  readonly family: string;
  readonly outcome: 'passed' | 'failed' | 'not mapped';
  readonly reason?: string;
}

/** A suite: which names a folder has, and how one is judged. */
interface Suite {
  readonly names: (folder: string) => readonly string[];
  readonly judge: (sheet: SymbolicSheet, folder: string, name: string) => Promise<Verdict>;
  readonly of: string;
}

const SUITES: Readonly<Record<string, Suite>> = {
  onnx: { names: vectorNames, judge: judgeVector, of: 'folders with a model.onnx' },
  models: {
    names: modelNames,
    judge: async (sheet, folder, name) => {
      const { outcome, reason = 'it is too far off' } = await judgeModel(sheet, folder, name);
      return { family: name, outcome: outcome === 'not run' ? 'not mapped' : outcome, reason };
    },
    of: '.onnx files',
  },
};

async function run(suite: Suite, folder: string, device: string | undefined): Promise<Report> {
  const names = suite.names(folder);
  const report: Report = { total: names.length, mapped: 0, passed: 0, failed: [], unmapped: {}, reasons: {} };
  const devices = ['js', ...(device === undefined ? ['wasm'] : device === 'js' ? [] : [device])];
  const sheet = await SymbolicSheet.open({ devices: devices as 'js'[], store: 'memory' });
  const view = device === undefined ? sheet : sheet.with({ device: device as 'js' });
  for (const name of names) {
    const { family, outcome, reason = '' } = await suite.judge(view as SymbolicSheet, folder, name);
    if (outcome === 'not mapped') {
      report.unmapped[family] = (report.unmapped[family] ?? 0) + 1;
      report.reasons[reason] = (report.reasons[reason] ?? 0) + 1;
      continue;
    }
    report.mapped++;
    if (outcome === 'passed') report.passed++;
    else report.failed.push({ name, reason });
  }
  await sheet.close();
  return report;
}

function printed({ total, mapped, passed, failed, unmapped, reasons }: Report): string {
  const counts = (of: Record<string, number>): string[] =>
    Object.entries(of)
      .sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))
      .map(([name, count]) => `  ${String(count).padStart(5)}  ${name}`);
  return [
    `${total} vectors: ${mapped} mapped, ${passed} passed, ${failed.length} failed, ${total - mapped} not mapped`,
    ...failed.map(({ name, reason }) => `  failed  ${name}: ${reason}`),
    ...(total === mapped ? [] : ['not mapped, by operator:', ...counts(unmapped), 'why:', ...counts(reasons)]),
  ].join('\n');
}

const { values } = parseArgs({
  options: {
    suite: { type: 'string', default: 'onnx' },
    dir: { type: 'string' },
    file: { type: 'string' },
    device: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});

if (FORMULA_SUITES.includes(values.suite)) {
  const report = await formulaReport(values.suite, formulaVectors(values.file ?? FORMULAS));
  console.log(JSON.stringify(report, undefined, values.json ? 2 : undefined));
  process.exit(report.total === 0 ? 2 : report.wrong.length === 0 ? 0 : 1);
}
if (values.suite === 'hamming') {
  const cores = hammingCores(values.dir ?? FPBENCH);
  const report = hammingReport(cores);
  const { cores: judged, ...figures } = report;
  const line = ({ name, before, after, ms, text }: (typeof judged)[number]): string =>
    `${name}: ${before.toFixed(1)} → ${after.toFixed(2)} bits, ${ms.toFixed(0)} ms, ${text}`;
  console.log(values.json ? JSON.stringify(figures, undefined, 2) : judged.map(line).join('\n'));
  process.exit(cores.length === 0 ? 2 : report.wrong.length === 0 ? 0 : 1);
}
const suite = Object.hasOwn(SUITES, values.suite) ? SUITES[values.suite] : undefined;
if (suite === undefined || values.dir === undefined || suite.names(values.dir).length === 0) {
  const why =
    suite === undefined
      ? `there is no suite ${values.suite}; suites: ${Object.keys(SUITES).join(', ')}`
      : `the folder given by --dir has no vectors: ${suite.of}`;
  console.error(`${why}\n${USAGE}`);
  process.exitCode = 2;
} else {
  const report = await run(suite, values.dir, values.device);
  console.log(values.json ? JSON.stringify(report, undefined, 2) : printed(report));
  process.exitCode = report.failed.length === 0 ? 0 : 1;
}
