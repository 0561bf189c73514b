// Starting the trace of a sheet: the writer, its head, and the file it goes to.
import type { Host } from '../env.ts';
import { fileError, tracePath } from '../trace/file-name.ts';
import { TraceWriter } from '../trace/writer.ts';
import type { Settings } from './options.ts';
import { needFiles } from './trace.ts';

const DEFAULT_MAX_EVENTS = 250_000;
const ROOTS_BYTES = 64 * 2 ** 20;

/** Starts the trace of a sheet; with `trace.file` its header is on disk when this returns, and the end when the process exits. */
export function openTrace(host: Host, settings: Settings): TraceWriter {
  const { file, maxEvents = DEFAULT_MAX_EVENTS } = settings.trace;
  const digests = settings.trace.digests ?? 'affordable';
  const head = { library: 'symbolic-sheet', host: host.name, cores: host.cores, class: settings.numerics, cache: settings.cache, digests };
  const log = file === undefined ? undefined : openLog(host, tracePath(file, host.settings.folder));
  const writer = new TraceWriter({ digest: host.digest, head, digests: digests === 'affordable' ? 'demanded' : digests, maxEvents, rootsBytes: ROOTS_BYTES, file: log, warn: (line) => host.warn(line) });
  if (log !== undefined) writer.onClose(host.onExit(() => writer.close()));
  return writer;
}

function openLog(host: Host, path: string): ReturnType<NonNullable<Host['files']>['openAppend']> {
  try {
    return needFiles(host).openAppend(path);
  } catch (error) {
    throw fileError('written', path, error);
  }
}
