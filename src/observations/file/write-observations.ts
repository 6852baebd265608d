/** Observation sets written part by part, so that all of one is never in memory. */
import { type Arrays, type ArrayWriter, arrayWriter, asFloat32 } from '../../formats/index.ts'
import { parameterOf } from '../../operators/index.ts'
import { ndarray } from '../../tensor/index.ts'
import { checkMade } from '../check-operator.ts'
import { arraysOf } from '../codec.ts'
import { checkFrame, checkRows, type ObservationSet } from '../observation-set.ts'
import { PARAMETER, TRUTH } from './description.ts'

/** A file of observations that is being written. */
export interface ObservationWriter {
  /**
   * Writes the next observations. The first part says what they are of, and has at least two where there are
   * so many.
   *
   * @throws TweedieError `input` when they are unsound, `shape` when they are not of the kind of the first,
   * `io` when the system refuses
   */
  readonly append: (part: ObservationSet) => void
  /** Gives the file its name. @throws TweedieError `shape` when observations are missing */
  readonly close: () => void
  /** Leaves nothing behind; after `close` it does nothing. For `finally`. */
  readonly discard: () => void
}

/** Fields of parameters that are 0 or 1 whatever the observation, which take one byte an entry. */
const binaryFields = ({ operator }: ObservationSet): ReadonlySet<string> => {
  const { parameters, truth = {} } = operator
  const isBinary = (name: string): boolean => parameterOf(operator, name)?.binary === true
  const known = Object.keys(parameters).filter((name) => isBinary(name) && !Object.hasOwn(truth, name))
  const hidden = Object.keys(truth).filter(isBinary)
  return new Set([...known.map((name) => PARAMETER + name), ...hidden.map((name) => TRUTH + name)])
}

/** The arrays of a part, with the same dtypes whatever its values are. */
const arraysOfPart = (part: ObservationSet): Arrays => {
  const binary = binaryFields(part)
  return Object.fromEntries(
    Object.entries(arraysOf(part)).map(([key, array]) => {
      if (!key.startsWith(PARAMETER) && !key.startsWith(TRUTH)) return [key, array]
      const floats = asFloat32(array, key, false, '')
      return [key, binary.has(key) ? ndarray(floats.data, floats.shape, 'bool') : floats]
    }),
  )
}

/** Fields that have a row for each observation. */
const rowFields = ({ y, std, operator }: ObservationSet): string[] => {
  const [count] = y.shape
  const own = (prefix: string, arrays: ObservationSet['operator']['parameters'] = {}) =>
    Object.keys(arrays)
      .filter((name) => arrays[name].shape[0] === count)
      .map((name) => prefix + name)
  const noise = std?.shape[0] === count ? ['noise'] : []
  return ['y', ...noise, ...own(PARAMETER, operator.parameters), ...own(TRUTH, operator.truth)]
}

/**
 * Begins a file of observations, `.npz` (stored, not deflated) or `.safetensors`, which appears whole or not
 * at all when it is closed.
 *
 * @param count - how many there will be
 *
 * @example
 * ```ts
 * const operator = { name: 'mask', settings: { keep: 0.5 } }
 * const writer = observationWriter('observations.safetensors', 1000)
 * try {
 *   for (let first = 0; first < 1000; first += 100)
 *     writer.append(await observe(x, { operator, noise: 0.05, seed: 1, first }))
 *   writer.close()
 * } finally {
 *   writer.discard()
 * }
 * ```
 */
export const observationWriter = (path: string, count: number): ObservationWriter => {
  let done = 0
  let open: { readonly writer: ArrayWriter; readonly rows: readonly string[] } | undefined
  const begun = (part: ObservationSet, arrays: Arrays) => {
    const rows = rowFields(part)
    const fields = Object.entries(arrays).map(([key, { dtype, shape }]) => {
      const whole = rows.includes(key) ? [count, ...shape.slice(1)] : shape
      return [key, { dtype, shape: whole }] as const
    })
    const writer = arrayWriter(path, Object.fromEntries(fields))
    for (const [key, array] of Object.entries(arrays)) if (!rows.includes(key)) writer.append(key, array)
    return { writer, rows }
  }
  return {
    append: (part) => {
      checkFrame(part, path)
      checkRows(part, path, undefined, done)
      if (!open) checkMade(part.operator, part.y.shape, path) // takes time, and the others are alike
      done += part.y.shape[0]
      const arrays = arraysOfPart(part)
      open ??= begun(part, arrays)
      for (const key of open.rows) open.writer.append(key, arrays[key])
    },
    close: () => open?.writer.close(),
    discard: () => open?.writer.discard(),
  }
}
