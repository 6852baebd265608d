/**
 * How far results of other providers may be from those of the CPU in Node, |a − b| / max(1, |b|) at worst:
 * the table of docs/ARCHITECTURE.md, which devices.test.ts reads.
 */
export const tolerances = {
  'WebGPU in Node': 1e-4,
  'WebAssembly in a browser': 1e-4,
  'WebGPU in a browser': 1e-4,
} as const
