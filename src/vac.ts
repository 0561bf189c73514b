// The virtual computer, on Node.
import { nodeCryptography } from './host/node/cryptography.ts';
import { nodeHost } from './host/node/host.ts';
import { signerOf, statedSigner, trustedSigner } from './interchange/signature.ts';
import { isWasm } from './vac/wasm/import-wasm.ts';
import {
  decodeVacProgram,
  importWasm,
  packVac,
  type PackedVac,
  type PackVacOptions,
  PageStore,
  type RuntimeOptions,
  unpackVac,
  type UnpackedVac,
  type VacProgram,
  VacRuntime,
} from './vac/surface.ts';

/** A program: as it is, as bytes that `encodeVacProgram` wrote, or as a WebAssembly module. */
export type VacSource = VacProgram | Uint8Array;

const programOf = (source: VacSource): VacProgram =>
  !(source instanceof Uint8Array) ? source : isWasm(source) ? importWasm(source) : decodeVacProgram(source);

/** A machine with devices, checkpoints and a journal. Throws FormatError for a program that is not valid. */
export async function openVac(source: VacSource, options: Partial<RuntimeOptions> = {}): Promise<VacRuntime> {
  const { digest } = await nodeHost();
  return new VacRuntime(programOf(source), { digest, ...options });
}

/** The files of the state as it is; `key` is a secret key as text that signs them. */
export function packRuntime(
  runtime: VacRuntime,
  { key, ...options }: PackVacOptions & { readonly key?: string } = {},
): PackedVac {
  const sign = key === undefined ? {} : { sign: signerOf(key, nodeCryptography) };
  return packVac(runtime, runtime.checkpoint(), { ...options, ...sign });
}

/** What a pair of files was found to be, and who answers for it. */
export interface VerifiedVac extends UnpackedVac {
  readonly signer: string | undefined;
  readonly pages: PageStore;
}

/** Reads both files and checks all of them; where `trust` lists public keys, one of them must have signed. */
export async function verifyVac(files: PackedVac, trust?: readonly string[]): Promise<VerifiedVac> {
  const { digest } = await nodeHost();
  const pages = new PageStore(digest);
  const found = unpackVac(files, pages);
  const { sealed, signature } = found;
  const signer =
    trust === undefined ? statedSigner(signature) : trustedSigner(sealed, signature, trust, nodeCryptography);
  return { ...found, signer, pages };
}

/** A machine that goes on from two files. Throws FormatError that names a page that was left out. */
export async function resumeVac(files: PackedVac, options: Partial<RuntimeOptions> = {}): Promise<VacRuntime> {
  const { digest } = await nodeHost();
  const pages = options.pages ?? new PageStore(digest);
  const { program, checkpoint } = unpackVac(files, pages);
  return new VacRuntime(program, { digest, ...options, limits: checkpoint.limits, pages }).load(checkpoint);
}

export * from './vac/surface.ts';
