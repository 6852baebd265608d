/**
 * The log-density of a diffusion prior by its probability-flow ODE (Song et al. 2021; Feng et al. 2023,
 * "Score-Based Diffusion Models as Principled Priors for Inverse Imaging"):
 *
 *   log p(x) = log π(v(T)) + ∫ div f dt,   dv/dt = f(v, t),   v(t0) = x.
 *
 * The ODE is written with ℓ = log s for time, s = σ/α the level in VE coordinates, and v = α u in VP
 * coordinates, where it is smooth and stays of size 1:
 *
 *   dv/dℓ = α (α v − D(v/α, s)),   div = α² n − tr ∂D,   α² = 1/(1 + s²).
 *
 * The flow, and so the density, does not depend on β, only on the levels at both ends. The result is the
 * density of x + s0 z, which is that of x up to O(s0²), and with π standard normal it takes the mean m of the
 * data for 0 at time 1: an error of α_1 m·v(T), α_1 = 6.6e-3.
 */
import { TweedieError } from '../error.ts'
import { bernoulli, stream } from '../random/index.ts'
import {
  add,
  alignTo,
  broadcastTo,
  constant,
  type ExecuteOptions,
  exp,
  full,
  jit,
  mean,
  mul,
  NdArray,
  ndarray,
  reciprocal,
  reshape,
  type Shape,
  sizeOf,
  sqrt,
  square,
  sub,
  sum,
  sumRows,
  type Tensor,
  toNumbers,
  vjp,
} from '../tensor/index.ts'
import type { Denoiser } from './denoiser.ts'
import { type IntegrateOptions, integrate } from './dormand-prince.ts'
import { type VpSde, vpSde } from './vp-sde.ts'

/** How the trace of the denoiser's Jacobian is taken. */
export type Trace =
  /** By n products with the unit vectors. */
  | { readonly kind: 'exact' }
  /**
   * Hutchinson's estimate, the mean of vᵀ J v over Rademacher vectors v that stay the same along the way;
   * default 16. Unbiased for log p, with an error that more probes make smaller. The vectors are those of the
   * seed and of the {@link ProbeAddress} of a call.
   */
  | { readonly kind: 'hutchinson'; readonly probes?: number; readonly seed?: number }

/** Options of {@link likelihood}. */
export interface LikelihoodOptions extends ExecuteOptions {
  /** The diffusion, which sets the levels at both ends; default {@link vpSde} with 0.1 and 20. */
  readonly sde?: VpSde
  /**
   * Smallest time t0. The default is 1e-5 (level 1e-3), the lowest at which networks here and in the papers
   * are trained; score_prior starts at 1e-3 (level 0.0105), which blurs the density by as much.
   */
  readonly start?: number
  /** Default Hutchinson's with 16 probes. */
  readonly trace?: Trace
  /** Tolerances, default 1e-3 and 1e-5. */
  readonly integrate?: IntegrateOptions
}

/** Where Hutchinson's probes of a call are in their stream; one address gives the same probes again. */
export interface ProbeAddress {
  /** Default 0. */
  readonly lap?: number
  /** Default 0. */
  readonly step?: number
}

/** A compiled log-density. */
export interface Likelihood {
  /**
   * log p of x [B, ...event] in nats, [B].
   *
   * @throws TweedieError `shape` unless x is a float batch, `numeric` when the ODE cannot be integrated
   */
  logDensity(x: NdArray, at?: ProbeAddress): Promise<NdArray<'float64'>>
  /**
   * The same with its gradient in x [B, ...event], by the adjoint ODE, which the trace's Jacobian is part of.
   */
  withGradient(
    x: NdArray,
    at?: ProbeAddress,
  ): Promise<{ logDensity: NdArray<'float64'>; gradient: NdArray<'float64'> }>
  release(): Promise<void>
}

/**
 * Velocity [B, ...event] and divergence [B] at v and ℓ, with probes [P, B, ...event] that are summed with a
 * weight.
 */
const flowOf = (denoiser: Denoiser, v: Tensor, time: Tensor, probes: Tensor, weight: number) => {
  const [P, B] = probes.shape
  const event = v.shape.slice(1)
  // One evaluation on P·B rows is one graph, where a product for each probe on B rows would be P of them.
  const tiled = (t: Tensor): Tensor => reshape(broadcastTo(t, [P, ...t.shape]), [P * B, ...t.shape.slice(1)])
  const s = tiled(exp(time))
  const root = sqrt(add(square(s), 1)) // 1/α
  const [state, a] = [tiled(v), alignTo(reciprocal(root), v)]
  const u = mul(state, alignTo(root, v))
  const xhat = denoiser(u, s)
  const probe = reshape(probes, u.shape)
  const along = sumRows(mul(probe, vjp(xhat, u, probe)))
  const trace = mul(sum(reshape(along, [P, B]), { axes: 0 }), weight)
  const untiled = (t: Tensor): Tensor => mean(reshape(t, [P, B, ...t.shape.slice(1)]), { axes: 0 })
  const volume = mul(untiled(reciprocal(square(root))), sizeOf(event))
  return { velocity: untiled(mul(a, sub(mul(a, state), xhat))), divergence: sub(volume, trace) }
}

/** Unit vectors or random signs for each row, [P, B, ...event]. */
const probesFor = (
  trace: Trace,
  [B, ...event]: Shape,
  dtype: 'float32' | 'float64',
  { lap, step }: ProbeAddress,
): NdArray => {
  const n = sizeOf(event)
  if (trace.kind === 'exact') {
    const values = Array.from({ length: n * B * n }, (_, i) => (Math.floor(i / (B * n)) === i % n ? 1 : 0))
    return ndarray(values, [n, B, ...event], dtype)
  }
  const { probes = 16, seed = 0 } = trace
  if (!(Number.isInteger(probes) && probes > 0)) {
    throw new TweedieError('input', `likelihood: probes must be a positive integer, got ${probes}`)
  }
  const signs = stream(seed, 'probes')
  const row = (draw: number, observation: number): number[] =>
    toNumbers(bernoulli(signs, 0.5, event, { lap, step, draw, observation })).map((v) => 2 * v - 1)
  const values = Array.from({ length: probes * B }, (_, i) => row(Math.floor(i / B), i % B)).flat()
  return ndarray(values, [probes, B, ...event], dtype)
}

/** [B, n] and [B, k] side by side, in one flat array. */
const joined = (left: ArrayLike<number>, right: ArrayLike<number>, rows: number): Float64Array => {
  const [n, k] = [left.length / rows, right.length / rows]
  const out = new Float64Array(rows * (n + k))
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < n; i++) out[r * (n + k) + i] = left[r * n + i]
    for (let i = 0; i < k; i++) out[r * (n + k) + n + i] = right[r * k + i]
  }
  return out
}

/** The inverse of {@link joined}. */
const parted = (both: Float64Array, rows: number, n: number): [Float64Array, Float64Array] => {
  const [size, k] = [both.length / rows, both.length / rows - n]
  const left = Float64Array.from({ length: rows * n }, (_, i) => both[Math.floor(i / n) * size + (i % n)])
  return [
    left,
    Float64Array.from({ length: rows * k }, (_, i) => both[Math.floor(i / k) * size + n + (i % k)]),
  ]
}

/** log N(v; 0, I) of each row. */
const standardLogDensity = (v: Float64Array, rows: number): Float64Array => {
  const n = v.length / rows
  return Float64Array.from({ length: rows }, (_, r) =>
    v.subarray(r * n, (r + 1) * n).reduce((log, e) => log - (e * e + Math.log(2 * Math.PI)) / 2, 0),
  )
}

/**
 * Compiles the log-density of a prior.
 *
 * @throws TweedieError `input` when t0 lies outside (0, 1)
 *
 * @example
 * ```ts
 * const { logDensity } = likelihood(prior, { trace: { kind: 'exact' } })
 * await logDensity(x) // nats, one for each row
 * ```
 */
export const likelihood = (prior: Denoiser, options: LikelihoodOptions = {}): Likelihood => {
  const { sde = vpSde(), start = 1e-5, trace = { kind: 'hutchinson' } } = options
  if (!(start > 0 && start < 1)) {
    throw new TweedieError('input', `likelihood: start must lie in (0, 1), got ${start}`)
  }
  const [from, to] = [start, 1].map((t) => Math.log(sde.level(t)))
  const weightOf = (probes: Tensor): number => (trace.kind === 'exact' ? 1 : 1 / probes.shape[0])
  const forward = jit(
    (v: Tensor, time: Tensor, probes: Tensor) => flowOf(prior, v, time, probes, weightOf(probes)),
    options,
  )
  const backward = jit((v: Tensor, time: Tensor, lambda: Tensor, probes: Tensor) => {
    const { velocity, divergence } = flowOf(prior, v, time, probes, weightOf(probes))
    const total = add(sumRows(mul(velocity, lambda)), divergence)
    return { velocity, pull: vjp(total, v, constant(full(total.shape, 1, v.dtype))) }
  }, options)

  /** The parts of a batch that both directions need. */
  const setUp = (x: NdArray, at: ProbeAddress) => {
    const { dtype, shape } = x
    if ((dtype !== 'float32' && dtype !== 'float64') || shape.length < 2) {
      throw new TweedieError('shape', `likelihood: needs float [B, ...event], got ${dtype}[${shape}]`)
    }
    const [rows, n] = [shape[0], sizeOf(shape.slice(1))]
    const array = (values: ArrayLike<number>, of: Shape = shape): NdArray => ndarray(values, of, dtype)
    return { rows, n, array, probes: probesFor(trace, shape, dtype, at) }
  }
  const alpha = 1 / Math.sqrt(1 + Math.exp(2 * from))

  const ahead = async (x: NdArray, at: ProbeAddress) => {
    const { rows, n, array, probes } = setUp(x, at)
    const v0 = toNumbers(x).map((e) => alpha * e)
    const { y } = await integrate(
      async (time, state) => {
        const [v] = parted(state, rows, n)
        const { velocity, divergence } = await forward(array(v), array(time, [rows]), probes)
        return joined(toNumbers(velocity), toNumbers(divergence), rows)
      },
      joined(v0, new Float64Array(rows), rows),
      rows,
      [from, to],
      options.integrate,
    )
    const [end, change] = parted(y, rows, n)
    const atEnd = standardLogDensity(end, rows)
    const logs = atEnd.map((log, r) => log + change[r] + n * Math.log(alpha))
    return { end, logDensity: new NdArray('float64', [rows], logs) }
  }

  return {
    logDensity: async (x, at = {}) => (await ahead(x, at)).logDensity,
    withGradient: async (x, at = {}) => {
      const { rows, n, array, probes } = setUp(x, at)
      const { end, logDensity } = await ahead(x, at)
      // λ = ∂ log p/∂v along the way: −v at the end, dλ/dℓ = −(∂f/∂v)ᵀ λ − ∂ div f/∂v.
      const { y } = await integrate(
        async (time, state) => {
          const [v, lambda] = parted(state, rows, n)
          const { velocity, pull } = await backward(array(v), array(time, [rows]), array(lambda), probes)
          return joined(
            toNumbers(velocity),
            toNumbers(pull).map((e) => -e),
            rows,
          )
        },
        joined(
          end,
          end.map((e) => -e),
          rows,
        ),
        rows,
        [to, from],
        options.integrate,
      )
      const gradient = parted(y, rows, n)[1].map((e) => alpha * e)
      return { logDensity, gradient: new NdArray('float64', x.shape, gradient) }
    },
    release: async () => {
      await forward.release()
      await backward.release()
    },
  }
}
