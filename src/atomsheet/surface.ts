// What both entries of the sheet of formulas export.
export { AtomSheet } from './atom-sheet.ts';
export type { AtomSheetStats, CellContent } from './atom-sheet.ts';
export { CellError } from './cell-value.ts';
export type { CellErrorCode, AtomValue } from './cell-value.ts';
