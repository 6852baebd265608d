/**
 * Sequential Monte Carlo over a diffusion sampler (twisted diffusion sampler, Wu et al. 2023). K particles
 * follow the guided step q(xs | xt, y) instead of the prior's p(xs | xt) and carry the weights
 *
 *   w ← w · l(xs) p(xs | xt) / (l(xt) q(xs | xt, y)),   in the end p(y | x0) in place of l,
 *
 * which make them right: in the limit of many particles the result is p(x0 | y) of the prior's own chain of
 * steps, whatever the twist l and the guidance. Ancestral steps have equal variance v in p and q, with means
 * that differ by d = (1 − σs²/σt²)(D_y − x̂), so log p/q = −(2√v z·d + ‖d‖²)/2v for xs = mean_q + √v z.
 *
 * Programs see one particle of every observation at a time: K runs of a batch of B.
 */
import {
  type Denoiser,
  levelsOf,
  type SampleRequest,
  type Sampler,
  type SamplerOptions,
} from '../../diffusion/index.ts'
import { noiseOf } from '../../diffusion/sampler-noise.ts'
import { meanOf, startProgram } from '../../diffusion/start.ts'
import { TweedieError } from '../../error.ts'
import { checkAborted } from '../../progress.ts'
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
} from '../../tensor/index.ts'
import type { ObservationOf, SamplerMethod } from '../method.ts'
import { withDefaults } from '../method-entry.ts'
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

/** The settings that all samplers with particles share. */
export const smcSettings = {
  particles: {
    kind: 'integer',
    default: 8,
    min: 1,
    description: 'particles of each draw',
    search: { range: [2, 64], scale: 'linear' },
  },
  threshold: {
    kind: 'number',
    default: 0.5,
    min: 0,
    max: 1,
    description: 'share of effective particles below which they are resampled',
    search: { range: [0.1, 1], scale: 'linear' },
  },
} as const

/** Options of {@link smc}. */
export interface SmcOptions {
  /** K ≥ 1, default 8. One particle is plain guided sampling. */
  readonly particles?: number
  /** Particles are resampled when their effective number falls below this share of K, 0 … 1, default 0.5. */
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

/** A method that samples with particles; its steps are always ancestral. */
export interface ParticleMethod extends SamplerMethod {
  compile<C>(prior: Denoiser, observationOf: ObservationOf<C>, options?: SamplerOptions): ParticleSampler<C>
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

/** The programs of a particle sampler: each sees one particle of every observation. */
const programsOf = <C>(
  twist: Twist,
  prior: Denoiser,
  observationOf: ObservationOf<C>,
  options: SamplerOptions,
) => ({
  start: startProgram(options),
  twisted: jit(
    (x: Tensor, t: Tensor, context: C) =>
      twist(prior, observationOf(context))(x, broadcastTo(t, [x.shape[0]])),
    options,
  ),
  move: jit(propose, options),
  finish: jit((x: Tensor, s: Tensor, context: C) => {
    const x0 = prior(x, broadcastTo(s, [x.shape[0]]))
    return { x0, logLikelihood: logLikelihood(observationOf(context), x0) }
  }, options),
})

/** One after the other: a session runs one program at a time. */
const inTurn = async <T>(count: number, fn: (k: number) => Promise<T>): Promise<T[]> => {
  const out: T[] = []
  for (let k = 0; k < count; k++) out.push(await fn(k))
  return out
}

/**
 * A particle sampler of a twist; see the module comment.
 *
 * @param name - for messages
 * @throws TweedieError `input` for particles or thresholds out of bounds; compiling `input` for other steps
 *   than ancestral ones
 *
 * @example
 * ```ts
 * const draw = smc(mmpsTwist(), { particles: 64 }).compile(prior, observationOf, { steps: 64 })
 * const x = await draw({ y }, { shape: [32, 2], seed: 0 })
 * ```
 */
export const smc = (twist: Twist, options: SmcOptions = {}, name = 'smc'): ParticleMethod => {
  const { particles, threshold } = withDefaults(name, smcSettings, { ...options })
  return {
    compile: (prior, observationOf, sampling = {}) => {
      if (sampling.step && sampling.step.name !== 'ddpm')
        throw new TweedieError(
          'input',
          `${name} takes ancestral steps only (ddpm), got '${sampling.step.name}'`,
        )
      return particleSampler(programsOf(twist, prior, observationOf, sampling), {
        grid: levelsOf(sampling),
        count: particles,
        threshold,
      })
    },
  }
}

const particleSampler = <C>(
  { start, twisted, move, finish }: ReturnType<typeof programsOf<C>>,
  { grid, count, threshold }: { grid: readonly number[]; count: number; threshold: number },
): ParticleSampler<C> => {
  const total = grid.length - 1
  /** A particle at level i with its twist, which its weight takes in. */
  const weighed = async ({ x, log }: Particle, i: number, context: Feeds<C>): Promise<TwistedParticle> => {
    const { xhat, guided, logTwist } = await twisted(x, scalar(grid[i], x.dtype), context)
    const twist = Array.from(logTwist.data, Number)
    return { x, xhat, guided, twist, log: log.map((w, b) => w + twist[b]) }
  }
  /** The particle at level i + 1; the twist of level i was a promise, which the next one replaces. */
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

  const particles = async (context: Feeds<C>, request: SampleRequest): Promise<Particles> => {
    const noise = noiseOf(context, request)
    const none = Array<number>(request.shape[0]).fill(0)
    let population = await inTurn<Particle>(count, async (k) => {
      const z = noise(k, 0)
      return { x: await start(z, meanOf(request, z), scalar(grid[0], z.dtype)), log: none }
    })
    for (let i = 0; i < total; i++) {
      checkAborted(request.signal, 'sampling')
      const before = population
      const now = await inTurn(count, (k) => weighed(before[k], i, context))
      const next = (i + 1) * count
      const alive = resampled(now, threshold, uniformsOf(noise(next, 1)))
      population = await inTurn(count, (k) => moved(alive[k], i, noise(next + k, 0)))
      const [{ x }, { xhat }] = [population[0], alive[0]]
      request.onStep?.({ step: i + 1, steps: total, sigma: grid[i + 1], x, xhat })
    }
    const last = population
    const done = await inTurn(count, (k) => finished(last[k], context))
    return { x: done.map(({ x }) => x), weights: weightsOf(done) }
  }

  const run = async (context: Feeds<C>, request: SampleRequest): Promise<NdArray> => {
    const { x, weights } = await particles(context, request)
    const uniforms = uniformsOf(noiseOf(context, request)((total + 1) * count, 1))
    return rowsFrom(
      x,
      weights.map((own, b) => systematic(own, uniforms[b], 1)[0]),
    )
  }
  return Object.assign(run, {
    particles,
    release: async () => {
      await Promise.all([start, twisted, move, finish].map((program) => program.release()))
    },
  })
}
