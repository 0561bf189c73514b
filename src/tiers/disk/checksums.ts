// The checksums of this process (docs/format/store.md), and the memory that frames are read into to be summed there.
import { Checksums } from '../../../kernels/wasm/checksum.ts';
import { MAX_FRAME_BYTES } from './layout.ts';

let opened: Checksums | undefined;

/** One for all stores: whatever is put into its room is used before anything is awaited. */
export const checksums = (): Checksums => (opened ??= new Checksums(MAX_FRAME_BYTES));
