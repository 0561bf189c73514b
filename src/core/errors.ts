// The typed errors of the library: few, coded, carrying their values, each message ending with what to do.
import { callerIn, type CallSite, deepenStacks, formatCallSite, restoreStacks, withoutLibrary } from './call-site.ts';

/** Values that belong to an error, for programs that react to it. */
export type ErrorDetails = Readonly<Record<string, unknown>>;

/** Base of every error this library throws. `code` is stable; `details` carries the values the message names. */
export class SheetError extends Error {
  readonly code: string;
  readonly details: ErrorDetails;

  constructor(code: string, message: string, details: ErrorDetails = {}, options?: { cause?: unknown }) {
    const before = deepenStacks();
    super(message, options);
    restoreStacks(before);
    this.code = code;
    this.details = details;
    if (before !== undefined) showProgram(this);
  }
}

/** Has the stack of an error begin with the program's line, not with ten of the library. */
function showProgram(error: SheetError): void {
  if (typeof error.stack === 'string') error.stack = withoutLibrary(error.stack);
}

/** Adds to an error that came up at a read which call it is about: `at` was taken there. */
export function withCallSite(error: SheetError, at: CallSite | undefined): SheetError {
  const line = error.details['calledAt'] === undefined ? callerIn(at?.stack) : undefined;
  if (line === undefined) return error;
  const { message, stack } = error;
  const named = `${message} It was called at ${formatCallSite(line)}.`;
  Object.assign(error, { message: named, details: { ...error.details, calledAt: line.trim().replace(/^at /, '') } });
  if (typeof stack === 'string') error.stack = stack.replace(message, () => named);
  return error;
}

/**
 * Adds the lines of whoever waits here to the stack of an error that came up where nobody's were, as after a device had
 * worked; where there are none, that of the call.
 */
export function withReader(error: unknown): unknown {
  if (!(error instanceof SheetError) || typeof error.stack !== 'string' || callerIn(error.stack) !== undefined)
    return error;
  const before = deepenStacks();
  const { stack = '' } = new Error('read here');
  restoreStacks(before);
  const { calledAt } = error.details;
  const places =
    callerIn(stack) !== undefined
      ? placesOf(withoutLibrary(stack))
      : typeof calledAt === 'string'
        ? `\n    at ${calledAt}`
        : '';
  if (places !== '') error.stack = `${error.name}: ${error.message}${places}`;
  return error;
}

const placesOf = (stack: string): string => /\n {4}at [^]*/.exec(stack)?.[0] ?? '';

/** Shapes that do not fit together, or are not shapes at all. Code `SHAPE`. */
export class ShapeError extends SheetError {
  constructor(message: string, details?: ErrorDetails) {
    super('SHAPE', message, details);
  }
}

/** A dtype that an operation does not take. Code `DTYPE`. */
export class DTypeError extends SheetError {
  constructor(message: string, details?: ErrorDetails) {
    super('DTYPE', message, details);
  }
}

/** An attribute or option outside its range, or unknown. Code `ATTRIBUTE`. */
export class AttributeError extends SheetError {
  constructor(message: string, details?: ErrorDetails) {
    super('ATTRIBUTE', message, details);
  }
}

/** An operation name that no row has. Code `UNKNOWN_OP`. */
export class UnknownOpError extends SheetError {
  constructor(message: string, details?: ErrorDetails) {
    super('UNKNOWN_OP', message, details);
  }
}

/** An operand that cannot be read: detached, disposed, on a GPU, of a foreign kind. Code `SOURCE`. */
export class SourceError extends SheetError {
  constructor(message: string, details?: ErrorDetails) {
    super('SOURCE', message, details);
  }
}

/** A law of the policy that denied an operation; names the law and the value. Code `POLICY`. */
export class PolicyError extends SheetError {
  constructor(message: string, details?: ErrorDetails) {
    super('POLICY', message, details);
  }
}

/** A result that is mathematically absent: singular system, matrix not positive definite. Code `NUMERIC`. */
export class NumericError extends SheetError {
  constructor(message: string, details?: ErrorDetails) {
    super('NUMERIC', message, details);
  }
}

/** A byte, element or time limit that would be passed. Code `LIMIT`. */
export class LimitError extends SheetError {
  constructor(message: string, details?: ErrorDetails) {
    super('LIMIT', message, details);
  }
}

/** A file that is truncated, edited, reordered or of another format. Code `FORMAT`. */
export class FormatError extends SheetError {
  constructor(message: string, details?: ErrorDetails) {
    super('FORMAT', message, details);
  }
}

/** A use of something that is closed or disposed. Code `CLOSED`. */
export class ClosedError extends SheetError {
  constructor(message: string, details?: ErrorDetails, options?: { cause?: unknown }) {
    super('CLOSED', message, details, options);
  }
}

/** A device, library or optional package that is needed and not there. Code `UNAVAILABLE`. */
export class UnavailableError extends SheetError {
  constructor(message: string, details?: ErrorDetails, options?: { cause?: unknown }) {
    super('UNAVAILABLE', message, details, options);
  }
}

/** A call whose signal was aborted; other waiters of the same computation go on. Code `ABORTED`. */
export class AbortedError extends SheetError {
  constructor(message: string, details?: ErrorDetails, options?: { cause?: unknown }) {
    super('ABORTED', message, details, options);
  }
}

/** A device that went away with the bytes it held; what was computed there is computed again. Code `DEVICE_LOST`. */
export class DeviceLostError extends SheetError {
  constructor(message: string, details?: ErrorDetails, options?: { cause?: unknown }) {
    super('DEVICE_LOST', message, details, options);
  }
}

/** Elements that a store below RAM had and cannot give: they are computed again. No caller sees it. */
export class StoreLostError extends DeviceLostError {}

const NAMES = {
  SheetError,
  ShapeError,
  DTypeError,
  AttributeError,
  UnknownOpError,
  SourceError,
  PolicyError,
  NumericError,
  LimitError,
  FormatError,
  ClosedError,
  UnavailableError,
  AbortedError,
  DeviceLostError,
};
// As text, for bundlers rename classes; on the prototype, so that stacks begin with them.
for (const [name, { prototype }] of Object.entries(NAMES))
  Object.defineProperty(prototype, 'name', { value: name, configurable: true, writable: true });
