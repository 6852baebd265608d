/**
 * Ordinary kriging (Matheron 1963): each channel of each observation is a Gaussian field with a mean of its
 * own, unknown, and covariance τ² R(ℓ), R from a Matérn kernel (Stein 1999). With C = τ² A R Aᵀ + Σy and
 * h = A 1,
 *
 *   m(y) = μ̂ 1 + τ² R Aᵀ C⁻¹ (y − μ̂ h),   μ̂ = hᵀ C⁻¹ y / hᵀ C⁻¹ h,
 *
 * is the posterior mean, and with x₀ ~ N(0, τ² R), n ~ N(0, Σy), so is x₀ + m(y − A x₀ − n) a draw: what the
 * unknown mean adds to the uncertainty is in it. Channels are independent; the noise is known, ℓ and τ² are
 * fitted (kriging-fit.ts).
 */

import { type Kernel, kernels } from '../em/matern.ts'
import { placesOf } from '../em/places.ts'
import { TweedieError } from '../error.ts'
import { type DenseCholesky, denseCholesky } from '../linalg/index.ts'
import type { ObservationSet } from '../observations/index.ts'
import { checkAborted } from '../progress.ts'
import { normal, type Stream, stream } from '../random/index.ts'
import { NdArray, zeros } from '../tensor/index.ts'
import { type BaselineOptions, baselineEntry, type Estimate } from './baseline.ts'
import { type Field, fieldsOf, seenOf } from './fields.ts'
import { krigingRefusal } from './kriging-cost.ts'
import { krigingFit } from './kriging-fit.ts'
import { correlationProducts, type Seen } from './products.ts'
import { covarianceOf, meanOf } from './reml.ts'

/** Entries of a channel at most: R is of this size squared, in float64. */
const LARGEST = 4200

const settings = {
  kernel: {
    kind: 'choice',
    choices: ['exponential', 'matern32'],
    default: 'exponential',
    description: 'correlation at a distance: Matérn of smoothness 1/2 or 3/2',
  },
} as const

/** y ↦ m(y) of a field. */
const predictor = (field: Field, { cross, gram }: Seen, tau2: number) => {
  const size = cross.length / field.variance.length
  const h = seenOf(field, new Float64Array(size).fill(1))
  const C = covarianceOf(field, gram, tau2)
  const mean = meanOf(C, h)
  return (y: Float64Array): Float64Array => {
    const mu = mean.of(y)
    const u = C.solve(y.map((v, j) => v - mu * h[j]))
    const x = new Float64Array(size).fill(mu)
    u.forEach((weight, j) => {
      for (let p = 0; p < size; p++) x[p] += tau2 * weight * cross[j * size + p]
    })
    return x
  }
}

/** Where the randomness of a draw comes from. */
interface Address {
  readonly seed: number
  readonly observation: number
  readonly draw: number
  readonly channel: number
}

const normals = (name: string, size: number, { seed, observation, draw, channel }: Address): Float32Array => {
  const purpose: Stream = stream(seed, `kriging ${name} ${channel}`)
  return normal(purpose, [size], { observation, draw }).data
}

/** One draw of a channel of a field. */
const drawn = (
  field: Field,
  y: Float64Array,
  m: (y: Float64Array) => Float64Array,
  { root, tau2, at }: { readonly root: DenseCholesky; readonly tau2: number; readonly at: Address },
): Float64Array => {
  const tau = Math.sqrt(tau2)
  const x0 = root.times(normals('field', root.size, at)).map((v) => tau * v)
  const z = normals('noise', y.length, at)
  const seen = seenOf(field, x0)
  const own = m(y.map((v, j) => v - seen[j] - Math.sqrt(field.variance[j]) * z[j]))
  return x0.map((v, p) => v + own[p])
}

/**
 * Kriging of every observation of a set.
 *
 * @param kernel - ρ(d/ℓ)
 */
const krige = async (
  set: ObservationSet,
  kernel: Kernel,
  { draws: K = 16, seed = 0, onProgress, signal }: BaselineOptions = {},
): Promise<Estimate> => {
  const { channels, points } = placesOf(set)
  const size = points.length
  if (size > LARGEST)
    throw new TweedieError('input', `kriging: ${LARGEST} entries a channel at most, got ${size}`)
  const [fields, products] = [fieldsOf(set, channels), correlationProducts()]
  const count = fields.count
  try {
    const seen: (readonly number[])[] = []
    for (let i = 0; i < count; i++) seen.push(await fields.seen(i))
    const refusal = krigingRefusal({ entries: size, channels, seen, written: fields.written, draws: K })
    if (refusal !== undefined) throw new TweedieError('input', refusal)
    const scale = set.range[1] - set.range[0]
    const { R, variances } = await krigingFit({ fields, points, kernel, scale, products, seed, signal })
    const mean = zeros([count, channels, size])
    const draws = zeros([K, count, channels, size])
    const root = denseCholesky(R, size, { semidefinite: true })
    for (let i = 0; i < count; i++) {
      checkAborted(signal, 'kriging')
      for (const field of await fields.of(i)) {
        if (field.variance.length === 0)
          throw new TweedieError('input', `kriging: nothing was seen of observation ${i}`)
        const m = predictor(field, await products.of(field, R), variances[i])
        field.channels.forEach((c, own) => {
          const y = field.ys[own]
          mean.data.set(m(y), (i * channels + c) * size)
          for (let k = 0; k < K; k++) {
            const at = { seed, observation: i, draw: k, channel: c }
            const x = drawn(field, y, m, { root, tau2: variances[i], at })
            draws.data.set(x, ((k * count + i) * channels + c) * size)
          }
        })
      }
      onProgress?.(i + 1, count)
    }
    const event = set.operator.event
    return {
      mean: new NdArray('float32', [count, ...event], mean.data),
      draws: new NdArray('float32', [K, count, ...event], draws.data),
    }
  } finally {
    await fields.release()
    await products.release()
  }
}

export const krigingEntry = baselineEntry({
  name: 'kriging',
  title: 'kriging',
  reference: 'Matheron 1963; restricted likelihood, Patterson & Thompson 1971',
  needs: 'linear',
  draws: true,
  settings,
  make:
    ({ kernel }) =>
    (set, options) =>
      krige(set, kernels[kernel], options),
})
