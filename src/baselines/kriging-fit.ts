/**
 * The parameters of kriging by restricted maximum likelihood: one range ℓ for a set, a variance τ² for each
 * observation. Both come from a part of the entries (a composite likelihood, Varin, Reid & Firth 2011), the
 * range from a part of the observations.
 */

import { correlations, type Kernel } from '../em/matern.ts'
import type { Point } from '../em/places.ts'
import { TweedieError } from '../error.ts'
import { goldenMaximum } from '../golden.ts'
import { checkAborted } from '../progress.ts'
import { permutation, stream } from '../random/index.ts'
import { type Field, type Fields, seenOf, subfield } from './fields.ts'
import type { Products } from './products.ts'
import { type SeenField, varianceFit } from './reml.ts'

/**
 * Observations whose likelihood tells the range, entries of each field whose likelihood is taken, and ranges
 * that are tried.
 */
export const FITTED = { observations: 16, entries: 160, ranges: 12 } as const

/** Observations that show fewer differences than this share one variance, fitted to some of them. */
const [FEW, POOLED] = [8, 64]

/** What is fitted. */
export interface KrigingFit {
  /** ℓ, in steps of the grid; on the globe in radii, on meshes in their unit. */
  readonly range: number
  /** τ² of each observation, in the units of the data squared. */
  readonly variances: readonly number[]
}

/** A set of fields, and how it is fitted. */
export interface Fitting {
  readonly fields: Fields
  readonly points: readonly Point[]
  readonly kernel: Kernel
  /** Of the data: highest less lowest value. */
  readonly scale: number
  readonly products: Products
  readonly seed: number
  readonly signal?: AbortSignal
}

/** Diagonal of the box around points, and the distance of neighbours if they filled it evenly. */
const extentOf = (points: readonly Point[]): { readonly spacing: number; readonly diameter: number } => {
  const sides = points[0].map((_, axis) => {
    const values = points.map((p) => p[axis])
    return values.reduce((a, b) => Math.max(a, b)) - values.reduce((a, b) => Math.min(a, b))
  })
  const diameter = Math.hypot(...sides)
  const dimensions = Math.min(2, sides.filter((side) => side > 0).length) // globe and meshes are surfaces
  return { diameter, spacing: diameter / points.length ** (1 / Math.max(1, dimensions)) }
}

/** A random part of the entries of each field that has any. */
const sampleOf = async ({ fields, seed }: Fitting, observation: number): Promise<Field[]> =>
  (await fields.of(observation))
    .filter(({ variance }) => variance.length > 0)
    .map((field) => {
      const m = field.variance.length
      if (m <= FITTED.entries) return field
      const order = permutation(stream(seed, 'kriging entries'), m, { observation })
      return subfield(field, Array.from(order.data.subarray(0, FITTED.entries)))
    })

const seenFields = async (
  sample: readonly Field[],
  R: Float64Array,
  { points, products }: Fitting,
): Promise<SeenField[]> => {
  const ones = new Float64Array(points.length).fill(1)
  const seen: SeenField[] = []
  for (const field of sample)
    seen.push({ field, gram: (await products.of(field, R)).gram, h: seenOf(field, ones) })
  return seen
}

/** The range of most likelihood, each observation with its own best variance. */
const rangeOf = async (fitting: Fitting): Promise<number> => {
  const { fields, points, kernel, scale, signal } = fitting
  const most = Math.min(FITTED.observations, fields.count)
  const samples: Field[][] = []
  for (let k = 0; k < most; k++) samples.push(await sampleOf(fitting, Math.floor((k * fields.count) / most)))
  if (samples.every((sample) => sample.length === 0))
    throw new TweedieError('input', 'kriging: nothing was seen')
  const total = async (logRange: number): Promise<number> => {
    const R = correlations(points, kernel, Math.exp(logRange))
    let sum = 0
    for (const sample of samples) {
      checkAborted(signal, 'kriging')
      sum += (await varianceFit(await seenFields(sample, R, fitting), scale)).logLikelihood
    }
    return sum
  }
  const { spacing, diameter } = extentOf(points)
  const { at } = await goldenMaximum(total, Math.log(spacing / 2), Math.log(3 * diameter), FITTED.ranges)
  return Math.exp(at)
}

/** Differences that an observation shows: entries beyond the mean of each channel. */
const contrasts = (sample: readonly Field[]): number =>
  sample.reduce((sum, { variance, channels }) => sum + channels.length * (variance.length - 1), 0)

/** Fits range and variances; R comes along, as products need it. */
export const krigingFit = async (fitting: Fitting): Promise<KrigingFit & { readonly R: Float64Array }> => {
  const { fields, points, kernel, scale, signal } = fitting
  const range = await rangeOf(fitting)
  const R = correlations(points, kernel, range)
  const samples: Field[][] = []
  for (let i = 0; i < fields.count; i++) samples.push(await sampleOf(fitting, i))
  const tau2Of = async (sample: readonly Field[]): Promise<number> => {
    checkAborted(signal, 'kriging')
    return (await varianceFit(await seenFields(sample, R, fitting), scale)).tau2
  }
  const few = samples.filter((sample) => contrasts(sample) < FEW).slice(0, POOLED)
  const pooled = contrasts(few.flat()) > 0 ? await tau2Of(few.flat()) : undefined
  const variances: number[] = []
  for (const sample of samples) {
    const tau2 = contrasts(sample) < FEW ? pooled : await tau2Of(sample)
    if (tau2 === undefined) throw new TweedieError('input', 'kriging: too little was seen to fit to')
    variances.push(tau2)
  }
  return { range, R, variances }
}
