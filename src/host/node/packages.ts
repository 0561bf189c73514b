// Packages that a program may have beside the library. Bundlers do not follow these names: what a bundle was made
// without is looked for where it runs.
import type { createRequire } from 'node:module';
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { UnavailableError } from '../../core/errors.ts';

type Require = ReturnType<typeof createRequire>;

/**
 * A package by `require`, as the library sees it or as the program's folder does. Throws what the last attempt threw.
 */
export function requirePackage(name: string): unknown {
  let failure: unknown = new UnavailableError(
    `${name} is not looked for, since this host cannot make a require function; leave it out.`,
    { name },
  );
  for (const from of requirers()) {
    try {
      return from(name);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/** The file of a package, looked for first in the places that come first; undefined where it is in none. */
export function resolvePackage(name: string, order: 'library' | 'program' = 'library'): string | undefined {
  for (const from of order === 'library' ? requirers() : requirers().reverse()) {
    try {
      return from.resolve(name);
    } catch {
      // Not there: the other place may have it.
    }
  }
  return undefined;
}

/** Whether a package is installed, one for `import` alone included, which does not resolve. */
export function isInstalled(name: string): boolean {
  return requirers().some((from) => {
    try {
      from.resolve(name);
      return true;
    } catch (error) {
      return (error as { code?: string }).code !== 'MODULE_NOT_FOUND';
    }
  });
}

/** A package, or a file by its address, by `import`. */
export const importPackage = (name: string): Promise<unknown> =>
  import(/* webpackIgnore: true */ /* turbopackIgnore: true */ /* @vite-ignore */ name);

/**
 * A package that the program has to install for what it asks, by `require` where that works and else by `import`. An
 * UnavailableError where it is not there says what to install, and what to do instead.
 */
export async function loadPeer(name: string, instead: string): Promise<unknown> {
  try {
    return requirePackage(name);
  } catch {
    try {
      return await importPackage(name);
    } catch (cause) {
      const message = `The package "${name}" is needed and not installed: npm install ${name}. ${instead}`;
      throw new UnavailableError(message, { package: name }, { cause });
    }
  }
}

/** A `require` of a file or folder; bundlers know the one that is imported from `node:module`, and follow it. */
export const requireFrom = (place: string): Require | undefined =>
  process.getBuiltinModule?.('node:module').createRequire(place);

function requirers(): Require[] {
  return [libraryPlace(), pathToFileURL(join(process.cwd(), 'package.json')).href].flatMap((place) =>
    place === undefined ? [] : (requireFrom(place) ?? []),
  );
}

/** Where this file is; bundles of some formats do not know. */
function libraryPlace(): string | undefined {
  try {
    const place: string | undefined = import.meta.url;
    return place?.startsWith('file:') === true ? place : undefined;
  } catch {
    return undefined;
  }
}
