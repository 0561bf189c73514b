import type { OpRow } from './define.ts';
export const RANDOM: readonly OpRow[] = [];
