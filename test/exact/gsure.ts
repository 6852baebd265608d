/**
 * GSURE in k-space on Gaussian images whose coefficients are independent: c ~ N(0, v) in Hartley's basis, of
 * which columns of the Fourier plane are seen with noise s. Of all denoisers ĉ = a ct, one number for each
 * coefficient, the true one has a = v/(v + σ²), and its loss without the truth must be the least.
 */
import {
  type ObservationSet,
  observe,
  type SpectralRows,
  spectralRows,
} from '../../src/observations/index.ts'
import { fourier } from '../../src/operators/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import {
  constant,
  full,
  item,
  jit,
  mul,
  NdArray,
  ndarray,
  sum,
  type Tensor,
  toNumbers,
  vjp,
} from '../../src/tensor/index.ts'
import { type GsureBatch, gsureLoss } from '../../src/training/index.ts'
import { atMost, type Gate } from './gate.ts'

const SIDE = 8
const event = [1, SIDE, SIDE]
const n = SIDE * SIDE
const NOISE = 0.3
const SIGMA = 0.8

/** Variances v from 4 in the middle of the plane to 0.1 at its corners, even in k. */
const variances = Float64Array.from({ length: n }, (_, k) => {
  const c = SIDE / 2
  const wrapped = (j: number) => Math.min(Math.abs(j - c), SIDE - Math.abs(j - c))
  return 4 / (1 + 0.6 * (wrapped(Math.floor(k / SIDE)) ** 2 + wrapped(k % SIDE) ** 2))
})

/** Images of that law, seen at one column in two. */
const scans = async (count: number): Promise<ObservationSet> => {
  const { eigenbasis } = fourier(constant(full([1, 1, 1, SIDE], 1)), event)
  const draw = jit((z: Tensor) =>
    eigenbasis ? eigenbasis.inverse(mul(z, constant(ndarray(variances.map(Math.sqrt), [1, ...event])))) : z,
  )
  const x = await draw(normal(stream(11, 'images'), [count, ...event]))
  await draw.release()
  return observe(new NdArray('float32', x.shape, Float32Array.from(toNumbers(x))), {
    operator: { name: 'fourier', settings: { acceleration: 2 } },
    noise: NOISE,
    range: [-2, 2],
    seed: 12,
  })
}

interface Problem {
  readonly rows: SpectralRows
  readonly batch: { readonly [K in keyof Required<GsureBatch>]: NdArray }
  readonly weight: NdArray
  /** E of the constant that the loss has over the supervised one. */
  readonly constantTerm: number
}

/** All rows as one batch at one level. */
const problem = async (count: number): Promise<Problem> => {
  const rows = spectralRows(await scans(count))
  const seen = await rows.rowsAt(Array.from({ length: count }, (_, i) => i))
  const { shares } = await rows.survey()
  const wide = ({ data, shape }: NdArray) => ndarray(Array.from(data, Number), shape, 'float64')
  const white = (name: string) => wide(normal(stream(13, name), [count, ...event]))
  const weight = ndarray(
    Array.from(shares.data, (share) => 1 / share),
    [1, ...event],
    'float64',
  )
  const variance = wide(seen.variance)
  const known = variance.data.reduce((total, v, i) => total + v * weight.data[i % n], 0)
  return {
    rows,
    batch: {
      y: wide(seen.y),
      mask: wide(seen.mask),
      variance,
      z: white('z'),
      probe: white('probe'),
      sigma: full([count], SIGMA, 'float64'),
    },
    weight,
    constantTerm: ((1 + 1 / SIGMA ** 2) * NOISE ** 2 * known) / (count * n),
  }
}

/** The denoiser ĉ = a ct, as one of images. */
const gained =
  (a: Tensor, { basis }: SpectralRows) =>
  (ct: Tensor): Tensor =>
    basis.forward(basis.inverse(mul(ct, a)))

/** What the loss must be for ĉ = a ct, in closed form: the mean of λ [(1 − a)² v + a² σ²]. */
const riskOf = (a: readonly number[]): number =>
  ((1 + 1 / SIGMA ** 2) / n) *
  a.reduce((total, g, k) => total + (1 - g) ** 2 * variances[k] + (g * SIGMA) ** 2, 0)

const best = Array.from(variances, (v) => v / (v + SIGMA ** 2))

/**
 * The loss beside the closed form for three choices of a, relative; and the a at which its gradient, a line
 * in a, is 0, beside the true one.
 */
export const gsureErrors = async (count: number): Promise<{ risk: number; gain: number }> => {
  const { rows, batch, weight, constantTerm } = await problem(count)
  const program = jit((batch: GsureBatch, a: Tensor, w: Tensor) => {
    const loss = gsureLoss(gained(a, rows), batch, NOISE, w)
    return { loss, slope: vjp(sum(loss), a, constant(full([], 1, 'float64'))) }
  })
  const at = async (a: readonly number[]) => {
    const { loss, slope } = await program(batch, ndarray(a, [1, ...event], 'float64'), weight)
    return { loss: item(loss) - constantTerm, slope: toNumbers(slope) }
  }
  const [none, whole, own] = [await at(best.map(() => 0)), await at(best.map(() => 1)), await at(best)]
  await Promise.all([program.release(), rows.release()])
  const risks = [
    [none.loss, riskOf(best.map(() => 0))],
    [whole.loss, riskOf(best.map(() => 1))],
    [own.loss, riskOf(best)],
  ]
  const found = none.slope.map((g, k) => g / (g - whole.slope[k]))
  return {
    risk: Math.max(...risks.map(([got, want]) => Math.abs(got / want - 1))),
    gain: Math.sqrt(found.reduce((total, a, k) => total + (a - best[k]) ** 2, 0) / n),
  }
}

/** GSURE in k-space. */
export const gsureGates = async (): Promise<Gate[]> => {
  const { risk, gain } = await gsureErrors(16384)
  return [
    atMost('GSURE in k-space: loss against the closed form, relative', risk, 0.02),
    atMost('GSURE in k-space: best gains against v/(v + sigma^2), rms', gain, 0.02),
  ]
}
