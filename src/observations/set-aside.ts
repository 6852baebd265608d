/**
 * A set to learn from, and a part of what some of its observations saw that learning never sees: how well it
 * is predicted says how good a prior is, without any truth.
 */
import { float32, NdArray, rowsAt, type Shape, sizeOf } from '../tensor/index.ts'
import { type HoldOut, holdOut } from './hold-out.ts'
import { noiseLevel, type ObservationSet } from './observation-set.ts'

/** How much is set aside. */
export interface SetAsideOptions {
  /** Observations of which something is set aside, spread evenly over the set; all when there are fewer. */
  readonly observations: number
  /** Share of what each of them saw, in (0, 1). */
  readonly share: number
  readonly seed: number
}

/** The split. `given` and `held` are of the chosen observations. */
export interface SetAside extends HoldOut {
  /** All observations, without what is held. */
  readonly rest: ObservationSet
}

/** An array [N, ...] or [1, ...] as one row for each observation, some of them replaced. */
const withRows = (
  array: NdArray<'float32'>,
  count: number,
  at: readonly number[],
  replaced: NdArray<'float32'>,
): NdArray<'float32'> => {
  const shape: Shape = array.shape.slice(1)
  const size = sizeOf(shape)
  const data = new Float32Array(count * size)
  if (array.shape[0] === count) data.set(array.data)
  else for (let i = 0; i < count; i++) data.set(array.data, i * size)
  const row = (k: number) => (replaced.shape[0] === 1 ? 0 : k)
  at.forEach((i, k) => {
    data.set(replaced.data.subarray(row(k) * size, (row(k) + 1) * size), i * size)
  })
  return new NdArray('float32', [count, ...shape], data)
}

/** The rows of a set, in this order. */
const chosenRows = (set: ObservationSet, at: readonly number[]): ObservationSet => {
  const { y, operator, std } = set
  const chosen = (array: NdArray<'float32'>) => (array.shape[0] === 1 ? array : rowsAt(array, at))
  return {
    ...set,
    y: rowsAt(y, at),
    operator: {
      ...operator,
      parameters: Object.fromEntries(Object.entries(operator.parameters).map(([k, v]) => [k, chosen(v)])),
    },
    ...(std ? { std: chosen(std) } : {}),
  }
}

/** Noise of each entry, where that of the chosen observations has changed. */
const noiseOf = (
  set: ObservationSet,
  at: readonly number[],
  given: ObservationSet,
): Pick<ObservationSet, 'noise' | 'std'> => {
  if (given.noise === set.noise && !set.std) return { noise: set.noise }
  const filled = (shape: Shape, value: number) =>
    new NdArray('float32', shape, new Float32Array(sizeOf(shape)).fill(value))
  const before = set.std ?? filled([1, ...set.y.shape.slice(1)], set.noise)
  const after = given.std ?? filled([1, ...set.y.shape.slice(1)], given.noise)
  const std = withRows(before, set.y.shape[0], at, after)
  return { noise: noiseLevel(std), std }
}

/**
 * Sets a part of what was seen aside: some of the seen entries where the operator deletes entries, else a
 * part of what y says, by data fission (see `holdOut`).
 *
 * @throws TweedieError `input` for a share outside (0, 1), and for blind sets, whose operator is not known
 *
 * @example
 * ```ts
 * const { rest, given, held } = await setAside(set, { observations: 64, share: 0.1, seed: 0 })
 * ```
 */
export const setAside = async (
  set: ObservationSet,
  { observations, share, seed }: SetAsideOptions,
): Promise<SetAside> => {
  const { y, operator } = set
  const [count] = y.shape
  const n = Math.min(observations, count)
  const at = Array.from({ length: n }, (_, k) => Math.floor((k * count) / n))
  const { given, held } = await holdOut(chosenRows(set, at), { share, seed })
  const parameters = Object.entries(operator.parameters).map(([name, array]) => {
    const own = given.operator.parameters[name]
    const same = array.shape[0] === 1 && String(own.data) === String(array.data)
    return [name, same ? array : withRows(float32(array), count, at, own)] as const
  })
  return {
    given,
    held,
    rest: {
      ...set,
      ...noiseOf(set, at, given),
      y: withRows(y, count, at, given.y),
      operator: { ...operator, parameters: Object.fromEntries(parameters) },
    },
  }
}
