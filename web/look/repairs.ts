/**
 * Repaired intervals beside draws: in the file, as `tweedie restore --calibrated` writes them, or made here
 * with the `calibration.json` of `tweedie calibrate`.
 */
import { percent, type Repaired, type RepairedLevel, stretched } from '../posterior/repaired.ts'
import { type Arrays, floats, product } from './arrays.ts'
import { faultIn } from './decode.ts'

/** What one level was stretched by, somewhere. */
interface Stretch {
  readonly level: number
  /** Infinite where too few problems were seen. */
  readonly factor: number
}

/** The file of `tweedie calibrate`. */
export interface CalibrationFile {
  readonly event: readonly number[]
  readonly draws: number
  readonly levels: readonly Stretch[]
  readonly regions?: {
    /** Of every entry. */
    readonly labels: readonly number[]
    readonly factors: readonly { readonly label: number; readonly levels: readonly Stretch[] }[]
  }
}

/** `90 % × 1.12`, or between which factors where regions have their own. */
const wordsOf = (stretches: readonly Stretch[]): string =>
  [...new Set(stretches.map(({ level }) => level))]
    .map((level) => {
      const all = stretches.filter((own) => own.level === level).map(({ factor }) => factor)
      const known = all.filter(Number.isFinite)
      if (known.length === 0) return `${percent(level)} not repaired`
      const [least, most] = [Math.min(...known), Math.max(...known)]
      const factors = all.length === 1 ? least.toFixed(2) : `${least.toFixed(2)} to ${most.toFixed(2)}`
      return `${percent(level)} × ${factors}${all.length === 1 ? '' : ` by ${all.length} regions`}`
    })
    .join(', ')

/**
 * The repaired intervals of observation i of N in a file, cut as its signals are; undefined where it has none.
 *
 * @throws TweedieError `input` when they are of other signals
 */
export const repairedIn = (
  arrays: Arrays,
  { n, event }: { readonly n: number; readonly event: readonly number[] },
  name: string,
): ((i: number, cut: (values: Float32Array) => Float32Array) => Repaired | undefined) => {
  const [rows, columns] = arrays.calibration?.shape ?? []
  if (arrays.calibration?.shape.length !== 2 || (columns !== 2 && columns !== 3)) return () => undefined
  const table = floats(arrays.calibration)
  const stretches = Array.from({ length: rows }, (_, row) => ({
    level: Number(table[columns * row].toFixed(4)), // float32 in the file
    factor: table[columns * row + 1],
  }))
  const size = product(event)
  const field = (key: string): Float32Array | undefined => {
    if (!Object.hasOwn(arrays, key)) return undefined
    const { shape } = arrays[key]
    if (shape.join() !== [n, ...event].join())
      throw faultIn(name, `field '${key}' should be [${[n, ...event]}], got [${shape}]`)
    return floats(arrays[key])
  }
  const levels = [...new Set(stretches.map(({ level }) => level))].flatMap((level) => {
    const [low, high] = [field(`lower${Math.round(100 * level)}`), field(`upper${Math.round(100 * level)}`)]
    return low && high ? [{ level, low, high }] : []
  })
  if (levels.length === 0) return () => undefined
  return (i, cut) => {
    // Those of an observation that has lost draws.
    if (levels[0].low.subarray(i * size, (i + 1) * size).every(Number.isNaN)) return undefined
    const of = (values: Float32Array) => cut(values.subarray(i * size, (i + 1) * size))
    return {
      levels: levels.map(({ level, low, high }): RepairedLevel => ({ level, low: of(low), high: of(high) })),
      words: wordsOf(stretches),
    }
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])

const stretchesOf = (value: unknown): readonly Stretch[] =>
  listOf(value).map((own) => {
    const { level, factor } = isRecord(own) ? own : {}
    return { level: Number(level), factor: typeof factor === 'number' ? factor : Number.POSITIVE_INFINITY }
  })

/**
 * What a `calibration.json` says.
 *
 * @throws TweedieError `input` when it is something else
 */
export const calibrationOf = (text: string, name: string): CalibrationFile => {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  if (!isRecord(value) || value.kind !== 'calibration')
    throw faultIn(name, 'is no calibration, as `tweedie calibrate` writes it')
  const { event, draws, levels, regions } = value
  const own = {
    event: listOf(event).map(Number),
    draws: Number(draws),
    levels: stretchesOf(levels),
  }
  const inside = own.levels.every(({ level }) => level > 0 && level < 1)
  if (own.event.length === 0 || own.levels.length === 0 || !inside)
    throw faultIn(name, 'is no calibration, or damaged')
  if (!isRecord(regions)) return own
  const labels = listOf(regions.labels).map(Number)
  if (labels.length !== product(own.event)) throw faultIn(name, 'has no region for every entry')
  const factors = listOf(regions.factors).map((region) => {
    const { label, levels } = isRecord(region) ? region : {}
    return { label: Number(label), levels: stretchesOf(levels) }
  })
  return { ...own, regions: { labels, factors } }
}

/** @throws TweedieError `input` when a calibration is of other signals, or of another number of draws */
export const requireSame = (
  { event, draws }: CalibrationFile,
  own: { readonly event: readonly number[]; readonly count: number },
  name: string,
): void => {
  if (event.join() !== own.event.join())
    throw faultIn(name, `the calibration is of signals [${event}], these are [${own.event}]`)
  if (draws !== own.count)
    throw faultIn(name, `the calibration is of ${draws} draws of each observation, these are ${own.count}`)
}

/** The intervals of draws [K, D], repaired; levels for which too few problems were seen are left out. */
export const repairedBy = (
  { event, levels, regions }: CalibrationFile,
  own: { readonly values: Float32Array; readonly count: number },
): Repaired | undefined => {
  const factorsOf = (l: number, factor: number): readonly number[] => {
    if (!regions) return [factor]
    const of = new Map(regions.factors.map((region) => [region.label, region.levels[l]?.factor ?? factor]))
    return regions.labels.map((label) => of.get(label) ?? factor)
  }
  const size = product(event)
  const made = levels
    .map(({ level, factor }, l) => ({ level, factors: factorsOf(l, factor) }))
    .filter(({ factors }) => factors.some(Number.isFinite))
    .map(({ level, factors }) => stretched({ ...own, size }, level, factors))
  const said = regions ? regions.factors.flatMap((region) => region.levels) : levels
  return made.length === 0 ? undefined : { levels: made, words: wordsOf(said) }
}
