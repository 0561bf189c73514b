// The sweep of the main job once more; started in a process of its own, which knows nothing but a folder of results.
import { diskStore } from 'symbolic-sheet';
import { sweep } from '../mnist-sweep.ts';
import { openSheet, prepare } from './job.ts';
import type { MainOptions } from './main-options.ts';
import { measure } from './runs.ts';
import { openScreen } from './screen.ts';
import { storeOf } from './sweep-in-new-process.ts';

const options = JSON.parse(process.argv[2] ?? '{}') as MainOptions;
const quiet = openScreen({ write: () => true, on: () => {} }, {});
const { digits, grid } = prepare(quiet, options);
const store = await diskStore(storeOf(options));
const sheet = await openSheet(options, 'on', store);
const run = await measure(quiet, {
  name: 'again',
  planned: grid.scales.length * grid.lambdas.length * grid.folds,
  sheet,
  program: (onFit) => sweep(sheet, digits, grid, onFit),
});
const { stored, counters } = sheet.stats();
await sheet.close();
await store.close();
process.stdout.write(
  JSON.stringify({ ...run, bytesRead: stored?.bytesRead ?? 0, bytesDemanded: counters.bytesDemanded }),
);
