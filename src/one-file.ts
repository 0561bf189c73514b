// The public surface of the build of one file, for pages and workers without a bundler: that of browsers, and the kit as a name.
export * from './browser.ts';
export * as kit from './kit.ts';
