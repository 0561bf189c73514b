// Calls of the array API from another process: one JSON object a line on stdin, its answer a line on stdout.
import { createInterface } from 'node:readline';
import process from 'node:process';
import { type DType, SymbolicSheet, Tensor } from 'symbolic-sheet';
import { numpy } from 'symbolic-sheet/numpy';

interface Request {
  readonly call?: string;
  readonly args?: readonly unknown[];
  readonly named?: Readonly<Record<string, unknown>>;
  readonly read?: number;
  readonly make?: { readonly dtype: DType; readonly shape: readonly number[]; readonly bytes: string };
  readonly free?: readonly number[];
}

const sheet = await SymbolicSheet.open({ store: 'memory', devices: ['js'] });
const np = numpy(sheet) as unknown as Readonly<Record<string, unknown>>;
const held = new Map<number, Tensor>();
let next = 1;

/** A value as Python sent it: `{ $: handle }`, `{ i: integer }`, `{ f: float }`, or itself. */
function decode(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(decode);
  if (typeof value !== 'object' || value === null) return value;
  const { $, i, f } = value as { readonly $?: number; readonly i?: string; readonly f?: string };
  if ($ !== undefined) return held.get($);
  return i === undefined ? Number(f) : BigInt(i);
}

/** A result: a handle with its type, a list of them, or a plain value. */
async function encode(value: unknown): Promise<unknown> {
  const settled = await value;
  if (settled instanceof Tensor) {
    await sheet.compute(settled);
    held.set(next, settled);
    return { $: next++, dtype: settled.dtype, shape: settled.shape };
  }
  if (typeof settled !== 'object' || settled === null) return settled;
  if (Array.isArray(settled)) return { list: await Promise.all(settled.map(encode)) };
  const names = Object.keys(settled);
  return { names, list: await Promise.all(Object.values(settled).map(encode)) };
}

async function answer({ call, args = [], named = {}, read, make, free }: Request): Promise<unknown> {
  for (const id of free ?? []) held.delete(id);
  if (make !== undefined) return encode(madeOf(make));
  if (read !== undefined) {
    const data = (await held.get(read)!.data()) as unknown as Uint8Array;
    return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('base64');
  }
  if (call === undefined) return null;
  const found = call.split('.').reduce<unknown>((space, name) => (space as Record<string, unknown>)[name], np);
  const options = Object.fromEntries(Object.entries(named).map(([name, value]) => [name, decode(value)]));
  const given = args.map(decode);
  return encode(
    (found as (...all: unknown[]) => unknown)(...given, ...(Object.keys(options).length > 0 ? [options] : [])),
  );
}

function madeOf({ dtype, shape, bytes }: NonNullable<Request['make']>): Tensor {
  const raw = Uint8Array.from(Buffer.from(bytes, 'base64'));
  const Arrays: Readonly<Record<string, new (buffer: ArrayBuffer) => ArrayBufferView>> = {
    bool: Uint8Array,
    int8: Int8Array,
    uint8: Uint8Array,
    int16: Int16Array,
    uint16: Uint16Array,
    int32: Int32Array,
    uint32: Uint32Array,
    int64: BigInt64Array,
    uint64: BigUint64Array,
    float32: Float32Array,
    float64: Float64Array,
  };
  return sheet.tensor(new Arrays[dtype]!(raw.buffer), [...shape], { dtype });
}

for await (const line of createInterface({ input: process.stdin })) {
  let told: unknown;
  try {
    told = { ok: await answer(JSON.parse(line) as Request) };
  } catch (error) {
    const { code, message } = error as { readonly code?: string; readonly message: string };
    told = { code: code ?? 'OTHER', error: message };
  }
  process.stdout.write(`${JSON.stringify(told)}\n`);
}
