// Replays a trace on the wasm device and says what came of it; started in a process of its own.
import { loadTrace, replayTrace } from 'symbolic-sheet';
import { formatSeconds } from './format.ts';

const path = process.argv[2] ?? 'out/mnist.sqs.json';
const start = performance.now();
const { compared, equal, within, missing, firstDivergence } = await replayTrace(await loadTrace(path), {
  device: 'wasm',
});
const close = within > 0 ? `, ${within} within their bound` : '';

console.log(
  `       replayed in a new process on wasm: ${equal} of ${compared} digests equal${close} ` +
    `(${formatSeconds((performance.now() - start) / 1000)})`,
);
if (missing.length > 0) console.log(`       ${missing.length} roots were not in the trace`);
if (firstDivergence !== undefined) {
  console.log(
    `       first difference: event #${firstDivergence.seq}, ${firstDivergence.op}: ${firstDivergence.reason}`,
  );
  process.exitCode = 1;
}
