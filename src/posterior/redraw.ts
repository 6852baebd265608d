/**
 * Draws that are not finite, drawn again. Of many thousand draws one may diverge; the others are as good as
 * ever. So a row that comes out with NaN or infinity is drawn again by itself, by the same noise and twice
 * the steps, then four times; what is not finite then is lost, and stays as it came.
 */
import { levelsOf, type SamplerOptions, stepsOf } from '../diffusion/index.ts'
import { firstNotFinite, float32, type NdArray, sizeOf } from '../tensor/index.ts'
import type { BatchDraw } from './batch-draw.ts'

/** Times the steps of each further try. */
const TIMES = [2, 4] as const

/**
 * Options of a sampler that takes several times the steps, between the same levels where those are given.
 *
 * @example
 * ```ts
 * finer({ steps: 32 }, 2).steps // 64
 * ```
 */
export const finer = (options: SamplerOptions, times: number): SamplerOptions => {
  const { grid: given } = options
  if (times === 1) return options
  const steps = stepsOf(options)
  if (!given) return { ...options, steps: steps * times }
  const grid = levelsOf({ ...options, steps })
  const between = grid
    .slice(1)
    .flatMap((level, i) =>
      Array.from({ length: times }, (_, part) => grid[i] * (level / grid[i]) ** ((part + 1) / times)),
    )
  return { ...options, grid: [grid[0], ...between] }
}

/**
 * Rows of x [B, ...event] with a value that is not finite.
 *
 * @example
 * ```ts
 * rowsNotFinite(ndarray([1, 2, Number.NaN, 4], [2, 2])) // [1]
 * ```
 */
export const rowsNotFinite = (x: NdArray<'float32'>): number[] => {
  const n = sizeOf(x.shape.slice(1))
  return Array.from({ length: x.shape[0] }, (_, row) => row).filter(
    (row) => firstNotFinite({ data: x.data.subarray(row * n, (row + 1) * n) }) >= 0,
  )
}

/**
 * Draws whose rows are drawn again where they are not finite. A batch of which no row is finite is left: not
 * a row diverged, but the sampler.
 *
 * @param drawing - compiles the draws with a number of times the steps; 1 at once, others when needed
 *
 * @example
 * ```ts
 * const batched = batchedObservations(set)
 * const draw = redrawn((times) => {
 *   const compiled = compileMethod(mmps(), prior, batched.observation, finer({ steps: 32 }, times))
 *   return samplerDraw(compiled, batched, zeros([784]))
 * })
 * ```
 */
export const redrawn = (drawing: (times: number) => BatchDraw): BatchDraw => {
  const draw = drawing(1)
  const made = new Map<number, BatchDraw>()
  const by = (times: number): BatchDraw => {
    const known = made.get(times) ?? drawing(times)
    made.set(times, known)
    return known
  }
  const run: (...args: Parameters<BatchDraw>) => Promise<NdArray> = async (from, to, address) => {
    const x = float32(await draw(from, to, address))
    const lost = rowsNotFinite(x)
    if (lost.length === 0 || (lost.length === to - from && lost.length > 1)) return x
    const n = sizeOf(x.shape.slice(1))
    for (const row of lost) {
      for (const times of TIMES) {
        const again = float32(await by(times)(from + row, from + row + 1, address))
        if (firstNotFinite(again) >= 0) continue
        x.data.set(again.data, row * n)
        break
      }
    }
    return x
  }
  return Object.assign(run, {
    release: async () => {
      await Promise.all([draw, ...made.values()].map((compiled) => compiled.release()))
    },
  })
}
