// Events and annotations as JSON records, both ways. Reading checks every field; what is not right is a FormatError
// that names it.
import { FormatError } from '../errors.ts';
import type { NumericsClass, ProgramEvent } from '../events.ts';
import { digestFromHex, isDigestHex, toHex } from '../fingerprint/digest.ts';
import type { AttributeValue } from '../ops/attribute-values.ts';
import {
  fromBase64,
  isRecord,
  type Json,
  readNumber,
  readValue,
  spellNumber,
  spellValue,
  toBase64,
} from './json-values.ts';
import { type AnnotationRecord, DECISION_CODES, type TraceHead } from './records.ts';
import { SKETCH_LENGTH } from './sketch.ts';
import type { TraceRoot } from './trace.ts';

export type JsonRecord = Readonly<Record<string, Json>>;

export function eventToJson(event: ProgramEvent): JsonRecord {
  const attrs = Object.fromEntries(
    Object.entries(event.attrs).map(([name, value]) => [name, spellValue(value as AttributeValue)]),
  );
  const { seq, op, version, operands, dtype, shape, numerics } = event;
  return { seq, op, version, attrs, operands, dtype, shape, numerics };
}

export function eventFromJson(json: Json): ProgramEvent {
  const field = fieldsOf(json, 'event', ['seq', 'op', 'version', 'attrs', 'operands', 'dtype', 'shape', 'numerics']);
  return {
    seq: field.count('seq'),
    op: field.text('op'),
    version: field.count('version'),
    attrs: readAttributes(field.record('attrs')),
    operands: field.counts('operands'),
    dtype: field.text('dtype'),
    shape: field.counts('shape'),
    numerics: field.choice('numerics', CLASSES),
  };
}

const CLASSES: readonly NumericsClass[] = ['tolerance', 'exact'];

export function annotationToJson(record: AnnotationRecord): JsonRecord {
  switch (record.kind) {
    case 'answer':
      return {
        kind: 'answer',
        seq: record.seq,
        decision: record.decision,
        device: record.device,
        startNs: spellNumber(record.startNs),
        elapsedNs: spellNumber(record.elapsedNs),
        sizeBytes: record.sizeBytes,
        score: spellNumber(record.score),
      };
    case 'digest':
      return {
        kind: 'digest',
        seq: record.seq,
        digest: toHex(record.digest),
        ...(record.sketch && { sketch: Array.from(record.sketch, spellNumber) }),
      };
    case 'bytes':
      return { kind: 'bytes', seq: record.seq, bytes: toBase64(record.bytes) };
    case 'root':
      return { kind: 'root', seq: record.seq, contentId: toHex(record.contentId) };
    case 'note':
      return { kind: 'note', seq: record.seq, text: record.text };
  }
}

type AnnotationKind = AnnotationRecord['kind'];
const FIELDS_OF_KIND: Readonly<Record<AnnotationKind, readonly string[]>> = {
  answer: ['decision', 'device', 'startNs', 'elapsedNs', 'sizeBytes', 'score'],
  digest: ['digest', 'sketch'],
  bytes: ['bytes'],
  root: ['contentId'],
  note: ['text'],
};
const KINDS = Object.keys(FIELDS_OF_KIND) as readonly AnnotationKind[];

export function annotationFromJson(json: Json): AnnotationRecord {
  const kind = fieldsOf(json, 'annotation').choice('kind', KINDS);
  const field = fieldsOf(json, 'annotation', ['kind', 'seq', ...FIELDS_OF_KIND[kind]]);
  const seq = field.count('seq');
  switch (kind) {
    case 'answer':
      return {
        kind,
        seq,
        decision: field.choice('decision', DECISION_CODES),
        device: field.text('device'),
        startNs: field.number('startNs'),
        elapsedNs: field.number('elapsedNs'),
        sizeBytes: field.count('sizeBytes'),
        score: field.number('score'),
      };
    case 'digest':
      return {
        kind,
        seq,
        digest: field.digest('digest'),
        ...(field.has('sketch') && { sketch: Float64Array.from(field.numbers('sketch', SKETCH_LENGTH)) }),
      };
    case 'bytes':
      return { kind, seq, bytes: field.bytes('bytes') };
    case 'root':
      return { kind, seq, contentId: field.digest('contentId') };
    case 'note':
      return { kind, seq, text: field.text('text') };
  }
}

export function rootToJson({ contentId, dtype, shape, bytes, beside }: TraceRoot): JsonRecord {
  return {
    contentId: toHex(contentId),
    dtype,
    shape,
    ...(bytes && { bytes: toBase64(bytes) }),
    ...(beside && { beside }),
  };
}

export function rootFromJson(json: Json): TraceRoot {
  const field = fieldsOf(json, 'root', ['contentId', 'dtype', 'shape', 'bytes', 'beside']);
  return {
    contentId: field.digest('contentId'),
    dtype: field.text('dtype'),
    shape: field.counts('shape'),
    ...(field.has('bytes') && { bytes: field.bytes('bytes') }),
    ...(field.has('beside') && { beside: field.yes('beside') }),
  };
}

export function headFromJson(json: Json | undefined): TraceHead {
  const head = fieldsOf(json ?? null, 'head').fields;
  for (const [name, value] of Object.entries(head)) {
    if (!['string', 'number', 'boolean'].includes(typeof value)) throw unreadable('head', name, value);
  }
  return head as TraceHead;
}

function readAttributes(fields: JsonRecord): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, json]) => {
      const value = readValue(json);
      if (value === undefined) throw unreadable('attrs', name, json);
      return [name, value];
    }),
  );
}

/** Reads the fields of one record, each of a stated type. */
export class Fields {
  readonly fields: JsonRecord;
  readonly #what: string;

  constructor(fields: JsonRecord, what: string) {
    this.fields = fields;
    this.#what = what;
  }

  has(name: string): boolean {
    return this.fields[name] !== undefined;
  }

  text(name: string): string {
    const value = this.fields[name];
    return typeof value === 'string' ? value : this.#refuse(name);
  }

  number(name: string): number {
    return readNumber(this.fields[name]) ?? this.#refuse(name);
  }

  /** A non-negative safe integer. */
  count(name: string): number {
    const value = this.fields[name];
    return isCount(value) ? value : this.#refuse(name);
  }

  counts(name: string): readonly number[] {
    const value = this.list(name);
    return value.every(isCount) ? value : this.#refuse(name);
  }

  numbers(name: string, length: number): readonly number[] {
    const values = this.list(name)
      .map(readNumber)
      .filter((value) => value !== undefined);
    return values.length === length && this.list(name).length === length ? values : this.#refuse(name);
  }

  list(name: string): readonly Json[] {
    const value = this.fields[name];
    return Array.isArray(value) ? (value as readonly Json[]) : this.#refuse(name);
  }

  record(name: string): JsonRecord {
    const value = this.fields[name];
    return isRecord(value) ? value : this.#refuse(name);
  }

  choice<T extends string>(name: string, choices: readonly T[]): T {
    const value = this.fields[name];
    return choices.find((choice) => choice === value) ?? this.#refuse(name);
  }

  digest(name: string): Uint8Array {
    const text = this.text(name);
    return isDigestHex(text) ? digestFromHex(text) : this.#refuse(name);
  }

  /** A flag that is left out where it is not set. */
  yes(name: string): true {
    return this.fields[name] === true || this.#refuse(name);
  }

  bytes(name: string): Uint8Array {
    return fromBase64(this.fields[name]) ?? this.#refuse(name);
  }

  #refuse(name: string): never {
    throw unreadable(this.#what, name, this.fields[name]);
  }
}

/**
 * The fields of a JSON object, or a FormatError; with `names`, of one that has no others: a damaged name is not taken
 * for a field left out.
 */
export function fieldsOf(json: Json, what: string, names?: readonly string[]): Fields {
  if (!isRecord(json)) throw unreadable(what, 'itself', json);
  const unknown = names && Object.keys(json).find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw unreadable(what, `${JSON.stringify(unknown).slice(0, 60)}, which is no field of it`, json[unknown]);
  return new Fields(json, what);
}

const isCount = (value: Json | undefined): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function unreadable(what: string, name: string, value: Json | undefined): FormatError {
  // Not spelled out: a value of a file may be nested more deeply than a stack is.
  const shown = Array.isArray(value)
    ? 'a list'
    : isRecord(value)
      ? 'an object'
      : String(JSON.stringify(value)).slice(0, 60);
  return new FormatError(
    `The ${what} of this trace has ${shown} as ${name}; it was edited: take the file from where it was written.`,
    { code: 'edited', what, name },
  );
}
