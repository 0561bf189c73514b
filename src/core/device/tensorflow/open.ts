// Opening a TensorFlow.js module that the user brought: recognised, its backend started, its arithmetic checked.
import { AttributeError, UnavailableError } from '../../errors.ts';
import type { TensorFlow, TfTensor } from '../../ops/mapping/tensorflow-module.ts';

/** The module with a backend that runs, or an error that says what to do. */
export async function startTensorflow(given: unknown): Promise<TensorFlow> {
  const tf = recognise(given);
  await startBackend(tf);
  return tf;
}

/** Throws an UnavailableError where the backend does not compute float32 as such. */
export async function checkProducts(tf: TensorFlow): Promise<void> {
  const wrong = await faultOf(tf, (compute) => tf.tidy(compute));
  if (wrong === undefined) return;
  throw new UnavailableError(
    `TensorFlow.js ${tf.version_core} on backend ${tf.getBackend()} is not used: ${wrong}. Use another backend ` +
      `(await tf.setBackend('wasm')); for tfjs-node-gpu set NVIDIA_TF32_OVERRIDE=0, which keeps all bits of ` +
      'float32.',
    { backend: tf.getBackend() },
  );
}

/** The module itself; `import()` of a CommonJS build puts it under `default`. */
function recognise(given: unknown): TensorFlow {
  if (isModule(given)) return given;
  const inner = typeof given === 'object' && given !== null ? (given as { default?: unknown }).default : undefined;
  if (isModule(inner)) return inner;
  throw new AttributeError(
    "open: tf is not the module of TensorFlow.js; give the module itself: import * as tf from '@tensorflow/tfjs'.",
    { option: 'tf' },
  );
}

const MEMBERS = ['ready', 'getBackend', 'tensor', 'tidy', 'matMul'] as const;

const isModule = (value: unknown): value is TensorFlow =>
  typeof value === 'object' &&
  value !== null &&
  MEMBERS.every((name) => typeof (value as Readonly<Record<string, unknown>>)[name] === 'function');

async function startBackend(tf: TensorFlow): Promise<void> {
  try {
    await tf.ready();
    // An empty name: tf resolved without a backend.
    if (tf.getBackend()) return;
    throw noBackend(tf, 'it has none');
  } catch (error) {
    throw error instanceof UnavailableError ? error : noBackend(tf, messageOf(error));
  }
}

const noBackend = (tf: TensorFlow, reason: string): UnavailableError =>
  new UnavailableError(
    `TensorFlow.js ${tf.version_core} has no backend that starts (${reason}); import one before opening the ` +
      'sheet: @tensorflow/tfjs-backend-wasm or -cpu (or -webgpu, -webgl in a browser), then await ' +
      `tf.setBackend('wasm').`,
    { reason },
  );

/** A message in one line: errors of native code come with stacks of their own. */
export const messageOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]!;

const ORDER = 64;
/**
 * Its product with a 12-bit integer fills the 24 bits of float32; it is no number of half precision, nor of the 11 bits
 * that tensor cores multiply with.
 */
const FACTOR = 4097;

/**
 * What is wrong with the products of the backend that `run` computes on; undefined where nothing is. Invalid commands
 * to a GPU give silence, and then zeros.
 */
export async function faultOf(tf: TensorFlow, run: (compute: () => TfTensor) => TfTensor): Promise<string | undefined> {
  const [diagonal, entries] = [new Float32Array(ORDER * ORDER), new Float32Array(ORDER * ORDER)];
  for (let i = 0; i < ORDER; i++) diagonal[i * ORDER + i] = FACTOR;
  for (let i = 0; i < entries.length; i++) entries[i] = i % 4096;
  let result: TfTensor | undefined;
  try {
    const shape = [ORDER, ORDER];
    result = run(() => tf.matMul(tf.tensor(diagonal, shape, 'float32'), tf.tensor(entries, shape, 'float32')));
    const found = await result.data();
    const at = entries.findIndex((entry, i) => found[i] !== FACTOR * entry);
    return at < 0
      ? undefined
      : `it gave ${found[at]} for ${FACTOR} · ${entries[at]}, so it does not multiply in float32`;
  } catch (error) {
    return `it cannot multiply (${messageOf(error)})`;
  } finally {
    result?.dispose();
  }
}
