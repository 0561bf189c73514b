// node summary.mjs <folder>: what the results of the benches in it (matmul.json, dispatch.json, …) say of the aims.
import process from 'node:process';
import { summaryOf } from './report/aims.ts';

process.stdout.write(`${summaryOf(process.argv[2] ?? 'results')}\n`);
