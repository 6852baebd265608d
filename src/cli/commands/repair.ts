/** The repair of intervals that `tweedie calibrate` saves, and its use by `--calibrated`. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'
import { type ConformalRepair, centralInterval } from '../../diagnose/index.ts'
import { TweedieError } from '../../error.ts'
import { readText, writeAtomic } from '../../formats/index.ts'
import { parseJson } from '../../json.ts'
import type { ObservationSet } from '../../observations/index.ts'
import { isRunFolder } from '../../run/index.ts'
import { NdArray, type Shape } from '../../tensor/index.ts'

const NAME = 'calibration.json'

/** The factor of a level that has none: too few problems were seen for its guarantee. */
const factor = z.union([z.number().nonnegative(), z.literal('too few problems')])

const repairSchema = z.strictObject({
  kind: z.literal('calibration'),
  problems: z.int().positive(),
  draws: z.int().positive(),
  event: z.array(z.int().positive()),
  operator: z.string().optional().describe('name and settings of what was observed'),
  noise: z.number().positive().optional(),
  levels: z.array(z.strictObject({ level: z.number(), factor, before: z.number() })),
})

/** A repair as a file keeps it. */
export type Repair = z.output<typeof repairSchema>

/** Where the repair of a run folder lies, or of a file of draws. */
export const repairPath = (source: string): string =>
  isRunFolder(source) ? join(source, NAME) : `${source.replace(/\.[^./]*$/, '')}-${NAME}`

/** What the draws were observed by: a repair holds for the same only. */
const observedBy = ({ operator: { name, settings }, noise }: ObservationSet) => ({
  operator: JSON.stringify({ name, settings }),
  noise,
})

/** @param set - the observations that the draws belong to, when they are known */
export const repairOf = (
  { problems, draws, levels }: ConformalRepair,
  event: Shape,
  set: ObservationSet | undefined,
): Repair => ({
  kind: 'calibration',
  problems,
  draws,
  event: [...event],
  ...(set ? observedBy(set) : {}),
  levels: levels.map((l) => ({ ...l, factor: Number.isFinite(l.factor) ? l.factor : 'too few problems' })),
})

export const writeRepair = (path: string, repair: Repair): void =>
  writeAtomic(path, new TextEncoder().encode(`${JSON.stringify(repair, null, 2)}\n`))

/**
 * The repair of a run folder, for draws of a set.
 *
 * @throws TweedieError `input` when there is none, or it is of other signals, draws or observations
 */
export const readRepair = (source: string, draws: number, set: ObservationSet): Repair => {
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

/** Intervals of draws [K, N, ...event], stretched about their median: `lower90`, …, each [N, ...event]. */
export const repairedIntervals = (
  { levels }: Repair,
  draws: NdArray<'float32'>,
): Readonly<Record<string, NdArray<'float32'>>> => {
  const [k, ...shape] = draws.shape
  const size = draws.size / k
  const usable = levels.flatMap(({ level, factor }) =>
    typeof factor === 'number' ? [{ level, factor }] : [],
  )
  const out = usable.map(() => [new Float32Array(size), new Float32Array(size)] as const)
  const own = new Float64Array(k)
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < k; j++) own[j] = draws.data[j * size + i]
    own.sort()
    for (const [l, { level, factor }] of usable.entries()) {
      const [low, median, high] = centralInterval(own, level)
      out[l][0][i] = median - factor * (median - low)
      out[l][1][i] = median + factor * (high - median)
    }
  }
  return Object.fromEntries(
    usable.flatMap(({ level }, l) => {
      const name = `${Math.round(100 * level)}`
      return [
        [`lower${name}`, new NdArray('float32', shape, out[l][0])],
        [`upper${name}`, new NdArray('float32', shape, out[l][1])],
      ]
    }),
  )
}

/** One line on what was done to the intervals. */
export const repairLine = ({ levels, problems }: Repair): string =>
  `${levels
    .map(({ level, factor }) =>
      typeof factor === 'number'
        ? `${Math.round(100 * level)} % × ${factor.toFixed(2)}`
        : `${Math.round(100 * level)} % not repaired (${factor})`,
    )
    .join(', ')}; from ${problems} problems`
