/**
 * How far a sampler can be trusted, from observations that it did not learn from and whose truth is known: by
 * which a page says of its draws what they are worth, or refuses.
 *
 * The residual of a draw is ‖y − A x‖²/(M s²) over the M entries of y that were observed with noise s; that
 * of the truth is 1 on average. Of an observation unlike those here, residual or log q lie outside the
 * ranges.
 */
import { z } from 'zod'
import { type AmortizedSampler, restore } from '../amortize/index.ts'
import { selectPoints } from '../datasets/index.ts'
import { coverage, greyLevels, meanOverDraws, psnr, sampleQuantile } from '../diagnose/index.ts'
import { TweedieError } from '../error.ts'
import {
  countedEntries,
  filledOutsideOf,
  noiseLevels,
  type ObservationSet,
  observationsAt,
  residualProgram,
  residualsOfDraws,
} from '../observations/index.ts'
import { applyAffine, type DataRange, maskKinds } from '../operators/index.ts'
import type { LongCall } from '../progress.ts'
import { average, type ExecuteOptions, itemAt, NdArray, rowsAt, sizeOf } from '../tensor/index.ts'

const share = z.number().min(0).max(1)
const range = z.object({ from: z.number(), to: z.number() })
const held = z.object({
  /** Nominal level of central intervals, and the share of the entries that they hold: of hidden ones. */
  level: share,
  observed: share,
  /** Of `observed`, observations being independent; absent for one. */
  standardError: z.number().nonnegative().optional(),
})
const cell = z.object({
  /** Of masks of this kind; absent: of all. */
  masks: z.string().optional(),
  /** Of noise between these, in the units of the data; absent: of all. */
  noise: range.optional(),
  observations: z.int().positive(),
  coverage: z.array(held),
  /** Decibels, for data of the sampler's range; averages over observations. */
  psnrMean: z.number(),
  psnrDraw: z.number(),
})

/** What a manifest says of trust. */
export const trustSchema = z.object({
  /** Draws of each observation. */
  draws: z.int().positive(),
  /** 1 % and 99 % quantiles over all draws. */
  residual: range,
  /** Of log q(x | y), nats, where the sampler knows it. */
  logq: range.optional(),
  /** All observations first, then by kind of mask, then by thirds of the noise's range, on a log scale. */
  cells: z.array(cell),
})

/** How far a sampler can be trusted; see {@link trustOf}. */
export type Trust = z.infer<typeof trustSchema>
type Cell = z.infer<typeof cell>

/** How trust is measured. */
export interface TrustOptions extends LongCall {
  /** Draws of each observation, at least 19, by which intervals of 90 % are resolved; default 39. */
  readonly draws?: number
  readonly seed?: number
  readonly execute?: ExecuteOptions
}

const LEVELS = [0.5, 0.9] as const

/** Fewest draws that resolve the highest level. */
const FEWEST = 19

const ends = (values: Float64Array): { readonly from: number; readonly to: number } => {
  const sorted = values.toSorted()
  return { from: sampleQuantile(sorted, 0.01), to: sampleQuantile(sorted, 0.99) }
}

/** ‖y − A x‖²/(M s²) of each draw. */
const residuals = async (set: ObservationSet, draws: NdArray<'float32'>): Promise<Float64Array> => {
  const program = residualProgram(set)
  try {
    const r = await residualsOfDraws(program, draws)
    const observed = await program.observed()
    const [count, size] = [set.y.shape[0], sizeOf(set.y.shape.slice(1))]
    return Float64Array.from({ length: draws.shape[0] * count }, (_, k) => {
      let [sum, entries] = [0, 0]
      for (let j = 0; j < size; j++) {
        if (observed?.data[(k % count) * size + j] === 0) continue
        sum += r.data[k * size + j] ** 2
        entries++
      }
      return sum / Math.max(1, entries)
    })
  } finally {
    await program.release()
  }
}

/** Which observations a cell is of. */
type Which = Pick<Cell, 'masks' | 'noise'> & { readonly at: readonly number[] }

/** By kind of mask, where the set says it. */
const byMask = ({ operator: { parameters } }: ObservationSet): Which[] => {
  if (!Object.hasOwn(parameters, 'kind')) return []
  const { data } = parameters.kind
  return maskKinds.map((masks, k) => ({
    masks,
    at: Array.from(data.keys()).filter((i) => data[i] === k),
  }))
}

/** By thirds of the range of the noise that the sampler is told. */
const byNoise = (set: ObservationSet, { condition }: AmortizedSampler): Which[] => {
  const levels = noiseLevels(set)?.data
  if (!condition.noise || !levels) return []
  const { from, to } = condition.noise
  const at = (third: number): number => from * (to / from) ** (third / 3)
  const third = (s: number): number =>
    Math.min(2, Math.max(0, Math.floor(3 * (Math.log(s / from) / Math.log(to / from)))))
  return [0, 1, 2].map((k) => ({
    noise: { from: at(k), to: at(k + 1) },
    at: Array.from(levels.keys()).filter((i) => third(levels[i]) === k),
  }))
}

const inUnits = (x: NdArray<'float32'>, [low, high]: DataRange): NdArray<'float32'> =>
  applyAffine({ scale: 1 / (high - low), offset: -low / (high - low) }, x)

/** Draws [K, N, ...] of some observations. */
const drawsAt = (draws: NdArray<'float32'>, at: readonly number[]): NdArray<'float32'> => {
  const [K, , ...event] = draws.shape
  const data = new Float32Array(K * at.length * sizeOf(event))
  for (let k = 0; k < K; k++) data.set(rowsAt(itemAt(draws, k), at).data, (k * data.length) / K)
  return new NdArray('float32', [K, at.length, ...event], data)
}

const cellOf = (
  all: ObservationSet,
  everything: { readonly draws: NdArray<'float32'>; readonly truth: NdArray<'float32'> },
  { at, ...of }: Which,
): Cell => {
  const [draws, truth] = [drawsAt(everything.draws, at), rowsAt(everything.truth, at)]
  const set = observationsAt(all, at)
  const found = coverage(draws, truth, {
    levels: LEVELS,
    mask: countedEntries(set).entries,
    ...greyLevels(set),
  })
  const inside = (x: NdArray<'float32'>) => inUnits(all.valid ? selectPoints(x, all.valid) : x, all.range)
  const quality = (x: NdArray<'float32'>): number => average(psnr(inside(x), inside(truth)))
  return {
    ...of,
    observations: at.length,
    coverage: found.map(({ level, observed, standardError }) => ({
      level,
      observed,
      ...(Number.isFinite(standardError) ? { standardError } : {}),
    })),
    psnrMean: quality(meanOverDraws(draws)),
    psnrDraw: quality(draws),
  }
}

/**
 * Measures how far a sampler can be trusted.
 *
 * @param set - observations that it did not learn from, in the units of its data
 * @param truth - what they are of, [N, ...event]
 * @throws TweedieError `input` for fewer than 19 draws, and as `restore`
 *
 * @example
 * ```ts
 * const { cells, residual } = await trustOf(loadSampler('runs/fast'), set, truth)
 * ```
 */
export const trustOf = async (
  sampler: AmortizedSampler,
  set: ObservationSet,
  truth: NdArray<'float32'>,
  { draws: K = 39, seed = 0, execute, onProgress, signal }: TrustOptions = {},
): Promise<Trust> => {
  if (!(K >= FEWEST))
    throw new TweedieError('input', `trust: intervals of 90 % need at least ${FEWEST} draws, got ${K}`)
  const { draws, logq } = await restore(sampler, set, {
    draws: K,
    seed,
    execute,
    signal,
    onProgress: (done, total) => onProgress?.({ phase: 'judging', done, total }),
  })
  if (!draws) throw new Error('draws are kept')
  const everything = { draws, truth: filledOutsideOf(set, truth) }
  const whole: Which = { at: Array.from({ length: set.y.shape[0] }, (_, i) => i) }
  const cells = [whole, ...byMask(set), ...byNoise(set, sampler)].filter(({ at }) => at.length > 0)
  return {
    draws: K,
    residual: ends(await residuals(set, draws)),
    ...(logq ? { logq: ends(Float64Array.from(logq.data)) } : {}),
    cells: cells.map((which) => cellOf(set, everything, which)),
  }
}
