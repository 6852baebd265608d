/** Sizes along the two axes of images. */

/** Along H and along W. */
export type Pair = readonly [number, number]

/** One number stands for both. */
export const pairOf = (n: number | Pair): Pair => (typeof n === 'number' ? [n, n] : n)

/** As it was most likely written: one number where both are the same. */
export const showPair = ([a, b]: Pair): string => (a === b ? `${a}` : `[${a}, ${b}]`)
