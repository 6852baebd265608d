/**
 * Draws of the posterior under a prior of edges, total variation as a density (Rudin, Osher & Fatemi 1992):
 *
 *   p(x | y) ∝ exp(−½ (y − A x)ᵀ Σy⁻¹ (y − A x) − λ Σ_j ‖(∇x)_j‖),
 *
 * ‖·‖ over the axes of the grid and the channels. Images are smooth but for edges, which no Gaussian says.
 * By Gibbs sampling: the norm of a difference is a mixture of Gaussians,
 *
 *   exp(−λ ‖g‖) = ∫ exp(−w ‖g‖²/2) h(w) dw,   w | g ~ inverse Gaussian of mean λ/‖g‖ and shape λ²
 *
 * (Park & Casella 2008; of groups Kyung et al. 2010), and given all w the posterior is the Gaussian of
 * precision K = Aᵀ Σy⁻¹ A + ∇ᵀ diag(w) ∇. A draw of it is x + K⁻¹ times the residual of a perturbed system
 * (Papandreou & Yuille 2010), here from the last x on:
 *
 *   K δ = Aᵀ Σy⁻¹ (y + n − A x) + ∇ᵀ (√w ε − w ∇x),   n ~ N(0, Σy), ε ~ N(0, I).
 */
import {
  covarianceFactor,
  covarianceInverse,
  type Descent,
  descendInPieces,
  descentPiece,
  gradient,
  gradientAdjoint,
  gradientDiagonal,
} from '../../linalg/index.ts'
import type { BatchedObservations, ObservationBatch } from '../../observations/index.ts'
import { type Observation, requireLinear } from '../../operators/index.ts'
import { residual } from '../../posterior/index.ts'
import { normalBatch, type Stream, uniformBatch } from '../../random/index.ts'
import {
  add,
  cast,
  div,
  float32,
  greater,
  jit,
  less,
  maximum,
  mean,
  minimum,
  mul,
  type NdArray,
  reshape,
  type Shape,
  scalar,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  where,
} from '../../tensor/index.ts'
import { float64, observationInFloat64 } from '../in-float64.ts'

/** Iterations that solve a system, at most. */
const ITERATIONS = 80

/** Root mean square of what a solution may be off, in standard deviations of the draw. */
const TOLERANCE = 0.03

/** Differences smaller than this count as it, in the units of the prior. */
const FLAT = 1e-4

/** Precision of x where nothing was seen and all is flat. */
const RIDGE = 1e-4

/** λ, and where the random numbers of a sweep come from. */
export interface SweepAddress {
  readonly weight: number
  readonly stream: (purpose: string) => Stream
  readonly lap: number
  readonly draw: number
  /** Rows of the set. */
  readonly observation: readonly number[]
}

/** A compiled Gibbs sampler of batches of a set. */
export interface EdgeChain {
  /** One sweep from x [B, ...event] in the units of the prior; the `step`-th of its chain. */
  sweep(x: NdArray<'float32'>, step: number, at: SweepAddress): Promise<NdArray<'float32'>>
  release(): Promise<void>
}

/** Standard normals and a uniform of each entry of the grid, which one sweep consumes. */
interface SweepNoise {
  readonly observation: Tensor
  readonly gradient: Tensor
  readonly normal: Tensor
  readonly uniform: Tensor
}

/**
 * w ~ inverse Gaussian of mean μ = λ/g and shape λ² from a normal z and a uniform u (Michael, Schucany & Haas
 * 1976): with φ = μ z²/(2 λ²) the smaller root a = μ/(1 + φ + √(φ² + 2 φ)), taken where u ≤ μ/(μ + a), else
 * μ²/a.
 */
export const inverseGaussian = (mu: Tensor, weight: Tensor, z: Tensor, u: Tensor): Tensor => {
  const phi = div(mul(mu, square(z)), mul(2, square(weight)))
  const a = div(mu, add(add(phi, 1), sqrt(add(square(phi), mul(2, phi)))))
  return where(less(u, div(mu, add(mu, a))), a, div(square(mu), a))
}

const programs = (set: BatchedObservations, [channels, ...grid]: Shape) => {
  /** Aᵀ Σy⁻¹ v and A on x [B, C, ...grid]. */
  const parts = (observation: Observation) => {
    const A = requireLinear(observation.A, 'the prior of edges')
    const flat = (x: Tensor) => reshape(x, [x.shape[0], ...A.inShape])
    const back = (v: Tensor) =>
      reshape(A.adjoint(covarianceInverse(observation.noise, v)), [v.shape[0], channels, ...grid])
    return { back, flat, normal: (x: Tensor) => back(A.apply(flat(x))) }
  }
  const precision =
    ({ normal }: ReturnType<typeof parts>, w: Tensor) =>
    (x: Tensor): Tensor =>
      add(add(normal(x), gradientAdjoint(mul(w, gradient(x)), x)), mul(x, RIDGE))
  return {
    /** w, S = diag(K)^-½ with the mean of that of Aᵀ Σy⁻¹ A, and S times the right-hand side. */
    begin: jit(
      (batch: ObservationBatch<Tensor>, state: Tensor, weight: Tensor, noise: SweepNoise, probe: Tensor) => {
        const observation = observationInFloat64(set, batch)
        const { back, flat, normal } = parts(observation)
        const x = float64(reshape(state, probe.shape))
        const g = gradient(x)
        const size = sqrt(sum(square(g), { axes: [1, 2], keepdims: true }))
        const mu = div(weight, maximum(size, FLAT))
        const w = minimum(
          inverseGaussian(mu, weight, float64(noise.normal), float64(noise.uniform)),
          div(weight, FLAT),
        )
        const n = covarianceFactor(observation.noise, float64(noise.observation))
        const pulled = sub(mul(sqrt(w), float64(noise.gradient)), mul(w, g))
        const b = add(back(add(residual(observation, flat(x)), n)), gradientAdjoint(pulled, x))
        const z = float64(probe)
        const all = z.shape.map((_, i) => i).slice(1)
        const level = div(
          sum(mul(z, normal(z)), { axes: all, keepdims: true }),
          sum(square(z), { axes: all, keepdims: true }),
        )
        const S = div(1, sqrt(add(add(gradientDiagonal(w, x), level), RIDGE)))
        return { w, S, b: mul(S, sub(b, mul(x, RIDGE))) }
      },
    ),
    descent: jit(
      (batch: ObservationBatch<Tensor>, { w, S }: { w: Tensor; S: Tensor }, state: Descent, left: Tensor) => {
        const K = precision(parts(observationInFloat64(set, batch)), w)
        const all = state.r.shape.map((_, i) => i).slice(1)
        const errorOf = (r: Tensor) => mean(square(r), { axes: all, keepdims: true })
        const goesOn = (_i: number, r: Tensor) => greater(errorOf(r), TOLERANCE * TOLERANCE)
        return descentPiece((v) => mul(S, K(mul(S, v))), state, { goesOn, left })
      },
    ),
    finish: jit((x: Tensor, S: Tensor, u: Tensor) =>
      cast(add(float64(x), reshape(mul(S, u), x.shape)), 'float32'),
    ),
  }
}

/**
 * Compiles sweeps of the Gibbs sampler.
 *
 * @param set - linear observations, without a domain
 * @param shape - [C, ...grid] of the entries of x
 * @throws TweedieError (a sweep) `input` for operators that are not linear
 *
 * @example
 * ```ts
 * const { sweep } = edgeChain(batchedObservations(set), [1, 48, 48])
 * const streamOf = (purpose: string) => stream(0, purpose)
 * const at = { weight: 8, stream: streamOf, lap: 0, draw: 0, observation: [0] }
 * const x = await sweep(zeros([1, 1, 48, 48]), 0, at)
 * ```
 */
export const edgeChain = (set: BatchedObservations, shape: Shape): EdgeChain => {
  const { begin, descent, finish } = programs(set, shape)
  const [, ...grid] = shape
  const axes = grid.filter((size) => size > 1).length
  return {
    sweep: async (x, step, { weight, stream, observation, ...address }) => {
      const batch = set.batch(observation[0], observation[0] + observation.length)
      const at = { ...address, step, observation }
      const noise = {
        observation: normalBatch(stream('edges, noise'), at, batch.y.shape.slice(1)),
        gradient: normalBatch(stream('edges, differences'), at, [axes, ...shape]),
        normal: normalBatch(stream('edges, weights'), at, [1, 1, ...grid]),
        uniform: uniformBatch(stream('edges, choices'), at, [1, 1, ...grid]),
      }
      const probe = normalBatch(stream('edges, probe'), { ...at, step: 0 }, shape)
      const { w, S, b } = await begin(batch, x, scalar(weight, 'float64'), noise, probe)
      const { u } = await descendInPieces(b, ITERATIONS, (state, left) =>
        descent(batch, { w, S }, state, left),
      )
      return float32(await finish(x, S, u))
    },
    release: async () => {
      for (const program of [begin, descent, finish]) await program.release()
    },
  }
}
