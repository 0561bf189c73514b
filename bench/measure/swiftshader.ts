// SwiftShader, the software Vulkan driver that @sparticuz/chromium ships: a WebGPU adapter on any machine, for sanity
// alone.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { brotliDecompressSync } from 'node:zlib';

const CACHE = join(import.meta.dirname, '../node_modules/.cache/swiftshader');

/** The driver's folder, unpacked once. */
export function swiftShaderFolder(): string {
  if (existsSync(join(CACHE, 'libvulkan.so.1'))) return CACHE;
  const archive = join(
    dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')),
    '../../bin/swiftshader.tar.br',
  );
  const part = `${CACHE}.${process.pid}.part`;
  mkdirSync(part, { recursive: true });
  execFileSync('tar', ['-x', '-f', '-', '-C', part], { input: brotliDecompressSync(readFileSync(archive)) });
  try {
    renameSync(part, CACHE);
  } catch {
    // Another process was first.
    rmSync(part, { recursive: true });
  }
  return CACHE;
}

/** Settings of a process that make it find this driver, and no other. */
export function swiftShaderEnv(): Record<string, string> {
  const folder = swiftShaderFolder();
  return {
    VK_ICD_FILENAMES: join(folder, 'vk_swiftshader_icd.json'),
    LD_LIBRARY_PATH: [folder, process.env['LD_LIBRARY_PATH'] ?? ''].filter((path) => path !== '').join(':'),
  };
}
