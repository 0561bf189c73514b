// Bundles tests of WGSL kernels for a page: its WebGPU stands for that of the `webgpu` package, its runner for vitest.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';

/** The page's GPU, as the package for Node gives one. */
const PAGE_GPU = 'export const create = () => navigator.gpu; export const useSwiftShader = () => {};';

/** What tests import from Node's side, replaced by what a page has. */
export const inPage: Plugin = {
  name: 'in-page',
  setup(build) {
    build.onResolve({ filter: /^vitest$/ }, () => ({ path: join(import.meta.dirname, 'browser-vitest.ts') }));
    // Parts of vitest, which may lie beside it or in it.
    build.onResolve({ filter: /^@vitest\// }, ({ path, kind, resolveDir, pluginData }) => {
      if (pluginData === 'resolved') return undefined;
      const from = resolveDir.includes('node_modules')
        ? resolveDir
        : dirname(fileURLToPath(import.meta.resolve('vitest')));
      return build.resolve(path, { kind, resolveDir: from, pluginData: 'resolved' });
    });
    build.onResolve({ filter: /\/src\/index\.ts$/ }, ({ path, resolveDir }) => ({
      path: join(resolveDir, path, '../browser.ts'),
    }));
    build.onResolve({ filter: /\/host\/node\/(gpu|host)\.ts$|\/one-device\.ts$/ }, () => ({
      path: join(import.meta.dirname, 'browser-host.ts'),
    }));
    build.onResolve({ filter: /^webgpu$|\/swiftshader\.ts$/ }, () => ({ path: 'gpu', namespace: 'page' }));
    build.onLoad({ filter: /.*/, namespace: 'page' }, () => ({ contents: PAGE_GPU }));
  },
};
