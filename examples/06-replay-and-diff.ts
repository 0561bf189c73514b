// Replay and diff
//
// Everything a sheet was asked is on its trace, with how it was answered. A saved trace runs again elsewhere and is
// compared digest by digest; two traces are compared call by call.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diffTraces, type FormatError, loadTrace, replayTrace, SymbolicSheet } from 'symbolic-sheet';
import { barChart, notebook } from './lib/show.ts';

const { show, done } = notebook(import.meta.url);
const folder = await mkdtemp(join(tmpdir(), 'sheet-traces-'));

// %% A small program Heat spreads through a bar: 40 steps of a product with one matrix. In class `exact`, so that every
// device must give the same bits, and with the digest of every result on the trace instead of only those that are read.
async function heat(file: string, leak: number): Promise<{ path: string; sheet: SymbolicSheet }> {
  const sheet = await SymbolicSheet.open({ class: 'exact', trace: { digests: 'full' } });
  const start = Float32Array.from({ length: 96 }, (_, i) => Number(i > 40 && i < 56));
  const stay = sheet.eye(96).multiply(0.5 - leak);
  const step = stay.add(sheet.eye(96, 96, 1).multiply(0.25)).add(sheet.eye(96, 96, -1).multiply(0.25));
  let now = sheet.tensor(start, [96, 1]);
  const all = [now];
  for (let i = 0; i < 40; i++) all.push((now = await step.matmul(now)));
  const film = sheet.concat(all, { axis: 1 });
  if (leak === 0) await show('Temperature: place down, time across', film, { scale: 'heat' });
  else await film.data();
  const path = join(folder, file);
  await sheet.trace.save(path);
  return { path, sheet };
}

const first = await heat('first.sqs.json', 0);

// %% What is on the trace A *program event* says what was asked: the same program gives the same events. An
// *annotation* says how it was answered.
const trace = await loadTrace(first.path);
const events = first.sheet.trace.events();
const answers = new Map(first.sheet.trace.annotations().map((annotation) => [annotation.seq, annotation]));

await show(
  'The first calls',
  events.slice(0, 8).map(({ seq, op, operands, dtype, shape }) => ({
    call: `#${seq}`,
    op,
    operands: operands.map((operand) => `#${operand}`).join(' '),
    result: `${dtype} [${shape.join(', ')}]`,
    answer: answers.get(seq)?.decision ?? '',
  })),
);

const byOp = new Map<string, number>();
for (const { seq, op } of events) byOp.set(op, (byOp.get(op) ?? 0) + (answers.get(seq)?.elapsedNs ?? 0) / 1000);
const costliest = [...byOp].sort((x, y) => y[1] - x[1]).slice(0, 5);
await show(
  'Time by op',
  barChart(
    costliest.map(([name, us]) => ({ name, value: Math.round(us) })),
    'µs',
  ),
);

// %% Run it again, elsewhere The trace holds the program and its roots, so nothing else is needed: not this script, not
// the data. Here it runs on each device.
const replays = await Promise.all(
  ['wasm', 'js'].map(async (device) => {
    const { events: calls, compared, equal, firstDivergence } = await replayTrace(trace, { device });
    return { device, calls, compared, 'equal digests': equal, 'first difference': firstDivergence?.op ?? 'none' };
  }),
);
await show('Replayed', replays);

// %% Compare two runs The same program with another number. `diffTraces` names the first call that differs, and counts
// those only one run has.
const second = await heat('second.sqs.json', 0.01);
const difference = diffTraces(trace, await loadTrace(second.path));

const { firstDivergence: parting, onlyInA, onlyInB } = difference;
await show('The first difference', [
  {
    op: parting?.a?.op ?? '',
    changes: parting?.changes.join(', ') ?? '',
    'only in the first': onlyInA.length,
    'only in the second': onlyInB.length,
    'calls in all': trace.events.length,
  },
]);

// %% Evidence Blocks of events are sealed by chained digests. One edited byte, and the trace does not load; the error
// says what happened.
const text = await readFile(first.path, 'utf8');
await writeFile(join(folder, 'edited.sqs.json'), text.replace('0.25', '0.26'));
try {
  await loadTrace(join(folder, 'edited.sqs.json'));
} catch (error) {
  const { name, code, message } = error as FormatError;
  await show('An edited trace', `${name} ${code}: ${message.replaceAll(`${folder}/`, '')}`);
}

// %% Look at it elsewhere
// `toChrome()` gives a file that ui.perfetto.dev and about:tracing open: a lane per device, a box per call.
const chrome = await first.sheet.trace.toChrome();
await show('As a Chrome trace', [
  { boxes: chrome.traceEvents.length, 'characters of JSON': JSON.stringify(chrome).length },
]);

await Promise.all([first.sheet.close(), second.sheet.close(), rm(folder, { recursive: true })]);

done();
