// A WebGPU adapter on any machine: SwiftShader, the software Vulkan driver that @sparticuz/chromium ships; a real GPU where there is one.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { brotliDecompressSync } from 'node:zlib';
import koffi from 'koffi';

const CACHE = join(import.meta.dirname, '../../node_modules/.cache/swiftshader');

/** Makes the software driver the one that Dawn finds; must come before `webgpu` is imported. */
export function useSwiftShader(): void {
  const folder = unpacked();
  // koffi unloads the library when this object is collected.
  (globalThis as { testVulkanKeptAlive?: unknown }).testVulkanKeptAlive = koffi.load(join(folder, 'libvulkan.so.1'));
  process.env['VK_ICD_FILENAMES'] = join(folder, 'vk_swiftshader_icd.json');
}

/** The driver's folder, unpacked once. */
function unpacked(): string {
  if (existsSync(join(CACHE, 'libvulkan.so.1'))) return CACHE;
  const archive = join(dirname(createRequire(import.meta.url).resolve('@sparticuz/chromium')), '../../bin/swiftshader.tar.br');
  const part = `${CACHE}.${process.pid}.part`;
  mkdirSync(part, { recursive: true });
  execFileSync('tar', ['-x', '-f', '-', '-C', part], { input: brotliDecompressSync(readFileSync(archive)) });
  try {
    renameSync(part, CACHE);
  } catch {
    // Another test file was first.
    rmSync(part, { recursive: true });
  }
  return CACHE;
}
