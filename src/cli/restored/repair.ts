/** The repair of intervals that `tweedie calibrate` saves, and its use by `--calibrated`. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import {
  type ConformalRepair,
  type RegionRepair,
  type RepairedIntervals,
  stretchedInterval,
} from '../../diagnose/index.ts'
import { TweedieError } from '../../error.ts'
import { type ArrayField, openArrays, readText, writeAtomic } from '../../formats/index.ts'
import { parseJson } from '../../json.ts'
import { keptEntries, type Observations, readRows } from '../../observations/index.ts'
import { isRunFolder } from '../../run/index.ts'
import { NdArray, type Shape, sizeOf, toNumbers, zeros } from '../../tensor/index.ts'

const NAME = 'calibration.json'

/** The factor of a level that has none: too few problems were seen for its guarantee. */
const factor = z.union([z.number().nonnegative(), z.literal('too few problems')])

const levelsSchema = z.array(z.strictObject({ level: z.number(), factor, before: z.number() }))

const repairSchema = z.strictObject({
  kind: z.literal('calibration'),
  from: z.enum(['truth', 'held']).default('truth').describe('the truth, or held-out seen entries'),
  problems: z.int().positive(),
  draws: z.int().positive(),
  event: z.array(z.int().positive()),
  operator: z.string().optional().describe('name and settings of what was observed'),
  noise: z.number().positive().optional(),
  levels: levelsSchema,
  regions: z
    .strictObject({
      labels: z.array(z.int()).describe('of every entry of a signal'),
      factors: z.array(z.strictObject({ label: z.int(), levels: levelsSchema })),
    })
    .optional()
    .describe('regions with factors of their own; entries of others go by `levels`'),
})

/** A repair as a file keeps it. */
export type Repair = z.output<typeof repairSchema>

/** Where the repair of a run folder lies, or of a file of draws. */
export const repairPath = (source: string): string =>
  isRunFolder(source) ? join(source, NAME) : `${source.replace(/\.[^./]*$/, '')}-${NAME}`

/** What the draws were observed by: a repair holds for the same only. */
const observedBy = ({ operator: { name, settings }, noise }: Observations) => ({
  operator: JSON.stringify({ name, settings }),
  noise,
})

/** What a repair was learned from. */
interface RepairOrigin {
  readonly from: Repair['from']
  readonly event: Shape
  /** The observations that the draws belong to, or held-out ones, when they are known. */
  readonly set?: Observations
  /** The map of regions [...event], and the repair of each. */
  readonly labels?: NdArray
  readonly regions?: readonly RegionRepair[]
}

const kept = (levels: ConformalRepair['levels']): Repair['levels'] =>
  levels.map((l) => ({ ...l, factor: Number.isFinite(l.factor) ? l.factor : 'too few problems' }))

/** What the draws were observed by; observations whose noise was split have another than those to come. */
const boundTo = ({ set, from }: RepairOrigin) => {
  if (!set) return {}
  const { operator, noise } = observedBy(set)
  return from === 'held' && !keptEntries(readRows(set, 0, 1)) ? { operator } : { operator, noise }
}

/** A repair to be kept. */
export const repairOf = ({ problems, draws, levels }: ConformalRepair, origin: RepairOrigin): Repair => ({
  kind: 'calibration',
  from: origin.from,
  problems,
  draws,
  event: [...origin.event],
  ...boundTo(origin),
  levels: kept(levels),
  ...(origin.labels && origin.regions
    ? {
        regions: {
          labels: toNumbers(origin.labels),
          factors: origin.regions.map((region) => ({ label: region.label, levels: kept(region.levels) })),
        },
      }
    : {}),
})

export const writeRepair = (path: string, repair: Repair): void =>
  writeAtomic(path, new TextEncoder().encode(`${JSON.stringify(repair, null, 2)}\n`))

/**
 * The repair of a run folder, for draws of a set.
 *
 * @throws TweedieError `input` when there is none, or it is of other signals, draws or observations
 */
export const readRepair = (source: string, draws: number, set: Observations): Repair => {
  const path = repairPath(source)
  if (!existsSync(path))
    throw new TweedieError('input', `--calibrated: ${path} is not there; make it with 'tweedie calibrate'`)
  const parsed = repairSchema.safeParse(parseJson(readText(path), path))
  if (!parsed.success) throw new TweedieError('input', `${path}: is no calibration, or damaged`)
  const repair = parsed.data
  const now = observedBy(set)
  const fault =
    String(repair.event) !== String(set.operator.event)
      ? `of signals [${repair.event}], these are [${set.operator.event}]`
      : repair.draws !== draws
        ? `of ${repair.draws} draws of each observation, ${draws} are asked for`
        : repair.operator !== undefined && repair.operator !== now.operator
          ? `of observations by ${repair.operator}, these are by ${now.operator}`
          : repair.noise !== undefined && Math.abs(repair.noise - now.noise) > 0.01 * repair.noise
            ? `of noise ${repair.noise}, these have ${now.noise}`
            : undefined
  if (fault !== undefined) throw new TweedieError('input', `${path}: is ${fault}`)
  return repair
}

const infiniteUnlessKnown = (factor: number | string): number =>
  typeof factor === 'number' ? factor : Infinity

/** The levels with a factor anywhere, and that of every entry of a signal: infinite where there is none. */
const factorsOf = ({ levels, regions, event }: Repair) => {
  return levels
    .map(({ level, factor }, l) => {
      const own = new Map(
        regions?.factors.map((region) => [region.label, infiniteUnlessKnown(region.levels[l].factor)]),
      )
      const at = (label: number): number => own.get(label) ?? infiniteUnlessKnown(factor)
      const all = regions
        ? regions.labels.map(at)
        : Array<number>(sizeOf(event)).fill(infiniteUnlessKnown(factor))
      return { level, factors: all }
    })
    .filter(({ factors }) => factors.some(Number.isFinite))
}

/** What was done to the intervals, [levels, 2] or [regions × levels, 3]. */
const calibrationOf = ({ levels, regions }: Repair): NdArray<'float32'> => {
  const row = ({ level, factor }: Repair['levels'][number]) => [level, infiniteUnlessKnown(factor)]
  const rows = regions
    ? regions.factors.flatMap((region) => region.levels.map((own) => [...row(own), region.label]))
    : levels.map(row)
  return new NdArray('float32', [rows.length, rows[0].length], Float32Array.from(rows.flat()))
}

/**
 * Intervals of draws [K, N, ...event], stretched about their median: `lower90`, …, each [N, ...event]; and
 * `calibration`, so that a file says that it is repaired: rows of level and factor, and of the label where
 * regions have factors of their own.
 */
export const repairedIntervals = (
  repair: Repair,
  draws: NdArray<'float32'>,
): Readonly<Record<string, NdArray<'float32'>>> => {
  const [k, ...shape] = draws.shape
  const size = draws.size / k
  const usable = factorsOf(repair)
  const out = usable.map(() => [new Float32Array(size), new Float32Array(size)] as const)
  const own = new Float64Array(k)
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < k; j++) own[j] = draws.data[j * size + i]
    own.sort()
    for (const [l, { level, factors }] of usable.entries()) {
      const [low, high] = stretchedInterval(own, level, factors[i % factors.length])
      out[l][0][i] = low
      out[l][1][i] = high
    }
  }
  return {
    ...Object.fromEntries(
      usable.flatMap(({ level }, l) => {
        const name = `${Math.round(100 * level)}`
        return [
          [`lower${name}`, new NdArray('float32', shape, out[l][0])],
          [`upper${name}`, new NdArray('float32', shape, out[l][1])],
        ]
      }),
    ),
    calibration: calibrationOf(repair),
  }
}

/** What {@link repairedIntervals} makes of draws of N signals, without them. @param shape - [N, ...event] */
export const intervalFields = (
  repair: Repair,
  draws: number,
  [count, ...event]: Shape,
): Readonly<Record<string, ArrayField>> => {
  const { calibration, ...intervals } = repairedIntervals(repair, zeros([draws, 1, ...event]))
  const each = { dtype: 'float32', shape: [count, ...event] } as const
  return { ...Object.fromEntries(Object.keys(intervals).map((name) => [name, each])), calibration }
}

/** One line on what was done to the intervals. */
export const repairLine = ({ levels, problems, regions, from }: Repair): string => {
  const factors = levels.map(({ level, factor }) =>
    typeof factor === 'number'
      ? `${Math.round(100 * level)} % × ${factor.toFixed(2)}`
      : `${Math.round(100 * level)} % not repaired (${factor})`,
  )
  const own = regions ? `, and by ${regions.factors.length} regions` : ''
  const seen = from === 'held' ? ', by held-out seen entries, without truth' : ''
  return `${factors.join(', ')}${own}; from ${problems} problems${seen}`
}

/** Repaired intervals of some problems, and in words. */
export interface RepairedFile {
  readonly intervals: readonly RepairedIntervals[]
  /** Levels and factors. */
  readonly factors: string
}

/** Repaired intervals as a file of draws keeps them. */
export interface RepairedRows extends Pick<RepairedFile, 'factors'> {
  /** Those of problems from … to − 1. */
  readonly rows: (from: number, to: number) => RepairedFile
}

/**
 * The repaired intervals beside draws in a file, of N signals, which stay there; undefined where there are
 * none.
 *
 * @param shape - [N, ...event]
 * @throws TweedieError `input` when they are of other signals
 */
export const openRepairedIntervals = (path: string, shape: Shape): RepairedRows | undefined => {
  const file = openArrays(path)
  const { fields } = file
  const [count, columns] = fields.calibration?.shape ?? []
  if (fields.calibration?.shape.length !== 2 || (columns !== 2 && columns !== 3)) {
    file.close()
    return undefined
  }
  const calibration = file.whole('calibration')
  const values = toNumbers(calibration)
  const factors = new Map<number, number[]>()
  for (let row = 0; row < count; row++) {
    const level = Number(values[columns * row].toFixed(4)) // float32 in the file
    factors.set(level, [...(factors.get(level) ?? []), values[columns * row + 1]])
  }
  const intervals = [...factors].flatMap(([level, own]) => {
    const name = `${Math.round(100 * level)}`
    const [lower, upper] = [`lower${name}`, `upper${name}`]
    const [low, high] = [fields[lower], fields[upper]]
    if (!low || !high) return []
    if (String(low.shape) !== String(shape) || String(high.shape) !== String(shape))
      throw new TweedieError(
        'input',
        `${path}: fields '${lower}' and '${upper}' should be [${shape}], got [${low.shape}]`,
      )
    return [{ level, lower, upper, ...(columns === 2 ? { factor: own[0] } : {}) }]
  })
  const words = [...factors].map(([level, own]) => {
    const known = own.filter(Number.isFinite)
    const name = `${Math.round(100 * level)} %`
    if (known.length === 0) return `${name} not repaired`
    const [least, most] = [Math.min(...known), Math.max(...known)]
    return columns === 2
      ? `${name} × ${least.toFixed(2)}`
      : `${name} × ${least.toFixed(2)} to ${most.toFixed(2)} by ${own.length} regions`
  })
  const said = words.join(', ')
  return {
    factors: said,
    rows: (from, to) => ({
      factors: said,
      intervals: intervals.map(({ lower, upper, ...level }) => ({
        ...level,
        low: file.rows(lower, from, to),
        high: file.rows(upper, from, to),
      })),
    }),
  }
}

/** What is said first of draws whose intervals were repaired. */
export const repairedNote = ({ factors }: Pick<RepairedFile, 'factors'>): string =>
  `The intervals of these draws are repaired (${factors}); the draws themselves are as they were.`
