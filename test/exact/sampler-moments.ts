/**
 * With a Gaussian prior a whole sampler is affine in y and in each of its noises, whatever it remembers from
 * step to step: unit vectors through it give the mean and covariance of what it draws, without Monte Carlo.
 */
import { Matrix } from 'ml-matrix'
import { type Denoiser, type SamplerOptions, sampler } from '../../src/diffusion/index.ts'
import { type Tensor, toNumbers } from '../../src/tensor/index.ts'
import { type Output, units } from './affine.ts'

/**
 * @param denoiserOf - the posterior denoiser given y [B, m]; linear in (xt, y)
 * @param steps - T; a sampler with noise takes n rows for each of its noises, so T is best below 100 there
 */
export const samplerMoments = async (
  denoiserOf: (y: Tensor) => Denoiser,
  { n, m }: { readonly n: number; readonly m: number },
  options: SamplerOptions & Required<Pick<SamplerOptions, 'step' | 'steps'>>,
): Promise<Output> => {
  const { step, steps } = options
  const batch = m + n * (1 + steps * step.noises)
  const draw = sampler((o: { y: Tensor }) => denoiserOf(o.y), options)
  const noise = (at: number, index: number) => {
    const block = at < 0 ? 0 : 1 + at * step.noises + index
    return units(batch, n, m + block * n)
  }
  const x = await draw({ y: units(batch, m, 0) }, { shape: [batch, n], noise })
  await draw.release()
  const rows = Matrix.from1DArray(batch, n, toNumbers(x))
  const K = rows.subMatrix(0, m - 1, 0, n - 1).transpose()
  const H = rows.subMatrix(m, batch - 1, 0, n - 1)
  return { K, covariance: H.transpose().mmul(H) }
}
