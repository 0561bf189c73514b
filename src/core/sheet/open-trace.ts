// Starting the trace of a sheet: the writer, its head, and the file it goes to.
import type { AppendFile, Host } from '../env.ts';
import { fileError, tracePath } from '../trace/file-name.ts';
import { resumeLog } from '../trace/resume.ts';
import { TraceWriter } from '../trace/writer.ts';
import type { Settings } from '../engine/settings.ts';
import { needFiles } from './trace.ts';

const DEFAULT_MAX_EVENTS = 250_000;
const ROOTS_BYTES = 64 * 2 ** 20;

/**
 * Starts the trace of a sheet; with `trace.file` its header is on disk when this returns, and the end when the process
 * exits.
 */
export function openTrace(host: Host, settings: Settings): TraceWriter {
  const { file, maxEvents = DEFAULT_MAX_EVENTS } = settings.trace;
  const digests = settings.trace.digests ?? 'affordable';
  const head = {
    library: 'symbolic-sheet',
    host: host.name,
    cores: host.cores,
    class: settings.numerics,
    cache: settings.cache,
    digests,
  };
  const log = file === undefined ? undefined : openLog(host, tracePath(file, host.settings.folder));
  const writer = new TraceWriter({
    digest: host.digest,
    head,
    digests: digests === 'affordable' ? 'demanded' : digests,
    maxEvents,
    rootsBytes: ROOTS_BYTES,
    file: log?.file,
    run: log?.run ?? 0,
    warn: (line) => host.warn(line),
  });
  if (log !== undefined) writer.onClose(host.onExit(() => writer.close()));
  return writer;
}

/** The file at a path, with how many runs it holds already. */
function openLog(host: Host, path: string): { readonly file: AppendFile; readonly run: number } {
  let file: AppendFile | undefined;
  try {
    file = needFiles(host).openAppend(path);
    return { file, run: resumeLog(file, host.digest, path) };
  } catch (error) {
    file?.close();
    throw fileError('written', path, error);
  }
}
