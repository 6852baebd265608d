/**
 * A population of particles in plain arrays: K particles of each of B observations, resampled observation by
 * observation.
 */
import { TweedieError } from '../../error.ts'
import { NdArray } from '../../tensor/index.ts'
import { effectiveSize, normalised, systematic, uniformOf } from './resample.ts'

/** One particle of every observation, with the logarithm of its weight, [B]. */
export interface Particle {
  readonly x: NdArray
  readonly log: readonly number[]
}

/** A particle with what makes its next step, and its twist, [B], which `log` includes. */
export interface TwistedParticle extends Particle {
  readonly xhat: NdArray
  readonly guided: NdArray
  readonly twist: readonly number[]
}

/** Normalised weights of the particles of each observation, [B][K]. */
export const weightsOf = (particles: readonly Particle[]): number[][] =>
  particles[0].log.map((_, b) => normalised(particles.map(({ log }) => log[b])))

/** An array whose row b is row b of number of[b]. */
export const rowsFrom = (arrays: readonly NdArray[], of: readonly number[]): NdArray => {
  const [{ dtype, shape, data }] = arrays
  if (!(data instanceof Float32Array || data instanceof Float64Array))
    throw new TweedieError('shape', `particles must be float arrays, got ${dtype}`)
  const out = data.slice()
  const size = out.length / of.length
  for (const [b, k] of of.entries()) {
    const row = arrays[k].data.subarray(b * size, (b + 1) * size)
    if (row instanceof Float32Array || row instanceof Float64Array) out.set(row, b * size)
  }
  return new NdArray(dtype, shape, out)
}

/** A uniform for each observation, from normals [B, ...]. */
export const uniformsOf = ({ data, shape: [batch] }: NdArray): number[] =>
  Array.from({ length: batch }, (_, b) => uniformOf(Number(data[(b * data.length) / batch])))

/**
 * Systematic resampling of the observations whose effective number of particles is below `threshold` · K;
 * their weights become equal. The others stay as they are.
 *
 * @param uniforms - one for each observation
 */
export const resampled = (
  particles: readonly TwistedParticle[],
  threshold: number,
  uniforms: readonly number[],
): readonly TwistedParticle[] => {
  const ancestors = weightsOf(particles).map((weights, b) =>
    effectiveSize(weights) < threshold * particles.length ? systematic(weights, uniforms[b]) : undefined,
  )
  if (ancestors.every((own) => own === undefined)) return particles
  const all = (pick: (particle: TwistedParticle) => NdArray) => particles.map(pick)
  const [x, xhat, guided] = [all((p) => p.x), all((p) => p.xhat), all((p) => p.guided)]
  return particles.map(({ log }, k) => {
    const of = ancestors.map((own) => own?.[k] ?? k)
    return {
      x: rowsFrom(x, of),
      xhat: rowsFrom(xhat, of),
      guided: rowsFrom(guided, of),
      log: log.map((w, b) => (ancestors[b] ? 0 : w)),
      twist: of.map((parent, b) => particles[parent].twist[b]),
    }
  })
}
