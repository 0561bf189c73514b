// The trace of a sheet, as its user sees it: what was called, how it was answered, and files of both.
import type { Host } from '../env.ts';
import { AttributeError, UnavailableError } from '../errors.ts';
import type { Annotation, ProgramEvent } from '../events.ts';
import type { ChromeTrace } from '../trace/chrome.ts';
import { fileError, tracePath } from '../trace/file-name.ts';
import { foldAnnotations } from '../trace/records.ts';
import type { BytesOptions, OwnBytes, SaveOptions, SaveReport } from '../trace/save.ts';
import type { TraceWriter } from '../trace/writer.ts';
import { BYTES, checkOptions, SAVE } from './options.ts';
import { describe } from '../text.ts';

/** `sheet.trace`. */
export class SheetTrace {
  readonly #writer: TraceWriter;
  readonly #host: Host;

  /** @internal */
  constructor(writer: TraceWriter, host: Host) {
    this.#writer = writer;
    this.#host = host;
  }

  /** Calls as they were admitted, oldest first: deterministic for a program. */
  events(): ProgramEvent[] {
    return this.#writer.events();
  }

  /** How the calls were answered: decision, device, times, and digests of what was read. */
  annotations(): Annotation[] {
    return foldAnnotations(this.#writer.records(), (bytes) => this.#host.digest.hash(bytes));
  }

  /** Events that are no longer in memory (`trace.maxEvents`); a trace file has them all. */
  get droppedEvents(): number {
    return this.#writer.droppedEvents;
  }

  /**
   * Writes the trace so far as `.sqs.json`. Roots go into it (`embedded`, the default up to 64 MiB), as .npy files next
   * to it (`beside`), or nowhere (`none`).
   */
  async save(path: string, options: SaveOptions = {}): Promise<SaveReport> {
    if (typeof path !== 'string' || path === '')
      throw new AttributeError(
        `trace.save: its path is ${describe(path)}; give the name of a file: sheet.trace.save('run.sqs.json').`,
        { path },
      );
    checkOptions('trace.save', options, SAVE);
    const { saveTrace } = await import('../trace/save.ts');
    const { digest, settings } = this.#host;
    const target = tracePath(path, settings.folder);
    try {
      return await saveTrace(this.#writer, target, { digest, files: needFiles(this.#host) }, options);
    } catch (error) {
      throw fileError('written', target, error);
    }
  }

  /**
   * What `save` writes, for a page to offer or send; roots go into it or nowhere, as in `save`. What a reader will miss
   * is a warning.
   */
  async bytes(options: BytesOptions = {}): Promise<OwnBytes> {
    checkOptions('trace.bytes', options, BYTES);
    const { traceBytes } = await import('../trace/save.ts');
    const { bytes, note } = traceBytes(this.#writer, this.#host.digest, options, 'embedded');
    if (note !== undefined) this.#host.warn(note);
    return bytes;
  }

  /** Chrome trace-event JSON: open it in about:tracing or ui.perfetto.dev. */
  async toChrome(): Promise<ChromeTrace> {
    const { toChrome } = await import('../trace/chrome.ts');
    return toChrome(this.#writer.snapshot());
  }
}

export function needFiles(host: Host): NonNullable<Host['files']> {
  if (host.files !== undefined) return host.files;
  throw new UnavailableError(
    `${host.name} has no files; take sheet.trace.bytes(), which a page can offer as a file or send.`,
    { host: host.name },
  );
}
