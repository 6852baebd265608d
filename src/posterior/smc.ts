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
import type { Observation } from '../operators/index.ts'
import {
  add,
  broadcastTo,
  cast,
  div,
  type Feeds,
  jit,
  mul,
  type NdArray,
  reshape,
  scalar,
  sqrt,
  square,
  sub,
  sum,
  type Tensor,
  zeros,
} from '../tensor/index.ts'
import {
  type Particle,
  resampled,
  rowsFrom,
  type TwistedParticle,
  uniformsOf,
  weightsOf,
} from './population.ts'
import { systematic } from './resample.ts'
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

const checked = (name: string, { particles = 16, threshold = 0.5, step: method }: SmcOptions) => {
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

  /** Particle k looks around at level i, and its weight takes in what it sees. */
  const seen = async ({ x, log }: Particle, i: number, context: Feeds<C>): Promise<TwistedParticle> => {
    const { xhat, guided, logTwist } = await look(x, scalar(grid[i], x.dtype), context)
    const twist = Array.from(logTwist.data, Number)
    return { x, xhat, guided, twist, log: log.map((w, b) => w + twist[b]) }
  }
  /** It moves on to level i + 1; what it saw was a promise, which the next look replaces. */
  const moved = async (
    { x, xhat, guided, twist, log }: TwistedParticle,
    i: number,
    z: NdArray,
  ): Promise<Particle> => {
    const [t, s] = [scalar(grid[i], x.dtype), scalar(grid[i + 1], x.dtype)]
    const next = await move({ xt: x, xhat, guided, z }, t, s)
    return { x: next.x, log: log.map((w, b) => w + Number(next.logRatio.data[b]) - twist[b]) }
  }
  const finished = async ({ x, log }: Particle, context: Feeds<C>): Promise<Particle> => {
    const { x0, logLikelihood } = await finish(x, scalar(grid[total], x.dtype), context)
    return { x: x0, log: log.map((w, b) => w + Number(logLikelihood.data[b])) }
  }
  /** One after the other: a session runs one program at a time. */
  const forEach = async <T>(fn: (k: number) => Promise<T>): Promise<T[]> => {
    const out: T[] = []
    for (let k = 0; k < count; k++) out.push(await fn(k))
    return out
  }

  const particles = async (
    context: Feeds<C>,
    { shape, noise, mean, onStep, signal }: SampleRequest,
  ): Promise<Particles> => {
    const none = Array<number>(shape[0]).fill(0)
    let population = await forEach<Particle>(async (k) => {
      const z = noise(k, 0)
      return {
        x: await start(z, mean ?? zeros(shape.slice(1), z.dtype), scalar(grid[0], z.dtype)),
        log: none,
      }
    })
    for (let i = 0; i < total; i++) {
      if (signal?.aborted) throw new TweedieError('interrupted', 'sampling was interrupted')
      const before = population
      const now = await forEach((k) => seen(before[k], i, context))
      const next = (i + 1) * count
      const alive = resampled(now, threshold, uniformsOf(noise(next, 1)))
      population = await forEach((k) => moved(alive[k], i, noise(next + k, 0)))
      onStep?.(i + 1, total)
    }
    const last = population
    const done = await forEach((k) => finished(last[k], context))
    return { x: done.map(({ x }) => x), weights: weightsOf(done) }
  }

  const run = async (context: Feeds<C>, request: SampleRequest): Promise<NdArray> => {
    const { x, weights } = await particles(context, request)
    const uniforms = uniformsOf(request.noise((total + 1) * count, 1))
    return rowsFrom(
      x,
      weights.map((own, b) => systematic(own, uniforms[b], 1)[0]),
    )
  }
  return Object.assign(run, {
    particles,
    release: async () => {
      await Promise.all([start.release(), look.release(), move.release(), finish.release()])
    },
  })
}
