// All ops of the library, for pages, whose main entry has those that most programs need: import it once, for its
// effect.
export * from './core/ops/library.ts';
