/**
 * Linear interpolation on an index, and what takes its place on the grid of an image, the discrete membrane:
 * each hidden pixel is the mean of its neighbours. On an index both are the same, and beyond the last seen
 * entry both are constant.
 */
import { TweedieError } from '../error.ts'
import { baselineEntry } from './baseline.ts'
import { type Interpolation, interpolated } from './interpolate.ts'

/** Between the seen neighbours; constant beyond the first and the last. */
const onIndex =
  (size: number): Interpolation =>
  ({ at, y }) => {
    const out = Float64Array.from({ length: size }, (_, i) => y[i < at[0] ? at[0] : at[at.length - 1]])
    for (let k = 0; k + 1 < at.length; k++) {
      const [a, b] = [at[k], at[k + 1]]
      for (let i = a; i <= b; i++) out[i] = y[a] + ((y[b] - y[a]) * (i - a)) / (b - a)
    }
    return out
  }

/** Largest change of a sweep with which it ends, relative to the spread of what was seen. */
const SETTLED = 1e-6

/** Neighbours of every pixel, up to four. */
const neighbours = (height: number, width: number): number[][] =>
  Array.from({ length: height * width }, (_, p) => {
    const [row, column] = [Math.floor(p / width), p % width]
    return [
      ...(row > 0 ? [p - width] : []),
      ...(row < height - 1 ? [p + width] : []),
      ...(column > 0 ? [p - 1] : []),
      ...(column < width - 1 ? [p + 1] : []),
    ]
  })

/** Laplace's equation by successive over-relaxation (Young 1954) from the mean of what was seen. */
const onGrid = (height: number, width: number): Interpolation => {
  const around = neighbours(height, width)
  const omega = 2 / (1 + Math.sin(Math.PI / (Math.max(height, width) + 1)))
  const most = 20 * (height + width)
  return ({ at, y }) => {
    const seen = new Set(at)
    const values = at.map((p) => y[p])
    const start = values.reduce((a, b) => a + b, 0) / values.length
    const spread = values.reduce((most, v) => Math.max(most, Math.abs(v - start)), 0)
    const x = Float64Array.from(y, (v, p) => (seen.has(p) ? v : start))
    const hidden = around.map((_, p) => p).filter((p) => !seen.has(p))
    for (let sweep = 0; sweep < most; sweep++) {
      let moved = 0
      for (const p of hidden) {
        let sum = 0
        for (const q of around[p]) sum += x[q]
        const step = omega * (sum / around[p].length - x[p])
        x[p] += step
        moved = Math.max(moved, Math.abs(step))
      }
      if (moved <= SETTLED * spread) break
    }
    return x
  }
}

export const linearEntry = baselineEntry({
  name: 'linear',
  title: 'linear interpolation',
  reference: 'on images the membrane, Young 1954',
  needs: 'mask',
  draws: false,
  settings: {},
  make: () =>
    interpolated(({ grid }) => {
      if (!grid)
        throw new TweedieError('input', 'linear: needs a grid or an index; nearest and kriging take points')
      return grid.length === 1 ? onIndex(grid[0]) : onGrid(grid[0], grid[1])
    }),
})
