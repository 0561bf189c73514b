// The public surface of the build of one file, for pages and workers without a bundler: that of browsers, and those of
// the other entries as names.
export * from './browser.ts';
export * as kit from './kit.ts';
export * as testing from './testing.ts';
export * as ops from './ops.ts';
export * as interchange from './interchange-browser.ts';
export * as table from './table-browser.ts';
export * as numpy from './numpy-browser.ts';
export * as grad from './grad-browser.ts';
export * as formula from './formula-browser.ts';
export * as onnx from './onnx-browser.ts';
export * as vac from './vac-browser.ts';
export * as atomsheet from './atomsheet-browser.ts';
