/** Average pooling. */
import type { Tensor } from '../tensor.ts'
import { sumPool } from './conv.ts'
import { mul } from './elementwise.ts'

/** Means over factor × factor cells: [B, C, H, W] → [B, C, H/f, W/f]. */
export const avgPool = (x: Tensor, factor: number): Tensor => mul(sumPool(x, factor), 1 / (factor * factor))
