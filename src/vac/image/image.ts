// A machine as two files: `.vac.json` says what it is, `.vacimg` has its program and pages. What was left out of the
// image is named, and everything else is checked. docs/guides/vac.md.
import { type Digest, FormatError, LimitError, toHex } from '../../kit.ts';
import { VAC_PAGE_BYTES, type VacLimits } from '../machine/layout.ts';
import { ByteReader, ByteWriter } from '../program/bytes.ts';
import { decodeVacProgram, encodeVacProgram } from '../program/encoding.ts';
import type { VacProgram } from '../program/program.ts';
import { stateRootOf, type VacCheckpoint, type VacRuntime } from '../runtime/runtime.ts';
import { bytesOfHex, type PageId, type PageStore, ZERO_PAGE } from '../snapshot/pages.ts';

const IMAGE_MAGIC = 'vacimg';
const VERSION = 1;
/** Most bytes of a manifest, and pages of an image. */
const MAX_MANIFEST_BYTES = 64 << 20;
const MAX_PAGES = 1 << 20;

/** Signs 32 bytes. */
export type SignImage = (root: Uint8Array) => Uint8Array;

/** What `packVac` leaves out, says, and signs with. */
export interface PackVacOptions {
  /** Numbers of pages whose bytes are left out; their ids stay, so that the root can be checked. */
  readonly redact?: readonly number[];
  /** Who made it, with what, of which state: texts of the caller. */
  readonly provenance?: Readonly<Record<string, string>>;
  readonly sign?: SignImage;
}

/** The two files. */
export interface PackedVac {
  readonly manifest: string;
  readonly image: Uint8Array;
}

/** What was read, all of it checked. */
export interface UnpackedVac {
  readonly program: VacProgram;
  readonly checkpoint: VacCheckpoint;
  /** Pages that were left out. */
  readonly redacted: readonly number[];
  readonly provenance: Readonly<Record<string, string>>;
  /** The digest that is signed, and the signature where there is one. */
  readonly sealed: Uint8Array;
  readonly signature: Uint8Array;
}

/** The files of a checkpoint of a runtime. The same state gives the same bytes. */
export function packVac(runtime: VacRuntime, checkpoint: VacCheckpoint, options: PackVacOptions = {}): PackedVac {
  const { redact = [], provenance = {}, sign } = options;
  const { digest } = runtime.pages;
  const left = new Set(redact.map((page) => checkpoint.pages[page]));
  const ids = [...new Set(checkpoint.pages)].filter((id) => id !== ZERO_PAGE && !left.has(id)).sort();
  const to = new ByteWriter().text(IMAGE_MAGIC).u32(VERSION);
  to.sized(encodeVacProgram(runtime.machine.linked.program));
  to.list(ids, (id) => to.raw(bytesOfHex(id)).raw(runtime.pages.get(id)!));
  const image = to.finish();
  const { ticks, root, isa, code, limits, pages, devices, inputs } = checkpoint;
  const content = {
    vac: VERSION,
    isa,
    code,
    root,
    ticks: String(ticks),
    inputs,
    limits,
    devices: devices.map(({ name, version, state }) => ({ name, version, state: toHex(state) })),
    pages: runsOf(pages),
    redacted: pages.flatMap((id, at) => (left.has(id) ? [at] : [])),
    image: toHex(digest.hash(image)),
    provenance: Object.fromEntries(
      Object.keys(provenance)
        .sort()
        .map((name) => [name, provenance[name]]),
    ),
  };
  const signature = sign === undefined ? '' : toHex(sign(sealedBy(content, digest)));
  return { manifest: `${JSON.stringify({ ...content, signature }, undefined, 2)}\n`, image };
}

type Content = Readonly<Record<string, unknown>>;

const sealedBy = (content: Content, digest: Digest): Uint8Array =>
  digest.hash(new TextEncoder().encode(JSON.stringify(content)));

/** Reads both files, checks every digest, and puts the pages into a store. Throws FormatError or LimitError. */
export function unpackVac({ manifest, image }: PackedVac, pages: PageStore): UnpackedVac {
  const { signature, ...content } = readManifestText(manifest);
  const { digest } = pages;
  const of = new Fields(content);
  if (of.number('vac') !== VERSION) refuse(`it is of version ${of.number('vac')}, and this release reads ${VERSION}`);
  if (toHex(digest.hash(image)) !== of.text('image')) refuse('the image is another one, or damaged');
  const ids = pagesOf(of.list('pages'));
  const devices = of.list('devices').map((each) => {
    const device = new Fields(each);
    return { name: device.text('name'), version: device.number('version'), state: bytesOf(device.text('state')) };
  });
  const limits = new Fields(of.get('limits'));
  const checkpoint: VacCheckpoint = {
    ticks: BigInt(/^\d{1,20}$/.exec(of.text('ticks'))?.[0] ?? refuse('its ticks are no number')),
    root: of.text('root'),
    isa: of.number('isa'),
    code: of.text('code'),
    limits: limitsOf(limits),
    pages: ids,
    devices,
    inputs: of.number('inputs'),
  };
  if (stateRootOf(checkpoint, digest) !== checkpoint.root) refuse('its root is another one');
  const redacted = of.list('redacted').map(Number);
  const program = readImage(image, checkpoint.code, pages);
  const left = new Set(redacted.map((page) => ids[page]));
  for (const [at, id] of ids.entries()) if (!pages.has(id) && !left.has(id)) refuse(`page ${at} is missing`);
  return {
    program,
    checkpoint,
    redacted,
    provenance: of.get('provenance') as Readonly<Record<string, string>>,
    sealed: sealedBy(content, digest),
    signature: typeof signature === 'string' ? bytesOf(signature) : refuse('its signature is none'),
  };
}

function readImage(image: Uint8Array, code: string, pages: PageStore): VacProgram {
  const from = new ByteReader(image, 'This image');
  if (from.text() !== IMAGE_MAGIC || from.u32() !== VERSION) from.fail('it is none of this version');
  const program = from.take(from.u32());
  if (toHex(pages.digest.hash(program)) !== code) from.fail('its program is another one');
  from.list(() => {
    const id = toHex(from.take(32));
    pages.add(id, from.take(VAC_PAGE_BYTES).slice());
  });
  if (!from.isAtEnd) from.fail('there is more than an image');
  return decodeVacProgram(program);
}

/** Pages as runs of equal ones: most of a new machine is zeros. */
function runsOf(pages: readonly PageId[]): (readonly [PageId, number])[] {
  const runs: [PageId, number][] = [];
  for (const id of pages) {
    const last = runs.at(-1);
    if (last?.[0] === id) last[1] += 1;
    else runs.push([id, 1]);
  }
  return runs;
}

function pagesOf(runs: readonly unknown[]): PageId[] {
  const pages: PageId[] = [];
  for (const run of runs) {
    const [id, count] = Array.isArray(run) ? (run as unknown[]) : [];
    if (typeof id !== 'string' || typeof count !== 'number' || !(count > 0)) refuse('its pages are none');
    bytesOfHex(id);
    if (pages.length + count > MAX_PAGES)
      throw new LimitError(`An image of more than ${MAX_PAGES} pages; it is not read.`, { limit: MAX_PAGES });
    for (let at = 0; at < count; at += 1) pages.push(id);
  }
  return pages;
}

const limitsOf = (limits: Fields): VacLimits => ({
  stackSlots: limits.number('stackSlots'),
  depth: limits.number('depth'),
  memoryPages: limits.number('memoryPages'),
});

function readManifestText(text: string): Content {
  if (text.length > MAX_MANIFEST_BYTES)
    throw new LimitError(`A manifest of ${text.length} bytes; at most ${MAX_MANIFEST_BYTES} are read.`, {
      lengthBytes: text.length,
    });
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Content;
  } catch {
    // Text that is no JSON is refused as any other manifest that is none.
  }
  return refuse('its manifest is no JSON object');
}

/** Fields of a record from a file, each of the kind that it must be. */
class Fields {
  readonly #record: Content;

  constructor(record: unknown) {
    if (typeof record !== 'object' || record === null) refuse('a part of its manifest is no record');
    this.#record = record as Content;
  }

  get(name: string): unknown {
    return Object.hasOwn(this.#record, name) ? this.#record[name] : refuse(`its manifest has no "${name}"`);
  }

  text(name: string): string {
    const value = this.get(name);
    return typeof value === 'string' ? value : refuse(`"${name}" is no text`);
  }

  number(name: string): number {
    const value = this.get(name);
    return Number.isSafeInteger(value) && Number(value) >= 0 ? Number(value) : refuse(`"${name}" is no number`);
  }

  list(name: string): readonly unknown[] {
    const value = this.get(name);
    return Array.isArray(value) ? (value as readonly unknown[]) : refuse(`"${name}" is no list`);
  }
}

function refuse(why: string): never {
  throw new FormatError(`This machine cannot be read: ${why}. Take both files from where they were written.`, { why });
}

function bytesOf(hex: string): Uint8Array {
  if (!/^([0-9a-f]{2})*$/.test(hex)) refuse('bytes that are not hexadecimal');
  return Uint8Array.from({ length: hex.length / 2 }, (_, at) => Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16));
}
