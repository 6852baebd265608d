/** What a sampler is given, by the names of its inputs. */
import { normal, stream } from 'tweedie/random'
import type { Manifest } from './manifest.ts'
import type { ModelArrays } from './messages.ts'

/** An observation y = m ⊙ (x + σ ε) of an image, in the units of the data. */
export interface Observed {
  /** [C·H·W], 0 where nothing was seen. */
  readonly y: Float32Array
  /** [H·W], 1 where something was seen. */
  readonly mask: Float32Array
  /** σ > 0. */
  readonly noise: number
}

/** Standard normal numbers of all draws, a function of the seed alone: the same here and in Node. */
const latentOf = (seed: number, shape: readonly number[]): Float32Array =>
  normal(stream(seed, 'studio z'), shape).data

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1)

/** Repeated for each channel where the model wants so. */
const filling = (values: Float32Array, size: number, name: string): Float32Array => {
  if (values.length === size) return values
  if (size % values.length !== 0)
    throw new Error(`the sampler's '${name}' has ${size} entries, the observation ${values.length}`)
  const all = new Float32Array(size)
  for (let at = 0; at < size; at += values.length) all.set(values, at)
  return all
}

/**
 * The inputs of one run.
 *
 * @throws Error in one line, for an input that an observation of this kind does not have
 *
 * @example
 * ```ts
 * const answer = await engine.run(inputsOf(manifest, { y, mask, noise: 0.05 }, 0))
 * ```
 */
export const inputsOf = (manifest: Manifest, { y, mask, noise }: Observed, seed: number): ModelArrays => {
  const known: Readonly<Record<string, (shape: readonly number[]) => Float32Array>> = {
    y: (shape) => filling(y, sizeOf(shape), 'y'),
    mask: (shape) => filling(mask, sizeOf(shape), 'mask'),
    noise: (shape) => new Float32Array(sizeOf(shape)).fill(noise),
    z: (shape) => latentOf(seed, shape),
  }
  const arrays = manifest.inputs.map(({ name, shape }) => {
    if (!Object.hasOwn(known, name))
      throw new Error(`the sampler needs '${name}', which this page does not make`)
    return [name, { shape, data: known[name](shape) }] as const
  })
  return Object.fromEntries(arrays)
}
