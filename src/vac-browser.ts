// The virtual computer, in a page.
export * from './vac/surface.ts';
