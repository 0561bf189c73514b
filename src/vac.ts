// The virtual computer, on Node.
export * from './vac/surface.ts';
