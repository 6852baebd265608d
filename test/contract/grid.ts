/** Reference arithmetic on plain numbers: slow, obvious, and sharing nothing with the code under test. */

/** A row-major array of numbers. */
export interface Grid {
  readonly shape: readonly number[]
  readonly data: readonly number[]
}

type Index = readonly number[]

export const sizeOf = (shape: Index): number => shape.reduce((n, d) => n * d, 1)

/** The grid whose element at each index is `f(index)`. */
export const grid = (shape: Index, f: (index: number[]) => number): Grid => {
  const data = Array.from({ length: sizeOf(shape) }, (_, flat) => {
    const index = Array<number>(shape.length)
    let rest = flat
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = rest % shape[axis]
      rest = Math.floor(rest / shape[axis])
    }
    return f(index)
  })
  return { shape, data }
}

/** The element at an index; 0 outside, as convolutions see it. */
export const at = ({ shape, data }: Grid, index: Index): number => {
  if (index.some((i, axis) => i < 0 || i >= shape[axis])) return 0
  return data[index.reduce((flat, i, axis) => flat * shape[axis] + i, 0)]
}

const broadcast = (...shapes: Index[]): number[] => {
  const rank = Math.max(...shapes.map((s) => s.length))
  return Array.from({ length: rank }, (_, i) => {
    const sizes = shapes.map((s) => s[i - rank + s.length] ?? 1)
    return sizes.find((d) => d !== 1) ?? 1
  })
}

/** Reads a grid as if it had been broadcast. */
const stretched = (g: Grid, index: Index): number => {
  const tail = index.slice(index.length - g.shape.length)
  return at(
    g,
    tail.map((i, axis) => (g.shape[axis] === 1 ? 0 : i)),
  )
}

/** `f` element by element over broadcast grids. */
export const pointwise =
  (f: (...xs: number[]) => number) =>
  (...grids: Grid[]): Grid =>
    grid(broadcast(...grids.map((g) => g.shape)), (index) => f(...grids.map((g) => stretched(g, index))))

export const broadcastGrid = (g: Grid, shape: Index): Grid => grid(shape, (index) => stretched(g, index))

/** `f` of all elements that share the index of the axes kept; those axes stay as size 1. */
export const reduced = (g: Grid, axes: Index, f: (values: number[]) => number): Grid => {
  const shape = g.shape.map((d, axis) => (axes.includes(axis) ? 1 : d))
  const over = g.shape.map((d, axis) => (axes.includes(axis) ? d : 1))
  return grid(shape, (index) =>
    f([
      ...grid(over, (step) =>
        at(
          g,
          index.map((i, axis) => i + step[axis]),
        ),
      ).data,
    ]),
  )
}

export const reshaped = (g: Grid, shape: Index): Grid => ({ shape, data: g.data })

export const total = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)

export const dot = (a: readonly number[], b: readonly number[]): number => total(a.map((x, i) => x * b[i]))

/** Deterministic numbers in [lo, hi) (mulberry32). */
export const uniform = (seed: number, n: number, lo: number, hi: number): number[] => {
  let state = seed >>> 0
  return Array.from({ length: n }, () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return lo + ((hi - lo) * ((t ^ (t >>> 14)) >>> 0)) / 2 ** 32
  })
}

/** Error function by its Taylor series, good to 1e-14 for |x| ≤ 3. */
export const erfSeries = (x: number): number => {
  let [term, sum] = [x, x]
  for (let n = 1; n < 60; n++) {
    term *= (-x * x) / n
    sum += term / (2 * n + 1)
  }
  return (2 / Math.sqrt(Math.PI)) * sum
}
