// Other libraries that compute where a bench computes: TensorFlow.js on one of its backends, jax-js on WebGPU.
//
// Each is optional. Where one cannot run, the bench says why and goes on without it.
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import type * as Tf from '@tensorflow/tfjs-core';

/** A library by what the benches ask of it. Ops start work; `settled` resolves when it is done. */
export interface Rival<T = unknown> {
  readonly name: string;
  tensor(array: Float32Array, shape: readonly number[]): T;
  matmul(x: T, y: T): T;
  add(x: T, y: T): T;
  multiply(x: T, y: T): T;
  tanh(x: T): T;
  settled(results: readonly T[]): Promise<void>;
  read(x: T): Promise<ArrayLike<number>>;
  dispose(x: T): void;
}

/** The rivals that run here, and why the others do not. */
export interface Rivals {
  readonly open: readonly Rival[];
  readonly skipped: Readonly<Record<string, string>>;
}

const GPU_RIVALS: Readonly<Record<string, () => Promise<Rival>>> = { tfjs: () => openTfjs('webgpu'), jax: openJax };

/** Those that compute on the GPU; `--rivals tfjs,jax` picks some, `--rivals none` none. */
export async function openGpuRivals(asked = Object.keys(GPU_RIVALS).join(',')): Promise<Rivals> {
  const open: Rival[] = [];
  const skipped: Record<string, string> = {};
  for (const [name, opener] of Object.entries(GPU_RIVALS)) {
    if (!asked.split(',').includes(name)) continue;
    try {
      open.push(await opener());
    } catch (error) {
      skipped[name] = (error instanceof Error ? error.message : String(error)).split('\n')[0]!;
    }
  }
  return { open, skipped };
}

export type TfBackend = 'cpu' | 'wasm' | 'webgpu';

/** The module of TensorFlow.js, on a backend. */
export async function startTfjs(backend: TfBackend): Promise<typeof Tf> {
  if (backend === 'webgpu') await becomePage();
  const tf = await import('@tensorflow/tfjs-core');
  if (backend === 'cpu') await import('@tensorflow/tfjs-backend-cpu');
  if (backend === 'webgpu') await import('@tensorflow/tfjs-backend-webgpu');
  if (backend === 'wasm') await (wasm ??= loadWasm());
  if (!(await tf.setBackend(backend))) throw new RangeError(`TensorFlow.js does not start its backend ${backend}`);
  await tf.ready();
  return tf;
}

let wasm: Promise<void> | undefined;

async function loadWasm(): Promise<void> {
  const { setThreadsCount, setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
  const folder = join(
    dirname(createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json')),
    'dist',
  );
  if (!readdirSync(folder).some((name) => name.endsWith('.wasm')))
    throw new RangeError(`${folder} has no .wasm files; reinstall @tensorflow/tfjs-backend-wasm`);
  setWasmPaths(join(folder, '/'));
  setThreadsCount(2);
}

/** TensorFlow.js as a rival. Its CPU backends are done when a call returns. */
export async function openTfjs(backend: TfBackend): Promise<Rival<Tf.Tensor>> {
  const tf = await startTfjs(backend);
  return {
    name: backend === 'webgpu' ? 'tfjs' : `tfjs-${backend}`,
    tensor: (array, shape) => tf.tensor(array, [...shape], 'float32'),
    matmul: (x, y) => tf.matMul(x as Tf.Tensor2D, y as Tf.Tensor2D),
    add: (x, y) => tf.add(x, y),
    multiply: (x, y) => tf.mul(x, y),
    tanh: (x) => tf.tanh(x),
    settled: (results) =>
      backend === 'webgpu' && results.length > 0 ? readOne(tf, results.at(-1)!) : Promise.resolve(),
    read: (x) => x.data(),
    dispose: (x) => x.dispose(),
  };
}

/** One element of the last result: a queue is worked off in order. */
async function readOne(tf: typeof Tf, x: Tf.Tensor): Promise<void> {
  const one = tf.slice(
    x,
    x.shape.map(() => 0),
    x.shape.map(() => 1),
  );
  await one.data();
  one.dispose();
}

/** What is used of jax-js. Its operations consume their operands; `ref` gives one to consume. */
interface JaxArray {
  readonly ref: JaxArray;
  reshape(shape: readonly number[]): JaxArray;
  data(): Promise<ArrayLike<number>>;
  dispose(): void;
}
interface Jax {
  init(device: string): Promise<readonly string[]>;
  defaultDevice(device: string): unknown;
  blockUntilReady(results: readonly JaxArray[]): Promise<unknown>;
  readonly numpy: { array(values: Float32Array): JaxArray } & Readonly<
    Record<'matmul' | 'add' | 'multiply', (x: JaxArray, y: JaxArray) => JaxArray>
  > & { tanh(x: JaxArray): JaxArray };
}

async function openJax(): Promise<Rival<JaxArray>> {
  await becomePage();
  const jax = (await installed('@jax-js/jax')) as Jax;
  const devices = await jax.init('webgpu');
  if (!devices.includes('webgpu')) throw new RangeError(`jax-js finds no WebGPU, only ${devices.join(', ')}`);
  jax.defaultDevice('webgpu');
  const np = jax.numpy;
  return {
    name: 'jax',
    tensor: (array, shape) => np.array(array).reshape(shape),
    matmul: (x, y) => np.matmul(x.ref, y.ref),
    add: (x, y) => np.add(x.ref, y.ref),
    multiply: (x, y) => np.multiply(x.ref, y.ref),
    tanh: (x) => np.tanh(x.ref),
    settled: async (results) => void (await jax.blockUntilReady(results)),
    read: (x) => x.ref.data(),
    dispose: (x) => x.dispose(),
  };
}

/** A package that is no dependency, beside the benches or in the folder they are started in. */
export async function installed(name: string): Promise<unknown> {
  for (const base of [import.meta.url, pathToFileURL(join(process.cwd(), 'package.json')).href]) {
    let file: string;
    try {
      file = createRequire(base).resolve(name);
    } catch {
      continue;
    }
    const loaded = (await import(pathToFileURL(file).href)) as { default?: unknown };
    return loaded.default !== undefined && Object.keys(loaded).length <= 2 ? loaded.default : loaded;
  }
  throw new RangeError(`${name} is not installed; npm install --no-save ${name}`);
}

interface DawnModule {
  readonly create: (options: readonly string[]) => GPU;
  readonly globals: object;
}

let page: Promise<void> | undefined;

/** Gives libraries for pages what they look for in one, and the toggles that the sheet's own GPU has. */
function becomePage(): Promise<void> {
  page ??= (async () => {
    const name = 'webgpu';
    const { create, globals } = (await import(name)) as DawnModule;
    const gpu = create(['enable-dawn-features=disable_workgroup_init']);
    // Dawn crashes when what `create` made is collected.
    Object.assign(globalThis, globals, { benchGpuKeptAlive: gpu });
    Object.defineProperty(globalThis, 'navigator', {
      value: { gpu, userAgent: 'node', hardwareConcurrency: 1 },
      configurable: true,
      writable: true,
    });
  })();
  return page;
}
