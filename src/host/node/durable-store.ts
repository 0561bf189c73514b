// The durable store of a Node process: which folder it is in, and one opening of it for all sheets of the process.
import type { Digest, Host } from '../../core/env.ts';
import type { Store, TellTrouble } from '../../kit.ts';
import { wrap } from '../../core/store/store.ts';
import type { DiskStore, DiskStoreOptions } from '../../tiers/disk/disk-store.ts';
import { storeFolder } from './store-folder.ts';

/** An open store, and how many sheets have it. */
interface Opened {
  readonly store: Promise<DiskStore>;
  /** Ends what watches for the end of the process. */
  withdraw: () => void;
  users: number;
}

const opened = new Map<string, Opened>();

/** Opens the store in a folder, or in that of the project. Sheets of one process share it; the last closes it. */
export async function openNodeStore(named: string | undefined, host: Host, tell: TellTrouble): Promise<Store> {
  const folder = storeFolder(named);
  const known = opened.get(folder) ?? { store: openIn(folder, host, tell), withdraw: () => {}, users: 0 };
  opened.set(folder, known);
  const isFirst = known.users++ === 0;
  try {
    const store = await known.store;
    if (isFirst) known.withdraw = host.onExit(() => store.flushNow());
    return shared(folder, known, store);
  } catch (error) {
    opened.delete(folder);
    throw error;
  }
}

async function openIn(folder: string, host: Host, tell: TellTrouble): Promise<DiskStore> {
  const store = await openDiskStore(folder, host.digest, { tell });
  if (store.isNew)
    host.warn(
      `Results are kept for later runs in ${folder}, ${(store.capBytes / 1e9).toFixed(1)} GB at most. ` +
        "It can be deleted at any time; open({ store: 'memory' }) or SYMBOLIC_SHEET_STORE=off does without.",
    );
  return store;
}

/** A store that ends when all who have it have closed it. */
function shared(folder: string, known: Opened, store: DiskStore): Store {
  let isOpen = true;
  return wrap(store, {
    close: async () => {
      if (!isOpen) return;
      isOpen = false;
      if (--known.users > 0) return store.flush();
      opened.delete(folder);
      await store.close();
      known.withdraw();
    },
  });
}

/** Opens the store of a folder for one user alone. */
export async function openDiskStore(
  folder: string | undefined,
  digest: Digest,
  options: Omit<DiskStoreOptions, 'digest'>,
): Promise<DiskStore> {
  const [{ DiskStore }, { nodeFileSystem }] = await Promise.all([
    import('../../tiers/disk/disk-store.ts'),
    import('./file-system.ts'),
  ]);
  return DiskStore.open(nodeFileSystem(storeFolder(folder)), { ...options, digest });
}
