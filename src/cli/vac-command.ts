// The command on machines: vac run, replay, verify, diff.
import { AttributeError } from '../index.ts';
import {
  assemble,
  ClockDevice,
  ConsoleDevice,
  decodeJournal,
  diffCheckpoints,
  encodeJournal,
  openVac,
  type PackedVac,
  packRuntime,
  RandomDevice,
  resumeVac,
  StorageDevice,
  type VacDevice,
  type JournalEntry,
  type VacRuntime,
  type VacSource,
  type VacType,
  type VacValue,
  verifyVac,
} from '../vac.ts';
import { readBytes, readKeys, readSecret, writeNew } from './files.ts';
import type { CommandResult } from './trace-commands.ts';

/** Options of the command, as words of the command line. */
export interface VacCommandOptions {
  /** run: stop after so many ticks. */
  readonly ticks?: string | undefined;
  /** run: what the console reads. */
  readonly input?: string | undefined;
  /** run: where the files of what it came to go, without their endings. */
  readonly out?: string | undefined;
  readonly force?: boolean | undefined;
  readonly key?: string | undefined;
  readonly trust?: readonly string[] | undefined;
}

const ACTIONS: Readonly<
  Record<string, (paths: readonly string[], options: VacCommandOptions) => Promise<CommandResult>>
> = { run, replay, verify, diff };

/** Does what the first word says. */
export async function vacCommand(
  [action = '', ...paths]: readonly string[],
  options: VacCommandOptions,
): Promise<CommandResult> {
  const act = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (act === undefined || paths.length === 0)
    throw new AttributeError(
      `vac: ${act === undefined ? `there is no "${action}"` : 'a file is missing'}; ` +
        'it is vac run FILE [FUNCTION ARGS], vac replay NAME, vac verify NAME or vac diff NAME NAME.',
      { action },
    );
  return act(paths, options);
}

/** Devices of a machine that the command line makes. */
function machineDevices(): { readonly console: ConsoleDevice; readonly devices: readonly VacDevice[] } {
  const console = new ConsoleDevice();
  return { console, devices: [console, new ClockDevice(), new RandomDevice(), new StorageDevice()] };
}

/** Runs a program, or goes on with a machine, and keeps what it came to where `out` says so. */
async function run([path, name, ...args]: readonly string[], options: VacCommandOptions): Promise<CommandResult> {
  const { console, devices } = machineDevices();
  const { runtime, call } = path!.endsWith('.vac.json')
    ? await resumed(path!, devices)
    : await begun(await sourceOf(path!), name, args, devices);
  console.type(options.input ?? '');
  runtime.run(options.ticks === undefined ? 2n ** 62n : ticksOf(options.ticks));
  if (options.out !== undefined) await writeMachine(options.out, call, runtime, options);
  return answer(runtime, console);
}

interface Begun {
  readonly runtime: VacRuntime;
  /** The function and its arguments, as words. */
  readonly call: string;
}

/** A program in a file: text, or a module. */
async function sourceOf(path: string): Promise<VacSource> {
  const bytes = await readBytes(path);
  return /\.(vat|txt)$/.test(path) ? assemble(new TextDecoder().decode(bytes)) : bytes;
}

async function resumed(path: string, devices: readonly VacDevice[]): Promise<Begun> {
  const files = await readMachine(path);
  const runtime = await resumeVac(files, { devices });
  const { provenance, checkpoint } = await verifyVac(files);
  // Its journal goes on where it was, so that the whole run can be replayed.
  runtime.replay(await readJournal(path)).load(checkpoint);
  return { runtime, call: provenance['call'] ?? '' };
}

const readJournal = async (path: string): Promise<JournalEntry[]> =>
  decodeJournal(await readBytes(`${nameOf(path)}.vacjournal`));

async function begun(
  source: VacSource,
  name: string | undefined,
  args: readonly string[],
  devices: readonly VacDevice[],
): Promise<Begun> {
  const runtime = await openVac(source, { devices });
  const { program, functions } = runtime.machine.linked;
  const exported = program.exports.filter(({ kind }) => kind === 'function');
  const entry = exported.find((one) => one.name === (name ?? 'main')) ?? exported[0];
  const types = entry === undefined ? [] : functions[entry.index]!.signature.params;
  if (program.start !== undefined) runtime.machine.startFunction(program.start).run();
  const called = name ?? entry?.name ?? 'main';
  runtime.start(
    called,
    args.map((text, at) => valueOf(text, types[at])),
  );
  return { runtime, call: [called, ...args].join(' ') };
}

/** Runs a machine again from its program and journal, and says whether it comes to the same root. */
async function replay([path]: readonly string[]): Promise<CommandResult> {
  const { program, checkpoint, provenance } = await verifyVac(await readMachine(path!));
  const { devices } = machineDevices();
  const [name, ...args] = (provenance['call'] ?? '').split(' ');
  const { runtime } = await begun(program, name, args, devices);
  runtime.replay(await readJournal(path!)).seek(checkpoint.ticks);
  const equal = runtime.root() === checkpoint.root;
  return {
    text: `${equal ? 'the same root' : 'another root'} at tick ${runtime.ticks}: ${runtime.root()}`,
    record: { equal, ticks: runtime.ticks, root: runtime.root(), expected: checkpoint.root },
    exitCode: equal ? 0 : 1,
  };
}

/** In what two machines differ. */
async function diff([first, second]: readonly string[]): Promise<CommandResult> {
  if (second === undefined) throw new AttributeError('vac diff: the second machine is missing.', { first });
  const [a, b] = [await verifyVac(await readMachine(first!)), await verifyVac(await readMachine(second))];
  const pages = diffCheckpoints(a.checkpoint, b.checkpoint);
  const equal = a.checkpoint.root === b.checkpoint.root;
  const [left, right] = [a.checkpoint.ticks, b.checkpoint.ticks];
  return {
    text: equal
      ? `the same state at ticks ${left} and ${right}`
      : `ticks ${left} and ${right}, ${pages.length} pages differ${pages.length === 0 ? '' : `: ${pages.join(' ')}`}`,
    record: { equal, ticks: [left, right], pages, roots: [a.checkpoint.root, b.checkpoint.root] },
    exitCode: equal ? 0 : 1,
  };
}

function valueOf(text: string, type: VacType | undefined): VacValue {
  const isNumber = type === 'i64' ? /^-?\d{1,20}$/.test(text) : text !== '' && !Number.isNaN(Number(text));
  if (!isNumber) throw new AttributeError(`vac run: "${text}" is no ${type ?? 'number'}.`, { text });
  return type === 'i64' ? BigInt(text) : Number(text);
}

function ticksOf(text: string): bigint {
  if (!/^\d{1,18}$/.test(text)) throw new AttributeError(`vac run: --ticks ${text} is no number of ticks.`, { text });
  return BigInt(text);
}

/** What a machine came to. */
function answer(runtime: VacRuntime, console: ConsoleDevice): CommandResult {
  const { machine, ticks, status } = runtime;
  const results = status === 'halted' ? machine.results() : [];
  const root = runtime.root();
  const trap = status === 'trapped' ? `: ${machine.trap}` : '';
  return {
    text: [
      ...(console.text === '' ? [] : [console.text.replace(/\n$/, '')]),
      `${status}${trap} at tick ${ticks}${results.length === 0 ? '' : `, gave ${results.join(' ')}`}`,
      `root ${root}`,
    ].join('\n'),
    record: { status, trap: machine.trap, ticks, results, root, output: console.text },
    exitCode: status === 'trapped' ? 1 : 0,
  };
}

/** The files of a machine, and the journal from its beginning; `call` is what it began with. */
async function writeMachine(
  name: string,
  call: string,
  runtime: VacRuntime,
  options: VacCommandOptions,
): Promise<void> {
  const key = options.key === undefined ? {} : { key: await readSecret(options.key) };
  const { manifest, image } = packRuntime(runtime, { provenance: { tool: 'symbolic-sheet vac', call }, ...key });
  await writeNew(`${name}.vac.json`, manifest, options.force);
  await writeNew(`${name}.vacimg`, image, options.force);
  await writeNew(`${name}.vacjournal`, encodeJournal(runtime.journal), options.force);
}

const nameOf = (path: string): string => path.replace(/\.vac\.json$|\.vacimg$/, '');

/** Both files of a machine. */
async function readMachine(path: string): Promise<PackedVac> {
  const name = nameOf(path);
  const manifest = await readBytes(`${name}.vac.json`);
  return { manifest: new TextDecoder().decode(manifest), image: await readBytes(`${name}.vacimg`) };
}

async function verify([path]: readonly string[], { trust }: VacCommandOptions): Promise<CommandResult> {
  const keys = trust === undefined ? undefined : await readKeys(trust);
  const { checkpoint, redacted, signer } = await verifyVac(await readMachine(path!), keys);
  const { ticks, root, pages } = checkpoint;
  const by = signer === undefined ? '' : `, signed by ${signer}`;
  const left = redacted.length === 0 ? '' : `, ${redacted.length} of them left out`;
  return {
    text: [`whole: tick ${ticks}, ${pages.length} pages${left}${by}`, `root ${root}`].join('\n'),
    record: { ticks, root, pages: pages.length, redacted, signer },
    exitCode: 0,
  };
}
