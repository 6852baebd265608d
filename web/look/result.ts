/** Draws of files of arrays, as `tweedie sample`, `restore` and other programs write them. */
import type { Draws, Look } from '../posterior/draws.ts'
import { anyFinite, finiteDraws } from '../posterior/finite.ts'
import { axesOf } from '../posterior/places.ts'
import { type Arrays, floats, product } from './arrays.ts'
import { faultIn, NdArray } from './decode.ts'
import { lookOf } from './looks.ts'
import { type CalibrationFile, repairedBy, repairedIn, requireSame } from './repairs.ts'

/** Names under which programs keep draws, the truth. */
const DRAWS = ['draws', 'samples', 'posterior_samples', 'theta', 'x']
const TRUTH = ['truth', 'theta', 'parameters', 'x', 'images', 'data']

/** Names that are of draws and of nothing else. */
const PLAIN = DRAWS.slice(0, 3)

/** Whether arrays say by name that they are draws. */
export const areDraws = (arrays: Arrays): boolean => PLAIN.some((name) => Object.hasOwn(arrays, name))

/** Draws [K, N, ...event] of N observations, and what belongs to them. */
export interface Result {
  readonly name: string
  readonly count: number
  readonly observations: number
  readonly event: readonly number[]
  /** The finite draws of observation i; undefined where there is none. */
  readonly of: (i: number, look: Look) => Draws | undefined
  /** How they are looked at, as the files say it or as the shape suggests it. */
  readonly look: Look
}

const named = (arrays: Arrays, names: readonly string[]): NdArray | undefined => {
  const name = names.find((own) => Object.hasOwn(arrays, own))
  return name === undefined ? undefined : arrays[name]
}

/** The draws: by name, or the only array. [K, N, ...event]; the axis of observations may be missing. */
const drawsIn = (arrays: Arrays, name: string): NdArray => {
  const names = Object.keys(arrays)
  const found = named(arrays, DRAWS) ?? (names.length === 1 ? arrays[names[0]] : undefined)
  if (!found)
    throw faultIn(
      name,
      `expected draws as one of ${DRAWS.join(', ')}, or a single array; it has ${names.join(', ')}`,
    )
  if (found.shape.length < 2 || found.size === 0)
    throw faultIn(name, `draws should be [draws, problems, ...signal], got [${found.shape}]`)
  return found
}

const firstNotFinite = (values: Float32Array): number => {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) return i
  return -1
}

/** The draws of an array, [K, N, ...event]. */
const shaped = (
  draws: NdArray,
): { readonly k: number; readonly n: number; readonly event: readonly number[] } => {
  const [k, n, ...event] = draws.shape
  return event.length === 0 ? { k, n: 1, event: [n] } : { k, n, event }
}

/** Entries of one item: of [N, ...event] that of observation i, of one that all share itself. */
const itemOf = (array: NdArray, i: number, size: number): Float32Array | undefined => {
  const values = floats(array)
  if (values.length === size) return values
  const [rows] = array.shape
  const each = values.length / rows
  return i < rows && Number.isInteger(each) ? values.subarray(i * each, (i + 1) * each) : undefined
}

/** The same for a signal: only what has its entries. */
const signalOf = (array: NdArray | undefined, i: number, size: number): Float32Array | undefined => {
  const own = array && itemOf(array, i, size)
  return own?.length === size ? own : undefined
}

/** The same for a mask, which the channels may share. */
const maskOf = (array: NdArray | undefined, i: number, size: number): Float32Array | undefined => {
  const own = array && (itemOf(array, i, size) ?? (array.shape[0] === 1 ? floats(array) : undefined))
  return own && size % own.length === 0
    ? Float32Array.from({ length: size }, (_, e) => own[e % own.length])
    : undefined
}

/**
 * The truth of draws of N observations.
 *
 * @throws TweedieError `input` when what is called so does not fit; other names may be of something else
 */
const truthOf = (
  arrays: Arrays,
  draws: NdArray,
  { n, event }: { readonly n: number; readonly event: readonly number[] },
  name: string,
): NdArray | undefined => {
  const candidates = TRUTH.filter((key) => Object.hasOwn(arrays, key) && arrays[key] !== draws)
  const fits = ({ size, shape }: NdArray) => shape[0] >= n && size === shape[0] * product(event)
  const key = candidates.find((own) => fits(arrays[own]))
  if (key === undefined && candidates.includes('truth'))
    throw faultIn(name, `the truth is [${arrays.truth.shape}], the draws are of ${n} × [${event}]`)
  if (key === undefined) return undefined
  const values = floats(arrays[key])
  const bad = firstNotFinite(values)
  if (bad >= 0) throw faultIn(name, `field '${key}' must be finite, got ${values[bad]} at element ${bad}`)
  return arrays[key]
}

/** What was observed where the mask says so, NaN elsewhere. */
const observedOf = (arrays: Arrays, i: number, size: number): Float32Array | undefined => {
  const y = signalOf(arrays.y, i, size)
  const mask = maskOf(arrays.mask ?? arrays['parameter.mask'], i, size)
  if (!y) return undefined
  return mask ? y.map((v, e) => (mask[e] === 0 ? Number.NaN : v)) : y
}

/** Signals [n, C, P] without the padding after the first `places`. */
const unpadded = (values: Float32Array, padded: number, places: number): Float32Array => {
  if (padded === places) return values
  const rows = values.length / padded
  const out = new Float32Array(rows * places)
  for (let r = 0; r < rows; r++) out.set(values.subarray(r * padded, r * padded + places), r * places)
  return out
}

const rangeOf = (arrays: Arrays, draws: NdArray): readonly [number, number] | undefined => {
  if (arrays.range?.size === 2) return [Number(arrays.range.data[0]), Number(arrays.range.data[1])]
  return draws.dtype === 'uint8' ? [0, 1] : undefined
}

/** Draws [N, K, ...event] as [K, N, ...event]: the other way round than here, as the truth of N tells. */
const drawsFirst = (draws: NdArray, truth: NdArray | undefined): NdArray => {
  const [n, k, ...event] = draws.shape
  if (!truth || truth === draws || event.length === 0 || truth.shape[0] !== n || truth.shape[0] === k)
    return draws
  const size = product(event)
  const values = floats(draws)
  const out = new Float32Array(values.length)
  for (let i = 0; i < n; i++)
    for (let d = 0; d < k; d++)
      out.set(values.subarray((i * k + d) * size, (i * k + d + 1) * size), (d * n + i) * size)
  return new NdArray('float32', [k, n, ...event], out)
}

/** The draws of observation i of N, [K, D]. */
const drawsAbout = (
  values: Float32Array,
  { k, n, size }: { readonly k: number; readonly n: number; readonly size: number },
  i: number,
): Float32Array => {
  if (n === 1) return values
  const own = new Float32Array(k * size)
  for (let d = 0; d < k; d++) own.set(values.subarray((d * n + i) * size, (d * n + i + 1) * size), d * size)
  return own
}

/**
 * The result that arrays hold.
 *
 * @param name - of the file, for messages
 * @param calibration - what `tweedie calibrate` has found of such draws
 * @throws TweedieError `input` when there are no draws in them, none that is finite, or what is beside them
 * does not fit
 */
export const resultOf = (arrays: Arrays, name: string, calibration?: CalibrationFile): Result => {
  const found = drawsIn(arrays, name)
  const draws = drawsFirst(found, arrays.truth)
  const { k, n, event } = shaped(draws)
  const size = product(event)
  const values = floats(draws)
  if (!anyFinite(values, size)) throw faultIn(name, `none of its ${k * n} draws is finite`)
  const truth = truthOf(arrays, found, { n, event }, name)
  const range = rangeOf(arrays, found)
  const look = lookOf(arrays, event)
  if (calibration) requireSame(calibration, { event, count: k }, name)
  const repairedAt = repairedIn(arrays, { n, event }, name)
  return {
    name,
    count: k,
    observations: n,
    event,
    look,
    of: (i, look) => {
      const { channels, places } = axesOf(look)
      const cut = (values: Float32Array) => unpadded(values, size / channels, places)
      const own = finiteDraws(drawsAbout(values, { k, n, size }, i), size)
      if (own.count === 0) return undefined
      const real = signalOf(truth, i, size)
      const seen = observedOf(arrays, i, size)
      const inside = maskOf(arrays.valid, i, size)
      const made = calibration && own.lost.length === 0 && repairedBy(calibration, own)
      const repaired = made
        ? { ...made, levels: made.levels.map((l) => ({ ...l, low: cut(l.low), high: cut(l.high) })) }
        : repairedAt(i, cut)
      return {
        name,
        look,
        count: own.count,
        size: channels * places,
        values: cut(own.values),
        ...(own.lost.length > 0 ? { lost: own.lost } : {}),
        ...(repaired ? { repaired } : {}),
        ...(range ? { range } : {}),
        ...(real ? { truth: cut(real) } : {}),
        ...(seen ? { observed: cut(seen) } : {}),
        ...(inside ? { domain: Uint8Array.from(cut(inside)) } : {}),
      }
    },
  }
}
