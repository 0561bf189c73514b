// The sheet of formulas, in a page.
export * from './atomsheet/surface.ts';
