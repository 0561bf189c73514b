// The stores below RAM of a sheet that is opened.
import type { Host } from '../env.ts';
import type { Events } from '../engine/events.ts';
import type { LowerTiers } from '../engine/parts.ts';
import type { Settings } from '../engine/settings.ts';
import type { Store, TellTrouble } from '../store/store.ts';
import type { OpenOptions } from './open-options.ts';

/** Opens the durable store of a host: in the folder of a name, or where the host keeps such things. */
export type OpenStore = (folder: string | undefined, host: Host, tell: TellTrouble) => Promise<Store>;

/** Stores below RAM: those that were given, or the durable one of the host. Each kind of trouble is said once. */
export async function openTiers(
  { store = 'durable', stores }: OpenOptions,
  settings: Settings,
  host: Host,
  openStore: OpenStore | undefined,
  events: Events,
): Promise<LowerTiers | undefined> {
  if (settings.cache === 'off') return undefined;
  const said = new Set<string>();
  const tell: TellTrouble = ({ kind, detail }) => {
    events.tier({ action: kind, detail });
    if (said.size === said.add(kind).size) return;
    host.warn(`A store below RAM is ${kind === 'failed' ? 'failing' : kind}: ${detail}. Results are computed instead.`);
  };
  const given = stores ?? (typeof store === 'object' ? [store] : []);
  const folder = store === 'durable' ? host.settings.store : typeof store === 'string' ? store : undefined;
  const isWanted = stores === undefined && typeof store === 'string' && store !== 'memory' && folder !== 'off';
  const own = isWanted && openStore !== undefined ? await openDurable(openStore, folder, host, tell) : [];
  if (own.length + given.length === 0) return undefined;
  const { StoreTiers } = await import('../engine/lower-tiers.ts');
  return new StoreTiers([...own, ...given], host, tell, own);
}

/** The durable store; none where it cannot be opened, which is said: a cache never makes a program fail. */
async function openDurable(
  openStore: OpenStore,
  folder: string | undefined,
  host: Host,
  tell: TellTrouble,
): Promise<readonly Store[]> {
  try {
    return [await openStore(folder, host, tell)];
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    host.warn(`Results are not kept for later runs: ${why}`);
    return [];
  }
}
