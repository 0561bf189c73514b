// What both entries of tables export.
export { readCsv } from './read-csv.ts';
export type { CsvOptions } from './read-csv.ts';
export { Table } from './table.ts';
export type { Groups } from './groups.ts';
export type { Column, ColumnDType } from './column.ts';
export type { FillValue } from './encoding.ts';
export type { ColumnSource } from './frame.ts';
export type { Cells } from './print.ts';
export type { TableSource } from './source.ts';
export type { CellValue } from './values.ts';
export type { WriteCsvOptions } from './write-csv.ts';
export { minMax, restoreScaling, standardise } from './scaling.ts';
export type { MinMaxOptions, Scaling, ScalingStatistics } from './scaling.ts';
export { labelEncode, restoreLabels } from './labels.ts';
export type { LabelEncoding, LabelOptions, LabelStatistics } from './labels.ts';
export { kFold, trainTestSplit } from './split.ts';
export type { Fold, FoldOptions, SplitOptions } from './split.ts';
