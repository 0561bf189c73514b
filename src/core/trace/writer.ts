// The live trace: two streams encoded as they happen, the newest blocks in memory, all of them in a file where one is
// named.
import type { AppendFile } from '../env.ts';
import type { Digest } from '../fingerprint/digest.ts';
import type { Decision, NumericsClass, ProgramEvent } from '../events.ts';
import { ROOT_OP } from '../expr/interning.ts';
import { isExactIn } from '../expr/node.ts';
import type { Value } from '../tensor/block.ts';
import { bytesOf, isFloat, numbersOf } from '../tensor/dtype.ts';
import { STREAM } from './chain.ts';
import { decodeAnnotations, decodeProgram, sealOf } from './decode.ts';
import { CarriedSources } from './carried.ts';
import { AnnotationEncoder } from './encode-annotations.ts';
import { type OpName, ProgramEncoder } from './encode-program.ts';
import { FrameWriter } from './frames.ts';
import { type StreamBlocks, TraceMemory } from './memory.ts';
import type { RecordedCall, Recorder } from './recorder.ts';
import { type AnnotationRecord, PLAIN_BYTES, ROOT_NAME, type TraceHead } from './records.ts';
import { KeptRoots } from './kept-roots.ts';
import { sketchOf } from './sketch.ts';
import type { Trace } from './trace.ts';

/** Which results get a digest: those that were read, all that were computed, none. */
type DigestMode = 'demanded' | 'full' | 'none';

/** What a live trace is written with. */
export interface TraceWriterOptions {
  readonly digest: Digest;
  readonly head: TraceHead;
  readonly digests: DigestMode;
  /** Frames of each stream that stay in memory. */
  readonly maxEvents: number;
  /** Bytes of roots that are kept readable for `save`. */
  readonly rootsBytes: number;
  /** Where sealed blocks are appended. If it fails the trace goes on in memory. */
  readonly file: Pick<AppendFile, 'append' | 'close'> | undefined;
  /** How many runs the file holds already. Default none. */
  readonly run?: number;
  warn(line: string): void;
}

/** Above this a digest is remembered with its value, so that it is not computed for every handle on it. */
const SHARED_DIGEST_BYTES = 4096;
const ROOT: OpName = { number: ROOT_OP, name: ROOT_NAME, version: 1 };

/** A recorder that can be read back at any time. A failing file never fails a call. */
export class TraceWriter implements Recorder {
  readonly head: TraceHead;
  readonly roots: KeptRoots;
  readonly #options: TraceWriterOptions;
  readonly #memory: TraceMemory;
  readonly #frames: FrameWriter;
  readonly #program: ProgramEncoder;
  readonly #annotations: AnnotationEncoder;
  readonly #carried = new CarriedSources();
  readonly #digested = new WeakSet<RecordedCall>();
  readonly #digests = new WeakMap<Value, { readonly digest: Uint8Array; sketch: Float64Array | undefined }>();
  #file: TraceWriterOptions['file'];
  #closed = false;
  /** The open blocks as they were when the trace was closed. */
  #lastBlocks: readonly Uint8Array[] | undefined;
  #onClose: (() => void) | undefined;

  constructor(options: TraceWriterOptions) {
    this.#options = options;
    this.head = options.head;
    this.roots = new KeptRoots(options.rootsBytes);
    this.#file = options.file;
    this.#memory = new TraceMemory(options.maxEvents);
    this.#frames = new FrameWriter(options.digest, (record) => this.#take(record), undefined, options.run);
    this.#program = new ProgramEncoder(this.#frames);
    this.#annotations = new AnnotationEncoder(this.#frames, options.head).open();
  }

  /** Frames that were dropped from memory, both streams together. */
  get droppedEvents(): number {
    return this.#memory.droppedFrames(STREAM.program) + this.#memory.droppedFrames(STREAM.annotations);
  }

  program(call: RecordedCall, numerics: NumericsClass): void {
    if (this.#closed) return;
    const { row, seq, type, attributes, operands } = call;
    this.#program.call(seq, numerics === 'exact', row ?? ROOT, type, attributes, operands);
    this.#carried.call(call, this.#program.segment, this.#memory.droppedSegments(STREAM.program));
    if (row !== undefined) return;
    this.roots.add(call);
    if (call.contentId !== undefined) this.#annotations.root(seq, call.contentId);
  }

  annotate(
    call: RecordedCall,
    decision: Decision,
    device: string,
    startNs: number,
    elapsedNs: number,
    score: number,
    value?: Value,
  ): void {
    if (this.#closed) return;
    this.#annotations.answer(call.seq, decision, device, startNs, elapsedNs, call.type.sizeBytes, score);
    if (value !== undefined && this.#options.digests === 'full') this.#digest(call, value);
  }

  demanded(call: RecordedCall, value: Value): void {
    if (this.#closed || this.#options.digests === 'none' || call.row === undefined) return;
    this.#digest(call, value);
  }

  /** Sources that calls in memory use and that may have been called for before them. */
  carriedSources(): ProgramEvent[] {
    return this.#carried.list(this.#memory.droppedSegments(STREAM.program));
  }

  /** A line about a call. */
  note(seq: number, text: string): void {
    if (!this.#closed) this.#annotations.note(seq, text);
  }

  /** Seals what is open and ends the file. What was written stays readable. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#lastBlocks = this.#frames.tail().records;
    if (this.#file !== undefined) this.#endFile();
    this.#file?.close();
    this.#file = undefined;
    this.#onClose?.();
  }

  /** Which contents the readable roots are goes to the file alone: in memory it would take the place of answers. */
  #endFile(): void {
    for (const { seq, contentId, recorded } of this.roots.identify(this.#options.digest))
      if (!recorded && contentId !== undefined) this.#annotations.root(seq, contentId);
    for (const record of this.#frames.tail().records) this.#append(record);
  }

  /** Calls `listener` once the trace is closed. */
  onClose(listener: () => void): void {
    this.#onClose = listener;
  }

  /** The program as far as it is in memory. */
  events(): ProgramEvent[] {
    return decodeProgram(this.#blocks(STREAM.program));
  }

  /** Answers, digests and notes as far as they are in memory. */
  records(): AnnotationRecord[] {
    return decodeAnnotations(this.#blocks(STREAM.annotations)).records;
  }

  /** Everything in memory, sealed as if the trace ended here; the live trace goes on. */
  snapshot(): Trace {
    const program = this.#blocks(STREAM.program);
    const annotations = this.#blocks(STREAM.annotations);
    return {
      head: this.head,
      events: decodeProgram(program),
      annotations: decodeAnnotations(annotations).records,
      seals: { program: sealOf(program), annotations: sealOf(annotations) },
      roots: [],
    };
  }

  #blocks(stream: 1 | 2): StreamBlocks {
    return this.#memory.blocks(stream, this.#lastBlocks ?? this.#frames.tail().records);
  }

  #take(record: Uint8Array): void {
    if (!this.#closed) this.#memory.add(record);
    this.#append(record);
  }

  #append(record: Uint8Array): void {
    try {
      this.#file?.append(record);
    } catch (error) {
      this.#drop(); // What was appended stays a valid prefix.
      this.#options.warn(
        `the trace file cannot be written any more (${String(error)}); the trace goes on in memory. Free disk ` +
          'space and save it with sheet.trace.save(path).',
      );
    }
  }

  /** Goes on without the file; another sheet may have it. */
  #drop(): void {
    const file = this.#file;
    this.#file = undefined;
    try {
      file?.close();
    } catch {
      // It is the disk that failed, and that is said.
    }
  }

  /** Once for every call; small results as they are. */
  #digest(call: RecordedCall, value: Value): void {
    if (this.#digested.has(call)) return;
    this.#digested.add(call);
    const bytes = bytesOf(value.array);
    if (bytes.length <= PLAIN_BYTES) return this.#annotations.bytes(call.seq, bytes);
    const known = this.#digests.get(value);
    const digest = known?.digest ?? this.#options.digest.hash(bytes);
    const sketch = isExactIn(call.semantics) ? undefined : (known?.sketch ?? sketchable(value));
    if (bytes.length >= SHARED_DIGEST_BYTES) this.#digests.set(value, { digest, sketch: sketch ?? known?.sketch });
    this.#annotations.digest(call.seq, digest, sketch);
  }
}

const sketchable = ({ array, type }: Value): Float64Array | undefined =>
  isFloat(type.dtype) ? sketchOf(numbersOf(array, type.dtype) as Float32Array | Float64Array) : undefined;
