// Options of calls and of views, validated once; those of `open` are in open-options.ts.
import { AttributeError } from '../errors.ts';
import type { ViewOptions } from '../engine/settings.ts';
import type { EventOptions } from './event-feed.ts';
import { nearest } from '../ops/suggestions.ts';
import { type DType, PRECISIONS } from '../tensor/dtype.ts';
import type { LoadOptions } from '../trace/load.ts';
import type { ReplayTraceOptions } from '../trace/replay.ts';
import type { BytesOptions, SaveOptions } from '../trace/save.ts';
import { describe } from '../text.ts';

/** Options of `tensor`. */
export interface TensorOptions {
  readonly dtype?: DType;
  /** Takes the buffer over instead of copying it: the caller's array is detached. */
  readonly own?: boolean;
}

/** What an option may be. */
export interface OptionSpec {
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
}

/** What the options of one call may be, by name. */
export type OptionSpecs<O> = Readonly<Record<keyof O, OptionSpec>>;

export const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
export const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const oneOf = (...choices: readonly string[]): OptionSpec => ({
  expected: `one of ${choices.join(', ')}`,
  accepts: (value) => (choices as readonly unknown[]).includes(value),
});
export const COUNT: OptionSpec = {
  expected: 'a positive integer',
  accepts: (value) => Number.isSafeInteger(value) && (value as number) > 0,
};
export const FLAG: OptionSpec = { expected: 'true or false', accepts: (value) => typeof value === 'boolean' };
const DEVICE: OptionSpec = { expected: 'the name of one in sheet.devices()', accepts: isText };
/** Checked where it is read. */
export const ANY: OptionSpec = { expected: 'anything', accepts: () => true };

export const SHARED = {
  class: oneOf('tolerance', 'exact'),
  cache: oneOf('on', 'off'),
  device: DEVICE,
  precision: oneOf(...PRECISIONS),
};
const VIEW: OptionSpecs<ViewOptions> = {
  ...SHARED,
  signal: { expected: 'the signal of an AbortController', accepts: (value) => value instanceof AbortSignal },
};
/** What `diskStore` takes. */
export interface DiskOptions {
  /** Bytes the folder may hold. Default 10 GB, or a tenth of what is free if that is less. */
  readonly capBytes?: number;
  /**
   * What a result survives once `flush` has resolved: `process` (default) the end of the process, `power` a loss of
   * power, `none` nothing.
   */
  readonly durability?: 'process' | 'power';
}

/** Options of `diskStore`. */
export const DISK: OptionSpecs<DiskOptions> = {
  capBytes: COUNT,
  durability: oneOf('process', 'power'),
};
/** Options of `events`. */
export const EVENTS: OptionSpecs<EventOptions> = { limit: COUNT };
/** Options of `tensor`. */
export const TENSOR: OptionSpecs<TensorOptions> = { dtype: ANY, own: FLAG };
/** Options of `trace.save`. */
export const SAVE: OptionSpecs<SaveOptions> = { roots: oneOf('embedded', 'beside', 'none') };

/** Options of `trace.bytes`. */
export const BYTES: OptionSpecs<BytesOptions> = { roots: oneOf('embedded', 'none') };

/** Options of `loadTrace`. */
export const LOAD: OptionSpecs<LoadOptions> = { damaged: oneOf('refuse', 'prefix') };
/** Options of `replayTrace`. */
export const REPLAY: OptionSpecs<ReplayTraceOptions> = {
  device: DEVICE,
  policy: ANY,
  maxBytes: COUNT,
  roots: { expected: 'a function that gives the bytes of a root', accepts: (value) => typeof value === 'function' },
  slack: { expected: 'a number from 0 on', accepts: (value) => typeof value === 'number' && value >= 0 },
};

/** Refuses what names no trace. */
export function checkTracePath(path: unknown): void {
  if (isText(path) || path instanceof Uint8Array) return;
  throw new AttributeError(
    `loadTrace: its path is ${describe(path)}; give the name of a file or its bytes: loadTrace('run.sqs.json').`,
    { path },
  );
}

/** Refuses what is no trace that was read. */
export function checkTrace(trace: unknown): void {
  if (
    isObject(trace) &&
    ['events', 'annotations', 'roots'].every((name) => Array.isArray((trace as Record<string, unknown>)[name]))
  )
    return;
  throw new AttributeError(`replayTrace: ${describe(trace)} is no trace; give what loadTrace returned.`, { trace });
}

/** Checks the options of a view. */
export const checkViewOptions = (options: ViewOptions): void => checkOptions('with', options, VIEW);

/** Refuses options that are no object, a name that is not among the specs, and a value that its spec does not take. */
export function checkOptions<O extends object>(owner: string, options: O, specs: OptionSpecs<O>): void {
  const known = Object.keys(specs);
  if (!isObject(options))
    throw new AttributeError(`${owner}: its options are ${describe(options)}; give an object of ${known.join(', ')}.`, {
      options,
    });
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(specs, name)) {
      const near = nearest(name, known);
      throw new AttributeError(
        `${owner}: there is no option "${name}"; ` +
          `${near === undefined ? 'known are' : `did you mean ${near}? Known are`} ${known.join(', ')}.`,
        { option: name, known },
      );
    }
    const { expected, accepts } = specs[name as keyof O];
    if (value !== undefined && !accepts(value))
      throw new AttributeError(`${owner}: ${name} is ${describe(value)}; use ${expected}.`, { option: name, value });
  }
}
