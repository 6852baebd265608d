import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { adam, initMoments, mlp, type Network, unet } from '../../src/nn/index.ts'
import {
  flatten,
  grad,
  jit,
  mul,
  type NdArray,
  ndarray,
  type Shape,
  scalar,
  sizeOf,
  sum,
  type Tensor,
  type Tree,
  toNumbers,
} from '../../src/tensor/index.ts'
import { dropoutShapes, givenDropout } from '../dropout.ts'
import { expectClose, wave } from '../numbers.ts'
import { formulaWeights } from './formula-weights.ts'

/**
 * Numbers that PyTorch computed in float64 (fixtures/make.py), from weights that are a formula of their
 * names.
 */
const Case = z.object({
  out: z.array(z.number()),
  dx: z.array(z.number()),
  gradients: z.record(z.string(), z.array(z.number())),
})
const Path = z.array(z.array(z.number()))
const golden = z
  .object({ mlp: Case, unet: Case, unshuffled: Case, adam: Path, adamw: Path })
  .parse(JSON.parse(readFileSync(new URL('./fixtures/torch.json', import.meta.url), 'utf8')))

type Golden = z.infer<typeof Case>
type Float = 'float32' | 'float64'

/** ‖g‖ and ⟨g, wave⟩. */
const fingerprint = (g: NdArray): number[] => {
  const values = toNumbers(g)
  const w = wave(values.length, 2)
  return [Math.hypot(...values), values.reduce((total, v, i) => total + v * w[i], 0)]
}

const mask = (shape: Shape, phase: number): NdArray =>
  ndarray(
    wave(sizeOf(shape), phase).map((v) => (v > -0.5 ? 1 : 0)),
    shape,
  )

interface Setting {
  net: Network
  want: Golden
  shape: Shape
  cNoise: number[]
  dtype: Float
  tolerance: number
  keep?: readonly NdArray[]
}

/** Output and gradients of ⟨out, wave⟩ in the weights and in the input. */
const compare = async ({ net, want, shape, cNoise, dtype, tolerance, keep = [] }: Setting) => {
  const params: Tree<NdArray> = formulaWeights(net.init(0), dtype)
  const score = (at: { params: Tree<Tensor>; x: Tensor }, c: Tensor, v: Tensor, keep: readonly Tensor[]) =>
    sum(mul(net.apply(at.params, at.x, c, givenDropout(keep)), v))
  const program = jit((params: Tree<Tensor>, x: Tensor, c: Tensor, v: Tensor, keep: readonly Tensor[]) => ({
    out: net.apply(params, x, c, givenDropout(keep)),
    grads: grad(score)({ params, x }, c, v, keep),
  }))
  const array = (values: number[], shape?: Shape) => ndarray(values, shape, dtype)
  const x = array(wave(sizeOf(shape), 0.5), shape)
  const { out, grads } = await program(params, x, array(cNoise), array(wave(sizeOf(shape), 1.5), shape), keep)
  await program.release()
  expect(out.shape).toEqual(shape)
  expectClose(toNumbers(out), want.out, tolerance, 'output')
  expectClose(fingerprint(grads.x), want.dx, 3 * tolerance, 'gradient in x')
  const got = flatten(grads.params)
  expect(Object.keys(got).sort()).toEqual(Object.keys(want.gradients).sort())
  for (const [name, numbers] of Object.entries(want.gradients)) {
    const scale = Math.max(numbers[0], 1e-3)
    expectClose(
      fingerprint(got[name]).map((v) => v / scale),
      numbers.map((v) => v / scale),
      10 * tolerance,
      `gradient in ${name}`,
    )
  }
}

describe('networks against PyTorch: output and every gradient', () => {
  it.each([
    { dtype: 'float64' as const, tolerance: 1e-8 },
    { dtype: 'float32' as const, tolerance: 2e-5 },
  ])('MLP in $dtype', async ({ dtype, tolerance }) => {
    const net = mlp({ features: 5, hidden: [16, 12], emb: 8 })
    await compare({ net, want: golden.mlp, shape: [3, 5], cNoise: [0.3, -2, 4], dtype, tolerance })
  })

  it('U-Net with attention', async () => {
    const net = unet({ io: 3, channels: [16, 32], blocks: [1, 2], heads: [0, 4], emb: 16 })
    const setting = { shape: [2, 3, 8, 8], cNoise: [0.3, -2], dtype: 'float32' as const, tolerance: 2e-5 }
    await compare({ net, want: golden.unet, ...setting })
  })

  it('U-Net with pixel unshuffling, dropout masks and a non-square image', async () => {
    const net = unet({
      io: 1,
      channels: [8, 16],
      blocks: [1, 1],
      heads: [2, 0],
      emb: 8,
      unshuffle: 2,
      dropout: 0.25,
    })
    const shape = [2, 1, 8, 12]
    const keep = dropoutShapes(net, shape).map(mask)
    const setting = { shape, cNoise: [-1, 1.5], dtype: 'float32' as const, tolerance: 2e-5 }
    await compare({ net, want: golden.unshuffled, keep, ...setting })
  })
})

describe('five steps of Adam with clipping against PyTorch', () => {
  const run = async (weightDecay: number): Promise<number[][]> => {
    let params = [ndarray(wave(3, 1)), ndarray(wave(4, 2), [2, 2])]
    let moments = initMoments(params)
    const program = jit(
      (p: Tensor[], g: Tensor[], moments: { m: Tensor[]; v: Tensor[] }, lr: Tensor, step: Tensor) =>
        adam(p, g, moments, { lr, step }, { weightDecay }),
    )
    const path: number[][] = []
    for (const [step, size] of [3, 0.1, 0, 50, 1e-9].entries()) {
      const g = params.map((p, i) =>
        ndarray(
          wave(p.size, 3 * step + i).map((v) => size * v),
          p.shape,
        ),
      )
      const next = await program(params, g, moments, scalar(0.02), scalar(step + 1))
      params = next.params.map((p) => ndarray(toNumbers(p), p.shape))
      moments = {
        m: next.moments.m.map((p) => ndarray(toNumbers(p), p.shape)),
        v: next.moments.v.map((p) => ndarray(toNumbers(p), p.shape)),
      }
      path.push(params.flatMap(toNumbers))
    }
    return path
  }

  it.each([
    { name: 'Adam', weightDecay: 0, want: golden.adam },
    { name: 'AdamW', weightDecay: 0.1, want: golden.adamw },
  ])('$name', async ({ weightDecay, want }) => {
    const path = await run(weightDecay)
    for (const [step, values] of want.entries()) expectClose(path[step], values, 2e-6, `step ${step + 1}`)
  })
})
