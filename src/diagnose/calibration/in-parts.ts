/**
 * Tests that take problems in part by part: of each problem they keep a few numbers, so that neither draws
 * nor signals are ever all in memory. Taken in at once or in parts, the figures are the same.
 */

/** Something that is told of part after part, and then what follows from all. */
export interface InParts<Part extends readonly unknown[], Result> {
  /** Takes in the next problems. */
  readonly add: (...part: Part) => void
  readonly result: () => Result
}

/** Numbers of problems, one for each, that come part by part. */
export interface Column {
  readonly add: (values: Float64Array) => void
  /** Those of all problems so far. */
  readonly all: () => Float64Array
}

/** An empty column. */
export const column = (): Column => {
  let values = new Float64Array(0)
  let count = 0
  return {
    add: (next) => {
      if (count + next.length > values.length) {
        const more = new Float64Array(Math.max(count + next.length, 2 * values.length))
        more.set(values)
        values = more
      }
      values.set(next, count)
      count += next.length
    },
    all: () => values.subarray(0, count),
  }
}

/** So many empty columns. */
export const columns = (count: number): Column[] => Array.from({ length: count }, column)
