// Finds a TensorFlow.js for Node that the user installed; the library never installs one.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import util from 'node:util';
import { messageOf } from '../backend/tensorflow/open.ts';
import type { TensorflowModule } from '../ops/tensorflow-module.ts';

/** A module of TensorFlow.js, or why there is none. */
export type TensorflowSearch = { readonly found: true; readonly name: string; readonly tf: TensorflowModule } | { readonly found: false; readonly reason: string };

/** Native builds, the quicker first. */
const PACKAGES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const;

/** The first of the packages that is installed and loads, beside the library or in the program's folder. */
export async function findTensorflow(names: readonly string[] = PACKAGES): Promise<TensorflowSearch> {
  const reasons: string[] = [];
  for (const name of names) {
    const file = resolveFrom(name);
    if (file === undefined) continue;
    try {
      restoreUtil();
      // A computed address: bundlers must not follow it.
      const loaded = (await import(pathToFileURL(file).href)) as { default?: TensorflowModule } & TensorflowModule;
      return { found: true, name, tf: loaded.default ?? loaded };
    } catch (error) {
      reasons.push(`${name} is installed but does not load (${messageOf(error)}); run "npm rebuild ${name} --build-addon-from-source", or remove it`);
    }
  }
  if (reasons.length > 0) return { found: false, reason: reasons.join('; ') };
  return { found: false, reason: `${names.join(' or ')} is not installed; npm install ${names.at(-1)}, or pass the tf you have: open({ tf }).` };
}

/** The file of a package as the program sees it, or as the library does. */
function resolveFrom(name: string): string | undefined {
  for (const base of [pathToFileURL(join(process.cwd(), 'package.json')).href, import.meta.url]) {
    try {
      return createRequire(base).resolve(name);
    } catch {
      // Not there: the other place may have it.
    }
  }
  return undefined;
}

/** tfjs-node 4.22 calls two functions that Node 23 removed. */
function restoreUtil(): void {
  const old = util as { isNullOrUndefined?: (value: unknown) => boolean; isArray?: (value: unknown) => boolean };
  old.isNullOrUndefined ??= (value) => value === undefined || value === null;
  old.isArray ??= Array.isArray;
}
