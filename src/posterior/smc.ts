/**
 * Sequential Monte Carlo over a diffusion sampler (twisted diffusion sampler, Wu et al. 2023). K particles follow the
 * guided step q(xs | xt, y) instead of the prior's p(xs | xt) and carry the weights
 *
 *   w ← w · l(xs) p(xs | xt) / (l(xt) q(xs | xt, y)),   in the end p(y | x0) in place of l,
 *
 * which make them right: in the limit of many particles the result is p(x0 | y) of the prior's own chain of steps,
 * whatever the twist l and the guidance. Ancestral steps have equal variance v in p and q, with means that differ by
 * d = (1 − σs²/σt²)(D_y − x̂), so log p/q = −(2√v z·d + ‖d‖²)/2v for xs = mean_q + √v z.
 *
 * Programs see one particle of every observation at a time: K runs of a batch of B.
 */
import {
  type Denoiser,
  levelsOf,
  type SampleRequest,
  type Sampler,
  type SamplerOptions,
} from '../diffusion/index.ts'
import { TweedieError } from '../error.ts'
import {
  add,
  broadcastTo,
  cast,
  div,
  type Feeds,
  jit,
  mul,
  NdArray,
  reshape,
  scalar,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  zeros,
} from '../tensor/index.ts'
import type { Observation } from './mmps.ts'
import { effectiveSize, normalised, systematic, uniformOf } from './resample.ts'
import { logLikelihood, type Twist } from './twist.ts'

/** Options of {@link smc}: those of a sampler, whose steps are always ancestral. */
export interface SmcOptions extends SamplerOptions {
  /** K, default 16. One particle is plain guided sampling. */
  readonly particles?: number
  /** Particles are resampled when their effective number falls below this share of K, default 0.5. */
  readonly threshold?: number
}

/** Weighted particles: K arrays [B, ...event], and normalised weights [B][K]. */
export interface Particles {
  readonly x: readonly NdArray[]
  readonly weights: readonly (readonly number[])[]
}

/** A sampler that draws one of its particles by their weights, and shows all of them on demand. */
export interface ParticleSampler<C> extends Sampler<C> {
  particles(context: Feeds<C>, request: SampleRequest): Promise<Particles>
}

/** Σ u v of every sample, [B], float64. */
const dots = (u: Tensor, v: Tensor): Tensor =>
  sum(cast(reshape(mul(u, v), [u.shape[0], -1]), 'float64'), { axes: 1 })

/** The guided ancestral step with the logarithm of p/q, [B]. */
const propose = (
  { xt, xhat, guided, z }: { xt: Tensor; xhat: Tensor; guided: Tensor; z: Tensor },
  t: Tensor,
  s: Tensor,
): { x: Tensor; logRatio: Tensor } => {
  const keep = square(div(s, t))
  const root = mul(s, sqrt(sub(1, keep))) // √v
  const d = div(mul(sub(guided, xhat), sub(1, keep)), root)
  const x = add(add(guided, mul(sub(xt, guided), keep)), mul(z, root))
  return { x, logRatio: mul(add(mul(dots(z, d), 2), dots(d, d)), -0.5) }
}

/** Arrays whose row b of number k is row b of number ancestors[b][k]. */
const gathered = (arrays: readonly NdArray[], ancestors: readonly (readonly number[])[]): NdArray[] => {
  const size = arrays[0].size / ancestors.length
  return arrays.map(({ dtype, shape, data }, k) => {
    if (!(data instanceof Float32Array || data instanceof Float64Array))
      throw new TweedieError('shape', `particles must be float arrays, got ${dtype}`)
    const out = data.slice()
    for (const [b, of] of ancestors.entries()) {
      const from = arrays[of[k]].data.subarray(b * size, (b + 1) * size)
      if (from instanceof Float32Array || from instanceof Float64Array) out.set(from, b * size)
    }
    return new NdArray(dtype, shape, out)
  })
}

const first = ({ data, shape }: NdArray, b: number): number => Number(data[(b * data.length) / shape[0]])

const checked = (name: string, { particles = 16, threshold = 0.5, method }: SmcOptions) => {
  if (!(Number.isInteger(particles) && particles > 0))
    throw new TweedieError('input', `${name}: particles must be a positive integer, got ${particles}`)
  if (!(threshold >= 0 && threshold <= 1))
    throw new TweedieError('input', `${name}: threshold must lie in 0 … 1, got ${threshold}`)
  if (method && method.name !== 'ddpm')
    throw new TweedieError('input', `${name} takes ancestral steps only (ddpm), got '${method.name}'`)
  return { particles, threshold }
}

/**
 * Compiles a particle sampler; see the module comment.
 *
 * @param observationOf - the observation given the context of a batch
 * @throws TweedieError `input` for other steps than ancestral ones, and for particles or thresholds out of bounds
 *
 * @example
 * ```ts
 * const draw = smc(mmpsTwist(), prior, (o: { y: Tensor }) => ({ y: o.y, A, noise }), { particles: 64, steps: 64 })
 * const x = await draw({ y }, { shape: [32, 2], noise })
 * ```
 */
export const smc = <C>(
  twist: Twist,
  prior: Denoiser,
  observationOf: (context: C) => Observation,
  options: SmcOptions = {},
  name = 'smc',
): ParticleSampler<C> => {
  const { particles: count, threshold } = checked(name, options)
  const grid = levelsOf(options)
  const total = grid.length - 1
  const each = Array.from({ length: count }, (_, k) => k)
  const start = jit((z: Tensor, mean: Tensor, sigma: Tensor) => add(mul(z, sigma), mean), options)
  const look = jit(
    (x: Tensor, t: Tensor, context: C) =>
      twist(prior, observationOf(context))(x, broadcastTo(t, [x.shape[0]])),
    options,
  )
  const move = jit(propose, options)
  const finish = jit((x: Tensor, s: Tensor, context: C) => {
    const x0 = prior(x, broadcastTo(s, [x.shape[0]]))
    return { x0, logLikelihood: logLikelihood(observationOf(context), x0) }
  }, options)

  /** The weights of the particles of each observation. */
  const weightsOf = (logs: readonly number[][]): number[][] =>
    logs[0].map((_, b) => normalised(logs.map((log) => log[b])))

  const particles = async (
    context: Feeds<C>,
    { shape, noise, mean, onStep, signal }: SampleRequest,
  ): Promise<Particles> => {
    const z0 = noise(0, 0)
    const level = grid.map((sigma) => scalar(sigma, z0.dtype))
    const centre = mean ?? zeros(shape.slice(1), z0.dtype)
    let x: NdArray[] = []
    for (const k of each) x.push(await start(noise(k, 0), centre, level[0]))
    let logs: number[][] = each.map(() => Array(shape[0]).fill(0)) // [K][B]
    for (let i = 0; i < total; i++) {
      if (signal?.aborted) throw new TweedieError('interrupted', 'sampling was interrupted')
      const looks = []
      for (const k of each) looks.push(await look(x[k], level[i], context))
      let [xhat, guided] = [looks.map((l) => l.xhat as NdArray), looks.map((l) => l.guided as NdArray)]
      let twists = looks.map(({ logTwist }) => Array.from(logTwist.data, Number))
      logs = logs.map((log, k) => log.map((w, b) => w + twists[k][b]))
      const uniforms = noise((i + 1) * count, 1)
      const ancestors = weightsOf(logs).map((weights, b) =>
        effectiveSize(weights) < threshold * count
          ? systematic(weights, uniformOf(first(uniforms, b)))
          : undefined,
      )
      if (ancestors.some((of) => of !== undefined)) {
        const all = ancestors.map((of) => of ?? each)
        ;[x, xhat, guided] = [x, xhat, guided].map((arrays) => gathered(arrays, all))
        logs = logs.map((log) => log.map((w, b) => (ancestors[b] ? 0 : w)))
        twists = twists.map((_, k) => all.map((of, b) => twists[of[k]][b]))
      }
      for (const k of each) {
        const z = noise((i + 1) * count + k, 0)
        const next = await move({ xt: x[k], xhat: xhat[k], guided: guided[k], z }, level[i], level[i + 1])
        x[k] = next.x
        logs[k] = logs[k].map((w, b) => w + Number(next.logRatio.data[b]) - twists[k][b])
      }
      onStep?.(i + 1, total)
    }
    for (const k of each) {
      const { x0, logLikelihood } = await finish(x[k], level[total], context)
      x[k] = x0
      logs[k] = logs[k].map((w, b) => w + Number(logLikelihood.data[b]))
    }
    return { x, weights: weightsOf(logs) }
  }

  const run = async (context: Feeds<C>, request: SampleRequest): Promise<NdArray> => {
    const { x, weights } = await particles(context, request)
    const uniforms = request.noise((total + 1) * count, 1)
    const chosen = weights.map((w, b) => systematic(w, uniformOf(first(uniforms, b)), 1))
    return gathered(
      x,
      chosen.map(([k]) => each.map(() => k)),
    )[0]
  }
  return Object.assign(run, {
    particles,
    release: async () => {
      await Promise.all([start.release(), look.release(), move.release(), finish.release()])
    },
  })
}
