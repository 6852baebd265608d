/**
 * How what is missing lies: figures of a mask by which masks of one law are told from those of another,
 * without knowing how they were drawn. The same in Node and in the browser.
 */

/** Where the entries of a mask lie. */
export type MaskSpace =
  | { readonly kind: 'image'; readonly height: number; readonly width: number }
  /** [V, 3]; entries of a mask after the first V are padding and do not count. */
  | { readonly kind: 'points'; readonly coordinates: Float32Array }

/** Figures of one mask. */
export interface MaskFigures {
  /** Share of the places that are seen. */
  readonly seen: number
  /**
   * Largest distance of a place that is not seen to the nearest that is: in steps along rows and columns, of
   * points along straight lines in the units of their coordinates. 0 where all are seen, Infinity where none.
   */
  readonly hole: number
  /**
   * Share of the pairs of neighbours of which one is seen, over its expectation 2 f (1 − f) for places that
   * are seen independently, each with probability f: about 1 for these, less for compact holes. Neighbours
   * are pixels that share a side; each point and the point nearest to it.
   */
  readonly edges: number
}

/** How masks of one space are measured. */
interface Geometry {
  /** Places that count, the first ones of a mask. */
  readonly places: number
  /** Of neighbours, two and two. */
  readonly pairs: Uint32Array
  readonly hole: (mask: Float32Array) => number
}

const isSeen = (value: number): boolean => value > 0.5

/** Steps along rows and columns from every pixel to the nearest seen one: the largest. */
const pixelHole = (mask: Float32Array, height: number, width: number): number => {
  const steps = Float64Array.from({ length: height * width }, (_, i) =>
    isSeen(mask[i]) ? 0 : Number.POSITIVE_INFINITY,
  )
  const relax = (at: number, from: number, inside: boolean): void => {
    if (inside) steps[at] = Math.min(steps[at], steps[from] + 1)
  }
  // Two sweeps are exact for distances along rows and columns (Rosenfeld & Pfaltz 1966).
  for (let i = 0; i < steps.length; i++) {
    relax(i, i - width, i >= width)
    relax(i, i - 1, i % width > 0)
  }
  for (let i = steps.length - 1; i >= 0; i--) {
    relax(i, i + width, i < (height - 1) * width)
    relax(i, i + 1, i % width < width - 1)
  }
  return steps.reduce((a, b) => Math.max(a, b), 0)
}

const imageGeometry = (height: number, width: number): Geometry => {
  const pairs: number[] = []
  for (let i = 0; i < height * width; i++) {
    if (i % width < width - 1) pairs.push(i, i + 1)
    if (i < (height - 1) * width) pairs.push(i, i + width)
  }
  return {
    places: height * width,
    pairs: Uint32Array.from(pairs),
    hole: (mask) => pixelHole(mask, height, width),
  }
}

const pointGeometry = (x: Float32Array): Geometry => {
  const places = x.length / 3
  const squared = (a: number, b: number): number =>
    (x[3 * a] - x[3 * b]) ** 2 + (x[3 * a + 1] - x[3 * b + 1]) ** 2 + (x[3 * a + 2] - x[3 * b + 2]) ** 2
  const nearest = (i: number): number => {
    let [found, least] = [i, Number.POSITIVE_INFINITY]
    for (let j = 0; j < places; j++) {
      if (j === i || squared(i, j) >= least) continue
      found = j
      least = squared(i, j)
    }
    return found
  }
  const hole = (mask: Float32Array): number => {
    const all = Array.from({ length: places }, (_, i) => i)
    const seen = all.filter((i) => isSeen(mask[i]))
    let largest = 0
    for (const i of all) {
      if (isSeen(mask[i])) continue
      let least = Number.POSITIVE_INFINITY
      for (const j of seen) {
        least = Math.min(least, squared(i, j))
        if (least <= largest) break // no larger hole (Taha & Hanbury 2015)
      }
      largest = Math.max(largest, least)
    }
    return Math.sqrt(largest)
  }
  const pairs = Array.from({ length: places }, (_, i) => [i, nearest(i)]).filter(([i, j]) => i !== j)
  return { places, pairs: Uint32Array.from(pairs.flat()), hole }
}

/**
 * Prepares the figures of masks over one space: neighbours are looked for once.
 *
 * @returns the figures of a mask, 1 where a place is seen, of at least as many entries as there are places
 *
 * @example
 * ```ts
 * const figures = maskFigures({ kind: 'image', height: 28, width: 28 })
 * const { seen, hole, edges } = figures(new Float32Array(784).fill(1)) // 1, 0, 1
 * ```
 */
export const maskFigures = (space: MaskSpace): ((mask: Float32Array) => MaskFigures) => {
  const { places, pairs, hole } =
    space.kind === 'image' ? imageGeometry(space.height, space.width) : pointGeometry(space.coordinates)
  return (mask) => {
    const seen = mask.subarray(0, places).filter(isSeen).length / places
    let unlike = 0
    for (let k = 0; k < pairs.length; k += 2)
      if (isSeen(mask[pairs[k]]) !== isSeen(mask[pairs[k + 1]])) unlike++
    const expected = (2 * seen * (1 - seen) * pairs.length) / 2
    return { seen, hole: hole(mask), edges: expected > 0 ? unlike / expected : 1 }
  }
}
