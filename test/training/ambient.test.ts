import { inverse, Matrix } from 'ml-matrix'
import { describe, expect, it } from 'vitest'
import { exponentialSchedule } from '../../src/diffusion/index.ts'
import { constantRate, unet } from '../../src/nn/index.ts'
import { bernoulli, normal, stream } from '../../src/random/index.ts'
import {
  add,
  cast,
  constant,
  expandDims,
  frozen,
  full,
  item,
  jit,
  matmul,
  mul,
  NdArray,
  ndarray,
  reshape,
  sum,
  type Tensor,
  take,
  toNumbers,
  valueAndGrad,
  vjp,
} from '../../src/tensor/index.ts'
import {
  ambientLoss,
  ambientObjective,
  fixedMask,
  type MaskedDenoiser,
  maskedDenoiser,
} from '../../src/training/ambient.ts'
import { initTrainState, trainer } from '../../src/training/index.ts'
import { f64 } from '../numbers.ts'

/** A correlated Gaussian in three dimensions. */
const mu = [0.5, -0.3, 1]
const S = new Matrix([
  [1, 0.8, -0.3],
  [0.8, 1.2, 0.2],
  [-0.3, 0.2, 0.7],
])
const SIGMA = 0.6
const PATTERNS = 8

/** E[x | Ã xt, Ã] as an affine map of Ã xt for each of the eight masks, by conditioning the Gaussian. */
const conditional = (): { W: number[]; b: number[] } => {
  const maps = Array.from({ length: PATTERNS }, (_, p) => {
    const seen = [0, 1, 2].filter((i) => (p >> i) & 1)
    const W = Matrix.zeros(3, 3)
    if (seen.length > 0) {
      const inner = S.selection(seen, seen).add(Matrix.eye(seen.length).mul(SIGMA ** 2))
      const K = S.selection([0, 1, 2], seen).mmul(inverse(inner))
      for (const [j, i] of seen.entries()) W.setColumn(i, K.getColumn(j))
    }
    const b = Matrix.columnVector(mu).sub(W.mmul(Matrix.columnVector(mu)))
    return { W: W.to1DArray(), b: b.to1DArray() }
  })
  return { W: maps.flatMap((m) => m.W), b: maps.flatMap((m) => m.b) }
}

type Maps = { readonly W: Tensor; readonly b: Tensor }

/** h by a free affine map for each mask: as flexible as the Gaussian's answer needs. */
const byPattern =
  ({ W, b }: Maps): MaskedDenoiser =>
  (seen, mask) => {
    const pattern = cast(sum(mul(mask, constant(f64([1, 2, 4]))), { axes: 1 }), 'int64')
    const moved = matmul(take(W, pattern), expandDims(seen, 2))
    return add(reshape(moved, seen.shape), take(b, pattern))
  }

const COUNT = 60_000

const double = (a: NdArray): NdArray<'float64'> => ndarray(toNumbers(a), a.shape, 'float64')

const observations = () => {
  const root = Matrix.from1DArray(COUNT, 3, toNumbers(double(normal(stream(1, 'latents'), [COUNT, 3]))))
  const L = new Matrix([
    [1, 0, 0],
    [0.8, Math.sqrt(1.2 - 0.64), 0],
    [-0.3, (0.2 + 0.24) / Math.sqrt(1.2 - 0.64), 0],
  ])
  L.set(2, 2, Math.sqrt(0.7 - L.get(2, 0) ** 2 - L.get(2, 1) ** 2))
  const x = root.mmul(L.transpose()).addRowVector(mu)
  return {
    y: f64(x.to1DArray(), [COUNT, 3]),
    mask: double(bernoulli(stream(1, 'mask'), 0.7, [COUNT, 3])),
    kept: double(bernoulli(stream(1, 'kept'), 0.6, [COUNT, 3])),
    z: double(normal(stream(1, 'z'), [COUNT, 3])),
    sigma: full([COUNT], SIGMA, 'float64'),
  }
}

describe('the loss of AmbientDiffusion', () => {
  it('is least at E[x | Ã xt, Ã]: its gradient vanishes there', async () => {
    const program = jit((maps: Maps, batch: Record<'y' | 'mask' | 'kept' | 'z' | 'sigma', Tensor>) => {
      const [loss, gradient] = valueAndGrad((m: Maps) => ambientLoss(byPattern(m), batch))(maps)
      return { loss, gradient }
    })
    const batch = observations()
    const truth = conditional()
    const at = async (W: number[], b: number[]) => {
      const { loss, gradient } = await program(
        { W: f64(W, [PATTERNS, 3, 3]), b: f64(b, [PATTERNS, 3]) },
        batch,
      )
      return {
        loss: item(loss),
        slope: Math.max(...[gradient.W, gradient.b].flatMap(toNumbers).map(Math.abs)),
      }
    }
    const best = await at(truth.W, truth.b)
    expect(best.slope).toBeLessThan(0.01)
    const blank = await at(
      truth.W.map(() => 0),
      truth.b.map(() => 0),
    )
    expect(blank.slope).toBeGreaterThan(0.2)
    // Mask 5 shows entries 0 and 2; its weights of those matter, that of the hidden entry 1 meets only zeros.
    const moved = (column: number) => truth.W.map((w, j) => (j === 5 * 9 + 3 + column ? w + 0.2 : w))
    for (const column of [0, 2])
      expect((await at(moved(column), truth.b)).loss).toBeGreaterThan(best.loss + 1e-4)
    expect((await at(moved(1), truth.b)).loss).toBe(best.loss)
    await program.release()
  })

  it('judges what A shows and never looks at what it hides', async () => {
    const program = jit((y: Tensor, mask: Tensor, kept: Tensor, z: Tensor, sigma: Tensor) => {
      const loss = ambientLoss((seen) => seen, { y, mask, kept, z, sigma })
      return { loss, gradient: vjp(loss, y, constant(f64([1], []))) }
    })
    const mask = f64([1, 0, 1], [1, 3])
    const kept = f64([1, 1, 0], [1, 3])
    const { loss, gradient } = await program(
      f64([0.5, 7, 2], [1, 3]),
      mask,
      kept,
      f64([1, 1, 1], [1, 3]),
      f64([0.5]),
    )
    // λ = 5 on the seen entry, whose error is σ z = 0.5; 1 on the hidden one, predicted as 0.
    expect(item(loss)).toBeCloseTo((5 * 0.25 + 4) / 3, 12)
    expect(toNumbers(gradient)[1]).toBe(0)
    await program.release()
  })
})

describe('the masked denoiser', () => {
  const net = unet({ io: 2, channels: [4, 4], blocks: [1, 1], emb: 8 })
  const params = net.init(0)
  const mask = bernoulli(stream(2, 'mask'), 0.5, [2, 1, 8, 8])
  const xt = normal(stream(2, 'xt'), [2, 1, 8, 8])

  it('depends on visible entries alone, and returns them at low noise', async () => {
    const denoise = jit((x: Tensor, m: Tensor, s: Tensor) =>
      fixedMask(maskedDenoiser(net, frozen(params)), m)(x, s),
    )
    const low = full([2], 1e-4)
    const out = toNumbers(await denoise(xt, mask, low))
    const changed = new NdArray(
      'float32',
      xt.shape,
      xt.data.map((v, i) => (mask.data[i] ? v : v + 3)),
    )
    expect(toNumbers(await denoise(changed, mask, low))).toEqual(out)
    for (const [i, v] of out.entries()) if (mask.data[i]) expect(v).toBeCloseTo(xt.data[i], 2)
    await denoise.release()
  })
})

describe('the objective', () => {
  const y = normal(stream(3, 'y'), [24, 1, 8, 8])
  const mask = bernoulli(stream(3, 'mask'), 0.5, [24, 1, 8, 8])
  const net = unet({ io: 2, channels: [8, 8], blocks: [1, 1], emb: 8 })
  const { sigma } = exponentialSchedule({ sigmaMin: 0.05, sigmaMax: 10 })
  const objective = ambientObjective(net, { y, mask }, { delta: 0.2, sigma }, (p) => stream(0, p))

  it('deletes a share δ of what is seen, anew in every step, the same for the same address', async () => {
    const rows = Array.from({ length: 24 }, (_, i) => i)
    const state = initTrainState(net.init(0))
    const batch = (step: number) => objective.batch({ rows, at: { lap: 0, step }, state })
    const keptOf = ({ kept }: { kept: NdArray | number }) => (kept instanceof NdArray ? toNumbers(kept) : [])
    const [one, other] = [await batch(0), await batch(1)]
    const kept = keptOf(one)
    expect(kept).toHaveLength(24 * 64)
    const share = kept.reduce((a, v) => a + v, 0) / kept.length
    expect(Math.abs(share - 0.8)).toBeLessThan(4 * Math.sqrt(0.16 / kept.length))
    expect(keptOf(other)).not.toEqual(kept)
    expect(await batch(0)).toEqual(one)
  })

  it('is learned from', async () => {
    const { step, release } = trainer(
      objective,
      { batch: 16, rate: constantRate(3e-3), ema: 0 },
      stream(0, 'rows'),
    )
    let state = initTrainState(net.init(0))
    const losses: number[] = []
    for (let i = 0; i < 60; i++) {
      const next = await step(state, { lap: 0, step: i })
      state = next.state
      losses.push(next.terms.loss)
    }
    await release()
    const mean = (part: number[]) => part.reduce((a, b) => a + b, 0) / part.length
    expect(mean(losses.slice(-15))).toBeLessThan(0.9 * mean(losses.slice(0, 5)))
  })
})
