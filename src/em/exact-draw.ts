/**
 * Exact posterior draws under a Gaussian by Matheron's rule (`posterior/gaussian-draws.ts`), solved until
 * they are exact.
 *
 * Conjugate gradients that stop early do harm here. C = A Σ Aᵀ + Σy has an eigenvalue for each column of the
 * factor of Σ, far above the noise and far apart; each takes an iteration, and a residual ρ that is left
 * moves the draw by Σ Aᵀ C⁻¹ ρ, by up to ρ √‖Σ‖/(2 s). EM then takes the excess for variance, which makes the
 * next systems worse. How much the draw is off can be bounded, though. With P = (Σ⁻¹ + Aᵀ Σy⁻¹ A)⁻¹ the
 * posterior's covariance and δ = Σ Aᵀ C⁻¹ ρ,
 *
 *   δᵀ P⁻¹ δ = ρᵀ Σy⁻¹ ρ − ρᵀ C⁻¹ ρ ≤ ρᵀ Σy⁻¹ ρ:
 *
 * the residual in units of the noise bounds the error in units of the posterior's own spread. So that is what
 * is made small, in float64, with as many iterations as it takes.
 */
import type { Gaussian } from '../diffusion/index.ts'
import { TweedieError } from '../error.ts'
import {
  type Covariance,
  covarianceInverse,
  type Descent,
  descendInPieces,
  descentPiece,
} from '../linalg/index.ts'
import type { BatchedObservations, ObservationBatch } from '../observations/index.ts'
import type { Observation } from '../operators/index.ts'
import { type BatchDraw, type DrawAddress, keptToDomain, matheronSystem, range } from '../posterior/index.ts'
import { normalBatch } from '../random/index.ts'
import {
  batchInputs,
  cast,
  type GraphCost,
  graphCost,
  greater,
  input,
  item,
  jit,
  leavesOf,
  mean,
  mul,
  type NdArray,
  sizeOf,
  type Tensor,
  zeros,
} from '../tensor/index.ts'
import { float64, observationInFloat64 } from './in-float64.ts'

/**
 * Root mean square error over a batch, in posterior standard deviations, with which a draw is not one of the
 * posterior any more.
 */
const LOST = 1

/** Options of {@link exactDraw}. */
export interface ExactOptions {
  /** Conjugate-gradient iterations, at most. */
  readonly iterations: number
  /**
   * Error to be reached by each draw, in posterior standard deviations: root mean square over the entries of
   * y; ≥ 0.
   */
  readonly tolerance: number
}

const rankOf = (c: Covariance): number => (c.kind === 'lowRank' ? c.factor.shape[1] : 1)

/** ρᵀ Σy⁻¹ ρ / M of every sample, [B, 1, …]. */
const errorOf = ({ noise }: Observation, r: Tensor): Tensor =>
  mean(mul(r, covarianceInverse(noise, r)), { axes: r.shape.map((_, i) => i).slice(1), keepdims: true })

/** What a draw needs to know of a set. */
type Observed = Pick<BatchedObservations, 'event' | 'batch' | 'observation'>

/** The three parts of a draw: its start, some iterations, and the draw that they make. */
const parts = (prior: Gaussian, set: Observed, tolerance: number) => {
  const widened = (batch: ObservationBatch<Tensor>): Observation => observationInFloat64(set, batch)
  return {
    start: (batch: ObservationBatch<Tensor>, white: Tensor, factor: Tensor, z: Tensor) =>
      matheronSystem(prior, widened(batch)).start({
        white: float64(white),
        factor: float64(factor),
        observation: float64(z),
      }),
    descent: (batch: ObservationBatch<Tensor>, state: Descent, left: Tensor) => {
      const observation = widened(batch)
      const { C } = matheronSystem(prior, observation)
      const next = descentPiece(C, state, {
        goesOn: (_i, r) => greater(errorOf(observation, r), tolerance * tolerance),
        left,
      })
      return { ...next, average: mean(errorOf(observation, next.r)) }
    },
    finish: (batch: ObservationBatch<Tensor>, x0: Tensor, u: Tensor) =>
      cast(matheronSystem(prior, widened(batch)).finish(x0, u), 'float32'),
  }
}

const programs = (prior: Gaussian, set: Observed, tolerance: number) => {
  const { start, descent, finish } = parts(prior, set, tolerance)
  return { start: jit(start), descent: jit(descent), finish: jit(finish) }
}

/**
 * The cost of the programs of an exact draw of so many rows at once, each of which keeps its memory. Nothing
 * is computed.
 *
 * @param prior - of which the shapes are taken
 * @param set - at least two observations, of which the shapes are taken
 */
export const exactDrawCost = (prior: Gaussian, set: Observed, rows: number): GraphCost => {
  const { start, descent, finish } = parts(prior, set, 1)
  const [one, two] = [set.batch(0, 1), set.batch(0, 2)]
  const batch = batchInputs<ObservationBatch<Tensor>>(one, two, rows)
  const white = input('float32', [rows, sizeOf(set.event)])
  const factor = input('float32', [rows, rankOf(prior.covariance)])
  const first = start(batch, white, factor, input('float32', batch.y.shape))
  const like = (t: Tensor) => input(t.dtype, t.shape)
  const { x0, b } = first
  const state = { u: like(b), r: like(b), p: like(b) }
  const costs = [
    graphCost(leavesOf(first)),
    graphCost(leavesOf(descent(batch, state, input('float64', [])))),
    graphCost([finish(batch, like(x0), like(b))]),
  ]
  const sum = (of: keyof GraphCost) => costs.reduce((total, cost) => total + cost[of], 0)
  return { flops: sum('flops'), live: sum('live'), constants: sum('constants'), inputs: sum('inputs') }
}

/** The normals that a batch of draws consumes. */
interface Normals {
  readonly white: NdArray
  readonly factor: NdArray
  readonly observation: NdArray
}

type NormalsOf = (batch: ObservationBatch<NdArray>, rows: readonly number[], at: DrawAddress) => Normals

/** Matheron's rule on batches of a set, with these normals. */
const matheron = (
  prior: Gaussian,
  set: BatchedObservations,
  { iterations, tolerance }: ExactOptions,
  normalsOf: NormalsOf,
): BatchDraw => {
  const { start, descent, finish } = programs(prior, set, tolerance)
  const solved = async (batch: ObservationBatch<NdArray>, b: NdArray): Promise<NdArray> => {
    const { u, average } = await descendInPieces(b, iterations, (state, left) => descent(batch, state, left))
    if (!(item(average) <= LOST * LOST)) throw lost(Math.sqrt(item(average)), iterations)
    return u
  }
  const run = async (from: number, to: number, address: DrawAddress): Promise<NdArray> => {
    const batch = set.batch(from, to)
    const { white, factor, observation } = normalsOf(batch, range(from, to), address)
    const { x0, b } = await start(batch, white, factor, observation)
    return keptToDomain(await finish(batch, x0, await solved(batch, b)), set)
  }
  const release = async () => {
    for (const program of [start, descent, finish]) await program.release()
  }
  return Object.assign(run, { release })
}

/**
 * Compiles exact draws of the posteriors of a set under a Gaussian prior, in float64.
 *
 * @throws TweedieError (the draw) `numeric` when so few iterations are allowed that the draws are off by more
 * than the posteriors are wide, `input` for operators that are not linear
 *
 * @example
 * ```ts
 * const draw = exactDraw(gaussian, batchedObservations(set), { iterations: 1000, tolerance: 1e-3 })
 * const x = await draw(0, 64, { stream: (purpose) => stream(0, purpose), lap: 0 })
 * ```
 */
export const exactDraw = (prior: Gaussian, set: BatchedObservations, options: ExactOptions): BatchDraw =>
  matheron(prior, set, options, ({ y }, observation, { stream, lap, draw = 0 }) => {
    const at = { lap, draw, observation }
    return {
      white: normalBatch(stream('white'), at, [sizeOf(set.event)]),
      factor: normalBatch(stream('factor'), at, [rankOf(prior.covariance)]),
      observation: normalBatch(stream('observation noise'), at, y.shape.slice(1)),
    }
  })

/**
 * The means of the same posteriors: the draws whose normals are all 0, which are μ + Σ Aᵀ C⁻¹ (y − A μ). It
 * is called as draws are, and ignores the address.
 *
 * @throws TweedieError as {@link exactDraw}
 *
 * @example
 * ```ts
 * const mean = exactMean(gaussian, batchedObservations(set), { iterations: 1000, tolerance: 1e-3 })
 * ```
 */
export const exactMean = (prior: Gaussian, set: BatchedObservations, options: ExactOptions): BatchDraw =>
  matheron(prior, set, options, ({ y }, { length }) => ({
    white: zeros([length, sizeOf(set.event)]),
    factor: zeros([length, rankOf(prior.covariance)]),
    observation: zeros(y.shape),
  }))

const lost = (error: number, iterations: number): TweedieError =>
  new TweedieError(
    'numeric',
    `exact draws: ${iterations} iterations of conjugate gradients leave them ${error.toPrecision(2)} ` +
      `posterior standard deviations off, expected ${LOST} at most; allow more (gaussian.cg)`,
  )
