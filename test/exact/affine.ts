/**
 * With a Gaussian prior the sampler is affine in the start, the observation and its noise, so its
 * output has a known mean and covariance: basis vectors go through the compiled step, and the moments
 * are propagated step by step.
 */
import { Matrix } from 'ml-matrix'
import type { Denoiser, Step } from '../../src/diffusion/index.ts'
import {
  broadcastTo,
  jit,
  type NdArray,
  ndarray,
  scalar,
  type Tensor,
  toNumbers,
} from '../../src/tensor/index.ts'

/** Distribution of a sampler's output given y: mean K y, and covariance. */
export interface Output {
  readonly K: Matrix
  readonly covariance: Matrix
}

/**
 * A linear map of blocks of inputs, stacked along the batch: row i of the result answers to basis vector i.
 */
const blocks = (rows: NdArray, sizes: readonly number[]): Matrix[] => {
  const table = Matrix.from1DArray(rows.shape[0], rows.shape[1], toNumbers(rows))
  let from = 0
  return sizes.map((size) => {
    const part = table.subMatrix(from, from + size - 1, 0, table.columns - 1).transpose()
    from += size
    return part
  })
}

/** Unit vectors in rows `from … from + size − 1` of an otherwise zero batch. */
export const units = (batch: number, size: number, from: number): NdArray => {
  const data = new Float64Array(batch * size)
  for (let i = 0; i < size; i++) data[(from + i) * size + i] = 1
  return ndarray(data, [batch, size], 'float64')
}

/**
 * Mean and covariance of what each kind of step samples over a grid of noise levels, the final denoise
 * included.
 *
 * @param denoiserOf - the posterior denoiser given observations [B, m]; linear in (xt, y)
 * @param n - dimensions of the latent
 * @param m - dimensions of y
 */
export const sampledMoments = async (
  kinds: Readonly<Record<string, Step>>,
  denoiserOf: (y: Tensor) => Denoiser,
  { n, m, grid }: { n: number; m: number; grid: readonly number[] },
): Promise<Record<string, Output>> => {
  const names = Object.keys(kinds)
  const noises = Math.max(...names.map((name) => kinds[name].noises))
  const sizes = [n, m, ...Array<number>(noises).fill(n)]
  const batch = sizes.reduce((a, b) => a + b)
  const x = units(batch, n, 0)
  const y = units(batch, m, n)
  const noise = Array.from({ length: noises }, (_, j) => toNumbers(units(batch, n, n + m + j * n))).flat()
  const z = ndarray(noise, [noises, batch, n], 'float64')

  const program = jit((x: Tensor, t: Tensor, s: Tensor, z: Tensor, y: Tensor) =>
    Object.fromEntries(
      names.map((name) => [
        name,
        kinds[name].step(denoiserOf(y), { x, memory: [] }, { t, s, before: t }, z).x,
      ]),
    ),
  )
  const finish = jit((x: Tensor, s: Tensor, y: Tensor) => denoiserOf(y)(x, broadcastTo(s, [x.shape[0]])))

  const out: Record<string, { K: Matrix; covariance: Matrix }> = {}
  for (const name of names) {
    out[name] = { K: Matrix.zeros(n, m), covariance: Matrix.eye(n).mul(grid[0] ** 2) }
  }
  const advance = (name: string, [F, G, ...H]: Matrix[]): void => {
    const { K, covariance } = out[name]
    const spread = H.reduce(
      (sum, h) => sum.add(h.mmul(h.transpose())),
      F.mmul(covariance).mmul(F.transpose()),
    )
    out[name] = { K: F.mmul(K).add(G), covariance: spread }
  }
  for (let i = 0; i + 1 < grid.length; i++) {
    const [t, s] = [scalar(grid[i], 'float64'), scalar(grid[i + 1], 'float64')]
    const next = await program(x, t, s, z, y)
    for (const name of names) advance(name, blocks(next[name], sizes))
  }
  const last = await finish(x, scalar(grid[grid.length - 1], 'float64'), y)
  for (const name of names) advance(name, blocks(last, sizes).slice(0, 2))
  await Promise.all([program.release(), finish.release()])
  return out
}
