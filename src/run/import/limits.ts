/**
 * Whether a denoiser has the limits of E[x | xt]: xt itself where there is almost no noise, and the same for
 * every xt where there is nothing else. A network that is read by another prediction, schedule or range than
 * it was trained with misses one of them.
 */
import type { Prior } from '../../diffusion/index.ts'
import { normal, stream } from '../../random/index.ts'
import { type ExecuteOptions, full, jit, NdArray, type Tensor, toNumbers } from '../../tensor/index.ts'

/** Both limits as figures, in the units of the prior, whose data have a spread of about 1. */
export interface Limits {
  /** Root mean square of D(xt, σ) − xt at the lowest level. */
  readonly low: number
  /** What of a change of xt the answer keeps at the highest level: rms of ΔD over rms of Δxt. */
  readonly high: number
}

const rms = (values: readonly number[]): number =>
  Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length)

const noisy = (x: NdArray<'float32'>, z: NdArray<'float32'>, sigma: number): NdArray<'float32'> =>
  new NdArray(
    'float32',
    x.shape,
    x.data.map((v, i) => v + sigma * z.data[i]),
  )

const differences = (a: readonly number[], b: readonly number[]): number[] => a.map((v, i) => v - b[i])

/**
 * The limits of a prior's denoiser.
 *
 * @param x - [B, ...event], about what the prior draws, in its units
 * @param seed - of the noise
 */
export const limitsOf = async (
  { denoiser, schedule: { sigmaMin, sigmaMax } }: Pick<Prior, 'denoiser' | 'schedule'>,
  x: NdArray<'float32'>,
  { seed, ...execute }: ExecuteOptions & { readonly seed: number },
): Promise<Limits> => {
  const run = jit((xt: Tensor, sigma: Tensor) => denoiser(xt, sigma), execute)
  const [first, second] = ['one', 'another'].map((name) => normal(stream(seed, `import ${name}`), x.shape))
  const D = async (xt: NdArray<'float32'>, sigma: number) =>
    toNumbers(await run(xt, full([x.shape[0]], sigma)))
  try {
    const near = noisy(x, first, sigmaMin)
    const [far, further] = [noisy(x, first, sigmaMax), noisy(x, second, sigmaMax)]
    return {
      low: rms(differences(await D(near, sigmaMin), toNumbers(near))),
      high:
        rms(differences(await D(far, sigmaMax), await D(further, sigmaMax))) /
        rms(differences(toNumbers(far), toNumbers(further))),
    }
  } finally {
    await run.release()
  }
}
