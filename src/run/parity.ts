/**
 * Rows that show a reader of our files that it computes what we do: inputs, and what came out of them here.
 * Priors and samplers keep them beside their weights, as arrays `parity.…`; `python/tweedie_prior.py check`
 * compares. They are a function of the weights alone: noise of an address, one thread of the CPU.
 *
 * However large an event is, a row is small. An input of n entries is made of its first m = min(n, 509), over
 * and over: entry i is number i mod m. Of an output the entries ⌊k n/m⌋, k < m, are kept.
 */
import { type AmortizedSampler, oneStep } from '../amortize/index.ts'
import type { Prior } from '../diffusion/index.ts'
import { familyOf, isLinear, makeOperator, parameterOf } from '../operators/index.ts'
import { bernoulli, normal, stream, uniform } from '../random/index.ts'
import { full, jit, NdArray, ndarray, reshaped, type Shape, sizeOf, type Tensor } from '../tensor/index.ts'

/** Arrays by name. */
type Arrays = Readonly<Record<string, NdArray>>

/** Entries of a row that are kept, at most: a prime, so that what repeats lies differently in each line. */
const MOST = 509

/** One pass, whose bits depend on no number of threads. */
const ALONE = { threads: 1, arena: false } as const

const kept = (event: Shape): number => Math.min(sizeOf(event), MOST)

const streamOf = (name: string) => stream(0, `parity ${name}`)

/** Rows [R, m] as inputs [R, ...event]. */
const whole = ({ data, shape: [rows, m] }: NdArray<'float32'>, event: Shape): NdArray<'float32'> => {
  const n = sizeOf(event)
  const value = (_: unknown, i: number): number => data[Math.floor(i / n) * m + ((i % n) % m)]
  return new NdArray('float32', [rows, ...event], Float32Array.from({ length: rows * n }, value))
}

/** What is kept of outputs [R, ...event]: [R, m]. */
const places = ({ data, shape: [rows, ...event] }: NdArray): NdArray<'float32'> => {
  const [n, m] = [sizeOf(event), kept(event)]
  const value = (_: unknown, i: number): number =>
    Number(data[Math.floor(i / m) * n + Math.floor(((i % m) * n) / m)])
  return new NdArray('float32', [rows, m], Float32Array.from({ length: rows * m }, value))
}

/**
 * E[x | xt] of a prior at its lowest level, its highest and one between them: `sigma` [3], `xt` and `xhat`
 * [3, m], in the units of the prior.
 *
 * @example
 * ```ts
 * const { xt, sigma, xhat } = await priorParity(loadPrior('runs/demo'))
 * ```
 */
export const priorParity = async ({
  denoiser,
  event,
  sigmaMin,
  sigmaMax,
}: Pick<Prior, 'denoiser' | 'event'> & {
  readonly sigmaMin: number
  readonly sigmaMax: number
}): Promise<Arrays> => {
  const levels = [sigmaMin, Math.sqrt(sigmaMin * sigmaMax), sigmaMax]
  const z = normal(streamOf('xt'), [levels.length, kept(event)])
  const spread = (v: number, i: number): number => v * Math.sqrt(1 + levels[Math.floor(i / kept(event))] ** 2)
  const [xt, sigma] = [new NdArray('float32', z.shape, z.data.map(spread)), ndarray(levels)]
  const program = jit(denoiser, ALONE)
  try {
    return { xt, sigma, xhat: places(await program(whole(xt, event), sigma)) }
  } finally {
    await program.release()
  }
}

/** What a sampler is told of two observations that nobody has made, as rows. */
const observedRows = ({ condition, operator, range: [low, high] }: AmortizedSampler) => {
  const { y, beside, noise } = condition
  const rowsOf = (name: string, shape: Shape): NdArray<'float32'> =>
    parameterOf(operator, name)?.binary
      ? bernoulli(streamOf(name), 0.5, [2, kept(shape)])
      : uniform(streamOf(name), [2, kept(shape)])
  const u = rowsOf('y', y)
  return {
    y: new NdArray(
      'float32',
      u.shape,
      u.data.map((v) => low + (high - low) * v),
    ),
    beside: Object.fromEntries(Object.entries(beside).map(([name, shape]) => [name, rowsOf(name, shape)])),
    ...(noise ? { noise: full([2], Math.sqrt(noise.from * noise.to)) } : {}),
  }
}

/**
 * Draws of a sampler, one of each of two observations: `y`, what else it is told, and `z` in, `x` and, of
 * flows, `logq` out; all in the units of the data.
 */
export const samplerParity = async (
  sampler: AmortizedSampler,
): Promise<Readonly<Record<string, NdArray | Arrays>>> => {
  const { event, condition } = sampler
  const rows = observedRows(sampler)
  const z = normal(streamOf('z'), [2, kept(event)])
  const program = jit(oneStep(sampler), ALONE)
  const beside = Object.entries(condition.beside).map(([name, shape]) => [
    name,
    whole(rows.beside[name], shape),
  ])
  const input = { ...rows, y: whole(rows.y, condition.y), beside: Object.fromEntries(beside) }
  try {
    const { x, logq } = await program(input, whole(z, event))
    return { ...rows, z, x: places(x), ...(logq ? { logq } : {}) }
  } finally {
    await program.release()
  }
}

/**
 * A 1 [...y] for a linear operator that is the same in all observations, by which y comes to the units of the
 * prior: `crossing`. Readers have no operators of their own beside those that delete entries.
 */
export const crossingOf = async ({ operator, event, condition }: AmortizedSampler): Promise<Arrays> => {
  const known = familyOf(operator.name).deletes || operator.name === 'identity'
  const alone = condition.crossing === 'operator' && Object.keys(condition.beside).length === 0
  if (known || !alone || condition.nothing || !isLinear(operator)) return {}
  const program = jit((x: Tensor) => makeOperator(operator, {}, event).apply(x), ALONE)
  try {
    const seen = await program(full([1, ...event], 1))
    return { crossing: reshaped(seen, condition.y) }
  } finally {
    await program.release()
  }
}
