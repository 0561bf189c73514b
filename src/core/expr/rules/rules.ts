// The table of rules: what documents, tests and layers over symbols read. Tensors load each class where they need it.
import { EXACT_RULES } from './exact.ts';
import { REAL_RULES } from './real.ts';
import type { Rule } from './rule.ts';

/** All rules, those of class exact first. */
export const RULES: readonly Rule[] = [...EXACT_RULES, ...REAL_RULES];
