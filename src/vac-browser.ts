// The virtual computer, in a page.
import { openPortableDigest } from './host/portable-digest.ts';
import {
  decodeVacProgram,
  importWasm,
  type PackedVac,
  PageStore,
  type RuntimeOptions,
  unpackVac,
  type VacProgram,
  VacRuntime,
} from './vac/surface.ts';
import { isWasm } from './vac/wasm/import-wasm.ts';

/** A machine, as on Node. */
export async function openVac(
  source: VacProgram | Uint8Array,
  options: Partial<RuntimeOptions> = {},
): Promise<VacRuntime> {
  const digest = await openPortableDigest();
  const bytes = source instanceof Uint8Array ? source : undefined;
  const program =
    bytes === undefined ? (source as VacProgram) : isWasm(bytes) ? importWasm(bytes) : decodeVacProgram(bytes);
  return new VacRuntime(program, { digest, ...options });
}

/** A machine that goes on from two files, as on Node. */
export async function resumeVac(files: PackedVac, options: Partial<RuntimeOptions> = {}): Promise<VacRuntime> {
  const digest = await openPortableDigest();
  const pages = options.pages ?? new PageStore(digest);
  const { program, checkpoint } = unpackVac(files, pages);
  return new VacRuntime(program, { digest, ...options, limits: checkpoint.limits, pages }).load(checkpoint);
}

export * from './vac/surface.ts';
