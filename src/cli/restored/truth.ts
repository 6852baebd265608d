/** How near restorations come to the truth, taken in row by row. */
import type { Restored } from '../../amortize/index.ts'
import { crps, psnr } from '../../diagnose/index.ts'
import { TweedieError } from '../../error.ts'
import { countOf, type Observations } from '../../observations/index.ts'
import { applyAffine, type DataRange } from '../../operators/index.ts'
import type { SavedSampler } from '../../run/index.ts'
import type { NdArray } from '../../tensor/index.ts'
import { openCleanItems } from '../config/loading.ts'
import type { Refined } from './refinement.ts'

type Floats = NdArray<'float32'>

/** The clean data of observations `from … to − 1`. */
export type TruthRows = (from: number, to: number) => Promise<Floats>

/**
 * The clean data that observations are of: the items of a file from `row` on.
 *
 * @throws TweedieError `input` for other signals than the sampler draws
 */
export const truthOf = async (
  file: string,
  { event }: SavedSampler,
  { set, row }: { readonly set: Observations; readonly row: number },
): Promise<TruthRows> => {
  const { shape, rows } = await openCleanItems(file, { skip: row, count: countOf(set) })
  if (String(shape.slice(1)) !== String(event))
    throw new TweedieError('input', `${file}: holds [${shape.slice(1)}], the sampler draws [${event}]`)
  return async (from, to) => rows(from, to)
}

/** A mean that is taken part by part. */
export const meanOf = () => {
  let [sum, count] = [0, 0]
  return {
    add: (values: ArrayLike<number>): void => {
      for (let i = 0; i < values.length; i++) sum += values[i]
      count += values.length
    },
    mean: (): number => sum / count,
    isEmpty: (): boolean => count === 0,
  }
}

/** What is said of the figures. */
export interface Verdict {
  readonly lines: readonly (readonly [string, string])[]
  readonly facts: Readonly<Record<string, number>>
}

/** PSNR of each image in dB, of arrays in the units of the data. */
const qualities = (x: Floats, truth: Floats, [low, high]: DataRange): Float64Array => {
  const units = { scale: 1 / (high - low), offset: -low / (high - low) }
  return psnr(applyAffine(units, x), applyAffine(units, truth))
}

const decibels = (value: number): string => `${value.toFixed(2)} dB`
const units = (value: number): string => value.toPrecision(3)

/** The figures: of the mean, of single draws, and of both. */
const figures = [
  { name: 'PSNR of mean', key: 'psnrMean', say: decibels, of: 'mean', score: qualities },
  { name: 'PSNR of a draw', key: 'psnrDraw', say: decibels, of: 'draws', score: qualities },
  { name: 'CRPS', key: 'crps', say: units, of: 'draws', score: (x: Floats, truth: Floats) => crps(x, truth) },
] as const

/** A judgement that is made part by part. */
export interface Judgement {
  /** Takes the restorations of some observations, before and after refining, with their truth. */
  readonly add: (truth: Floats, restored: Restored, refined?: Pick<Refined, 'mean' | 'draws'>) => void
  readonly verdict: () => Verdict
}

/** How near mean and draws come to the truth, before and after refining. @param range - of the data */
export const judgement = (range: DataRange): Judgement => {
  const means = figures.map((figure) => ({ ...figure, before: meanOf(), after: meanOf() }))
  return {
    add: (truth, restored, refined) => {
      for (const { of, score, before, after } of means) {
        const [own, better] = [restored[of], refined?.[of]]
        if (own) before.add(score(own, truth, range))
        if (better) after.add(score(better, truth, range))
      }
    },
    verdict: () => {
      const known = means.filter(({ before }) => !before.isEmpty())
      const lines = known.map(({ name, say, before, after }) => {
        const refined = after.isEmpty() ? '' : `, refined ${say(after.mean())}`
        return [name, `${say(before.mean())}${refined}`] as const
      })
      const facts = known.flatMap(({ key, before, after }) => [
        [key, before.mean()] as const,
        ...(after.isEmpty() ? [] : [[`${key}Refined`, after.mean()] as const]),
      ])
      return { lines, facts: Object.fromEntries(facts) }
    },
  }
}
