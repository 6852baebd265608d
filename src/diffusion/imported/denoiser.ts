/**
 * A foreign network as a denoiser. It sees u = α x + s z with s = α σ (schedules.ts), and what it says of x
 * or z gives x̂ = E[x | u], since u is known:
 *
 *   denoised   x̂ = f
 *   noise      f = ẑ               x̂ = u/α − σ f
 *   score      f = −ẑ/s            x̂ = u/α + α σ² f
 *   velocity   VP: f = α ẑ − s x̂   x̂ = α u − s f      (Salimans & Ho 2022)
 *              flow: f = ẑ − x̂     x̂ = u − t f
 *   raw        EDM's F             x̂ = c_skip u/α + c_out f
 */
import { TweedieError } from '../../error.ts'
import type { Settings } from '../../settings.ts'
import { add, alignTo, mul, neg, square, sub, type Tensor } from '../../tensor/index.ts'
import type { Denoiser } from '../denoiser.ts'
import { type Coordinates, importedSchedule } from './schedules.ts'

/** What a network says. */
export const predictions = ['denoised', 'noise', 'score', 'velocity', 'raw'] as const

export type Prediction = (typeof predictions)[number]

/** The data of a network are scale · x + shift for x in the units of the prior; 0.5 and 0 for [−1, 1]. */
interface NetworkUnits {
  readonly scale: number
  readonly shift: number
}

/** How a network becomes a denoiser; all of it is data. */
export interface ImportedSpec extends NetworkUnits {
  readonly predicts: Prediction
  readonly schedule: string
  readonly settings: Settings
}

/** A network as it is called: (u [B, ...event], label [B]) → prediction, like u. */
type Called = (u: Tensor, label: Tensor) => Tensor

/** What is known when the network has spoken, in its units: v = u/α, and f. */
interface Spoken {
  readonly v: Tensor
  readonly u: Tensor
  readonly f: Tensor
  readonly sigma: Tensor
  readonly alpha: Tensor
}

/** What of its coordinates a network is read by. */
type Seen = Omit<Coordinates, 'levels'>

type Reading = (spoken: Spoken, coordinates: Seen) => Tensor

const readings: Readonly<Record<Prediction, Reading>> = {
  denoised: ({ f }) => f,
  noise: ({ v, sigma, f }) => sub(v, mul(sigma, f)),
  score: ({ v, alpha, sigma, f }) => add(v, mul(mul(alpha, square(sigma)), f)),
  velocity: ({ u, f, sigma, alpha }, { kind, reversed }) => {
    const away = mul(mul(alpha, sigma), reversed ? neg(f) : f)
    return sub(kind === 'vp' ? mul(alpha, u) : u, away)
  },
  raw: ({ v, f, sigma, alpha }, { sigmaData = 1 }) => {
    const skip = mul(mul(square(alpha), sigmaData ** 2), v)
    return add(skip, mul(mul(mul(sigma, alpha), sigmaData), f))
  },
}

/** @throws TweedieError `input` for a prediction that a schedule does not have */
const checkPrediction = (predicts: Prediction, kind: Coordinates['kind']): void => {
  const raw = (predicts === 'raw') === (kind === 'edm')
  const moving = predicts !== 'velocity' || kind === 'vp' || kind === 'flow'
  if (raw && moving) return
  const better =
    kind === 'edm'
      ? "of schedule edm is 'raw' (a network that has the preconditioning inside is ve with 'denoised')"
      : predicts === 'raw'
        ? "'raw' goes with schedule edm"
        : "'velocity' goes with schedules vp and flow"
  throw new TweedieError('input', `schedule ${kind} with '${predicts}': the prediction ${better}`)
}

/**
 * The denoiser of a network in its coordinates.
 *
 * @throws TweedieError `input` for a scale that is not positive
 */
export const inCoordinates = (
  net: Called,
  predicts: Prediction,
  coordinates: Seen,
  { scale, shift }: NetworkUnits,
): Denoiser => {
  if (!(scale > 0)) throw new TweedieError('input', `a network's scale must be positive, got ${scale}`)
  return (xt, level) => {
    const own = mul(level, scale) // the noise level in the network's units
    const sigma = alignTo(own, xt)
    const alpha = alignTo(coordinates.alpha(own), xt)
    const v = add(mul(xt, scale), shift)
    const u = mul(v, alpha)
    const f = net(u, coordinates.labelOf(own))
    const x = readings[predicts]({ v, u, f, sigma, alpha }, coordinates)
    return mul(sub(x, shift), 1 / scale)
  }
}

/**
 * The denoiser of a foreign network.
 *
 * @param net - (u [B, ...event], label [B]) → prediction, like u
 * @throws TweedieError `input` for unknown schedules and settings, predictions that a schedule does not have,
 * and a scale that is not positive
 *
 * @example
 * ```ts
 * const spec = { predicts: 'noise', schedule: 'vp', settings: {}, scale: 0.5, shift: 0 } as const
 * const prior = importedDenoiser((u, label) => net.apply(frozen(params), u, label), spec)
 * ```
 */
export const importedDenoiser = (net: Called, spec: ImportedSpec): Denoiser => {
  const coordinates = importedSchedule(spec.schedule).make(spec.settings)
  checkPrediction(spec.predicts, coordinates.kind)
  return inCoordinates(net, spec.predicts, coordinates, spec)
}
