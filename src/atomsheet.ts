// The sheet of formulas, on Node.
export * from './atomsheet/surface.ts';
