/**
 * The smoothest signal that explains what was observed to within the noise (the discrepancy principle,
 * Morozov 1966; as a constraint Rudin, Osher & Fatemi 1992):
 *
 *   min J(∇x)   subject to   ‖W (A x − y)‖ ≤ δ,   W = σ Σy^-½,   δ = σ √M,
 *
 * σ the level of the noise and M the entries of y that were observed. No weight is to be chosen. Solved by
 * the primal–dual method of Chambolle & Pock (2011) with a step of its own for each dual variable (Pock &
 * Chambolle 2011), p for ∇x and q for W A x:
 *
 *   x⁺ = x − τ (∇ᵀ p + Aᵀ W q),   x̄ = 2 x⁺ − x,
 *   p⁺ = prox of a J* at p + a ∇x̄,   q⁺ = prox of b F* at q + b W A x̄,   F the indicator of the ball,
 *
 * with τ (a ‖∇‖² + b ‖W A‖²) ≤ 1. Signals are in units of their range.
 */

import { placesOf } from '../em/places.ts'
import { TweedieError } from '../error.ts'
import { gradient, gradientAdjoint, gridAxes } from '../linalg/index.ts'
import { batchedObservations, type ObservationBatch, type ObservationSet } from '../observations/index.ts'
import { requireLinear } from '../operators/index.ts'
import { checkAborted } from '../progress.ts'
import { normal, stream } from '../random/index.ts'
import {
  type Arrays,
  abs,
  add,
  alignTo,
  broadcastTo,
  cast,
  div,
  eachBatch,
  float32,
  fullLike,
  greater,
  item,
  jit,
  max,
  maximum,
  minimum,
  mul,
  reshape,
  scalar,
  sizeOf,
  sqrt,
  square,
  sub,
  sumRows,
  type Tensor,
  zeros,
} from '../tensor/index.ts'
import type { Baseline } from './baseline.ts'

/**
 * J by the proximal map of its conjugate: p̃ and a ↦ argmin a J*(p) + ½ ‖p − p̃‖², for p̃ [B, d, C, ...grid]
 * with d differences at each entry.
 */
export type Penalty = (p: Tensor, a: number) => Tensor

/** τ, in units of the range: with |p| at most 1, what an iteration moves. */
const TAU = 0.02

/** Iterations of one program, and of all. */
const [STRIDE, MOST] = [50, 6000]

/** Change of any entry in one program, in units of the range, with which the search ends. */
const SETTLED = 1e-4

/** Change with which it has not ended at all. */
const LOST = 1e-2

/** Observations at once. */
const BATCH = 64

/** Products with Aᵀ A that find ‖A‖². */
const POWERS = 20

/** The power method comes from below. */
const MARGIN = 1.05

/** W y, W A and its transpose on x [B, C, ...grid], and δ [B]; all in units of the range. */
const system = (set: ObservationSet, batch: ObservationBatch<Tensor>, grid: readonly number[]) => {
  const raw = batchedObservations(set).raw(batch)
  const A = requireLinear(raw.A, 'a smooth restoration')
  const unit = set.range[1] - set.range[0]
  const { y, std, observed } = raw
  const weighted = (v: Tensor): Tensor => (typeof std === 'number' ? v : mul(v, div(set.noise, std)))
  const flat = (x: Tensor): Tensor => reshape(x, [x.shape[0], ...A.inShape])
  const seen = observed ? cast(greater(broadcastTo(observed, y.shape), 0), y.dtype) : fullLike(y, 1)
  return {
    y: weighted(mul(y, 1 / unit)),
    apply: (x: Tensor): Tensor => weighted(A.apply(flat(x))),
    adjoint: (q: Tensor): Tensor => reshape(A.adjoint(weighted(q)), [q.shape[0], ...grid]),
    delta: mul(sqrt(sumRows(seen)), set.noise / unit),
  }
}

/** prox of b F* for the ball of radius δ about y: what of q̃ − b y is beyond b δ. */
const outside = (q: Tensor, y: Tensor, delta: Tensor, b: Tensor): Tensor => {
  const v = sub(q, mul(y, b))
  const length = maximum(sqrt(sumRows(square(v))), 1e-30)
  return mul(v, alignTo(sub(1, minimum(div(mul(delta, b), length), 1)), v))
}

interface State {
  readonly x: Tensor
  readonly p: Tensor
  readonly q: Tensor
}

const programs = (set: ObservationSet, grid: readonly number[], penalty: Penalty) => ({
  /** The constant of least squares, and the largest ‖W A‖² of the batch. */
  start: jit((batch: ObservationBatch<Tensor>, probe: Tensor) => {
    const { y, apply, adjoint } = system(set, batch, grid)
    const h = apply(fullLike(probe, 1))
    const level = div(sumRows(mul(h, y)), maximum(sumRows(square(h)), 1e-30))
    let v = probe
    let power = sumRows(square(v))
    for (let i = 0; i < POWERS; i++) {
      const next = adjoint(apply(v))
      power = sqrt(sumRows(square(next)))
      v = div(next, alignTo(maximum(power, 1e-30), next))
    }
    return { x: broadcastTo(alignTo(level, probe), probe.shape), power: max(power), q: mul(y, 0) }
  }),
  iterate: jit((batch: ObservationBatch<Tensor>, { x, p, q }: State, b: Tensor) => {
    const { y, apply, adjoint, delta } = system(set, batch, grid)
    const a = 1 / (2 * TAU * 4 * gridAxes(x).length) // ‖∇‖² ≤ 4 for each axis
    let state = { x, p, q }
    for (let i = 0; i < STRIDE; i++) {
      const next = sub(state.x, mul(add(gradientAdjoint(state.p, x), adjoint(state.q)), TAU))
      const bar = sub(mul(next, 2), state.x)
      state = {
        x: next,
        p: penalty(add(state.p, mul(gradient(bar), a)), a),
        q: outside(add(state.q, mul(apply(bar), b)), y, delta, b),
      }
    }
    return { ...state, moved: max(abs(sub(state.x, x))) }
  }),
})

/**
 * The baseline of a penalty: a point estimate of vectors, signals and images under a linear operator.
 *
 * @param who - for messages
 * @throws TweedieError (the baseline) `input` for points without neighbours, `numeric` when the search does
 *   not end
 */
export const smoothest =
  (who: string, penalty: Penalty): Baseline =>
  async (set, { onProgress, signal } = {}) => {
    const { grid, channels } = placesOf(set)
    if (!grid || grid.every((size) => size === 1))
      throw new TweedieError('input', `${who}: needs neighbours, an index or a grid; kriging takes points`)
    const { count, event, batch } = batchedObservations(set)
    const unit = set.range[1] - set.range[0]
    const shape = [channels, ...grid]
    const axes = grid.filter((size) => size > 1).length
    const { start, iterate } = programs(set, shape, penalty)
    const mean = zeros([count, ...event])
    /** Rows from … to − 1. */
    const solved = async (from: number, to: number): Promise<Float32Array> => {
      const rows = batch(from, to)
      const probe = normal(stream(0, `${who} norm`), [to - from, ...shape])
      const { x, q, power } = await start(rows, probe)
      const b = scalar(1 / (2 * TAU * MARGIN * Math.max(item(power), 1e-12)))
      let state: Arrays<State> = { x, q, p: zeros([to - from, axes, ...shape]) }
      let change = Number.POSITIVE_INFINITY
      for (let done = 0; done < MOST && !(change <= SETTLED); done += STRIDE) {
        checkAborted(signal, who)
        const { moved, ...next } = await iterate(rows, state, b)
        state = next
        change = item(moved)
      }
      if (!(change <= LOST))
        throw new TweedieError(
          'numeric',
          `${who}: no minimum after ${MOST} iterations, it still moves by ${change}`,
        )
      return float32(state.x).data.map((v) => unit * v)
    }
    try {
      await eachBatch(count, BATCH, async (from, to) => {
        mean.data.set(await solved(from, to), from * sizeOf(event))
        onProgress?.(to, count)
      })
    } finally {
      await start.release()
      await iterate.release()
    }
    return { mean }
  }
