// A wrapper that keeps a store as it is: what is put into it goes nowhere.
import { type Store, wrap } from './store.ts';

/** The store, to be read alone. */
export const readonly = (store: Store): Store => wrap(store, { put: () => {}, discard: () => {} });
