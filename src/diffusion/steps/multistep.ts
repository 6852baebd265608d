/**
 * Multistep steps in λ = −log σ: between two levels, h = log(σt/σs) apart, x obeys
 *
 *   dx = (1 + τ²)(D − x) dλ + √2 τ σ dw,
 *
 * the probability flow for τ = 0, the reverse SDE for τ = 1, of one law for every τ, which may change with λ.
 * With a = 1 + τ² and D taken as linear in λ, of slope D', from λt on, it has the solution
 *
 *   xs = e^{−ah} xt + w D + w' D' + σs √(1 − e^{−2τ²h}) z,  w = 1 − e^{−ah},  w' = h − w/a.
 *
 * D' comes from the last step's answer, so that second order costs one evaluation a step. A corrector makes
 * the last step anew with the slope that this step's answer shows, which costs none.
 */
import { TweedieError } from '../../error.ts'
import {
  add,
  div,
  exp,
  log,
  maximum,
  minimum,
  mul,
  neg,
  sqrt,
  square,
  sub,
  type Tensor,
} from '../../tensor/index.ts'
import { noise, perSample, type Step } from '../step.ts'

/** Weights of D and of its slope over a step h, and what x keeps. */
interface Weights {
  readonly keep: Tensor
  readonly one: Tensor
  readonly slope: Tensor
}

/** The weight of the slope: w' of the exact solution, or hw/2, that of the midpoint. */
export type SlopeWeight = 'exact' | 'midpoint'

const weightsOf = (h: Tensor, a: Tensor | number, kind: SlopeWeight): Weights => {
  const keep = exp(neg(mul(h, a)))
  const one = sub(1, keep)
  return { keep, one, slope: kind === 'exact' ? sub(h, div(one, a)) : mul(mul(h, one), 0.5) }
}

/** τ² over a step h: within `reach`, τ² itself; beyond, it falls with h⁻⁴, since the error grows with τ²h. */
const noiseRate = (h: Tensor, tau: number, reach: number): Tensor | number => {
  if (tau === 0 || reach === Infinity) return tau ** 2
  const within = minimum(div(reach, maximum(h, 1e-6)), 1)
  return mul(square(square(within)), tau ** 2)
}

/** 1/h, and 0 where h is 0: no step was made, so nothing is known of a slope. */
const rateOf = (h: Tensor): Tensor => div(h, maximum(square(h), 1e-12))

/**
 * A multistep step.
 *
 * @param options - `stochasticity`: τ in [0, 1]; `corrector`: whether each answer corrects the step before;
 *   `reach`: h beyond which steps take less noise, default none
 * @throws TweedieError `input` for a stochasticity outside [0, 1]
 */
export const multistep = ({
  name,
  stochasticity: tau,
  corrector,
  slopeWeight,
  reach = Infinity,
}: {
  readonly name: string
  readonly stochasticity: number
  readonly corrector: boolean
  readonly slopeWeight: SlopeWeight
  readonly reach?: number
}): Step => {
  if (!(tau >= 0 && tau <= 1))
    throw new TweedieError('input', `${name}: stochasticity must lie in [0, 1], got ${tau}`)
  return {
    name: `${name}(${tau})`,
    noises: tau > 0 ? 1 : 0,
    evaluations: 1,
    remembers: corrector ? 2 : 1,
    step: (D, { x: predicted, memory: [last, guessed] }, { t, s, before }, z) => {
      const [gone, h] = [log(div(before, t)), log(div(t, s))]
      const rate = rateOf(gone)
      const weightsOver = (step: Tensor): Weights => {
        const rate = noiseRate(step, tau, reach)
        return weightsOf(step, typeof rate === 'number' ? 1 + rate : add(rate, 1), slopeWeight)
      }
      const [past, now] = [weightsOver(gone), weightsOver(h)]
      const ofSlope = corrector ? add(mul(past.slope, now.keep), now.slope) : now.slope
      const move = { sigma: s, sensitivity: add(now.one, mul(ofSlope, rate)) }
      const d = D(predicted, perSample(t, predicted), move)
      const slope = mul(sub(d, last), rate)
      // The corrector puts the slope that was found in the place of the one that was guessed.
      const x = corrector ? add(predicted, sub(mul(slope, past.slope), guessed)) : predicted
      const bent = mul(slope, now.slope)
      const drifted = add(add(mul(x, now.keep), mul(d, now.one)), bent)
      const memory = corrector ? [d, bent] : [d]
      if (tau === 0) return { x: drifted, memory }
      const spread = mul(s, sqrt(sub(1, exp(mul(mul(h, noiseRate(h, tau, reach)), -2)))))
      return { x: add(drifted, mul(noise(z, 0, x), spread)), memory }
    },
  }
}
