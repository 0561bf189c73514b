// Finds a TensorFlow.js for Node that the user installed; the library never installs one.
import { pathToFileURL } from 'node:url';
import util from 'node:util';
import { messageOf } from '../../core/device/tensorflow/open.ts';
import type { TensorflowModule } from '../../core/ops/mapping/tensorflow-module.ts';
import { importPackage, requireFrom, resolvePackage } from './packages.ts';

/** A module of TensorFlow.js, or why there is none. */
export type TensorflowSearch =
  | { readonly found: true; readonly name: string; readonly tf: TensorflowModule }
  | { readonly found: false; readonly reason: string };

const WEBGPU = '@tensorflow/tfjs-backend-webgpu';

/** What is looked for, the quicker first: native builds, then backends for tfjs-core. */
export const TENSORFLOW_PACKAGES: readonly string[] = [
  '@tensorflow/tfjs-node-gpu',
  '@tensorflow/tfjs-node',
  WEBGPU,
  '@tensorflow/tfjs-backend-wasm',
];

/** What a backend is used through. */
const CORE = '@tensorflow/tfjs-core';

/** The first of the packages that is installed and loads, beside the library or in the program's folder. */
export async function findTensorflow(names: readonly string[] = TENSORFLOW_PACKAGES): Promise<TensorflowSearch> {
  const reasons: string[] = [];
  for (const name of names) {
    const file = resolvePackage(name, 'program');
    if (file === undefined) continue;
    if (name === WEBGPU && !hasGpu()) {
      reasons.push(`${name} is installed, but needs navigator.gpu: set it as docs/tensorflow.md says`);
      continue;
    }
    try {
      restoreUtil();
      const loaded = await load(file);
      return {
        found: true,
        name,
        tf: isTensorflow(loaded)
          ? loaded
          : ((await load(requireFrom(file)?.resolve(CORE) ?? CORE)) as TensorflowModule),
      };
    } catch (error) {
      reasons.push(
        `${name} is installed but does not load (${messageOf(error)}); run "npm rebuild ${name} ` +
          '--build-addon-from-source", or remove it',
      );
    }
  }
  if (reasons.length > 0) return { found: false, reason: reasons.join('; ') };
  const [last] = names.slice(-1);
  return {
    found: false,
    reason:
      `${names.join(' or ')} is not installed; npm install ` +
      `${last?.includes('backend') === true ? `${CORE} ` : ''}${last}, or pass the tf you have: open({ tf }).`,
  };
}

/** A module by its file. */
async function load(file: string): Promise<object> {
  const loaded = (await importPackage(pathToFileURL(file).href)) as { default?: object };
  return loaded.default ?? loaded;
}

const isTensorflow = (loaded: object): loaded is TensorflowModule => 'version_core' in loaded;

/** Node has a navigator without a GPU, unless the program gave it one. */
const hasGpu = (): boolean => (globalThis as { navigator?: { gpu?: unknown } }).navigator?.gpu !== undefined;

/** tfjs-node 4.22 calls two functions that Node 23 removed. */
function restoreUtil(): void {
  const old = util as { isNullOrUndefined?: (value: unknown) => boolean; isArray?: (value: unknown) => boolean };
  old.isNullOrUndefined ??= (value) => value === undefined || value === null;
  old.isArray ??= Array.isArray;
}
