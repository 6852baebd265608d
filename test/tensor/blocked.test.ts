/** The blocked lowering against the plain one, which is its oracle: values, first and second derivatives. */
import { describe, expect, it } from 'vitest'
import { channelBlock } from '../../src/tensor/execute/probe.ts'
import {
  add,
  attention,
  concat,
  conv2d,
  frozen,
  halo,
  jit,
  layerNorm,
  matmul,
  mean,
  mul,
  type NdArray,
  ndarray,
  relu,
  reshape,
  silu,
  slice,
  sub,
  sum,
  sumPool,
  type Tensor,
  toNumbers,
  transpose,
  upsample,
  vjp,
} from '../../src/tensor/index.ts'
import { waveOf as wave } from '../numbers.ts'

const tenth = (a: NdArray): NdArray =>
  ndarray(
    toNumbers(a).map((v) => v / 10),
    a.shape,
  )

/** Largest difference between the layouts, relative to the largest value, over all outputs. */
const disagreement = async (
  fn: (args: readonly Tensor[]) => readonly Tensor[],
  args: readonly NdArray[],
): Promise<number> => {
  const [blocked, plain] = [jit(fn, { layout: 'auto' }), jit(fn, { layout: 'plain' })]
  const [got, want] = [await blocked(args), await plain(args)]
  await Promise.all([blocked.release(), plain.release()])
  let worst = 0
  for (const [i, w] of want.entries()) {
    const [a, b] = [toNumbers(got[i]), toNumbers(w)]
    const scale = Math.max(...b.map(Math.abs))
    expect(scale).toBeGreaterThan(0)
    worst = Math.max(
      worst,
      ...a.map((v, j) => (Number.isFinite(v) ? Math.abs(v - b[j]) / scale : Number.POSITIVE_INFINITY)),
    )
  }
  return worst
}

/**
 * y, its gradients in all arguments, and the gradients of ⟨those gradients, v⟩:
 * everything a second order needs.
 */
const twice =
  (fn: (args: readonly Tensor[]) => Tensor) =>
  (args: readonly Tensor[]): readonly Tensor[] => {
    const y = fn(args)
    const first = vjp(y, args, mul(y, y))
    const along = first.map((g) => sum(mul(g, g))).reduce((a, b) => add(a, b))
    return [y, ...first, ...vjp(along, args, mean(along, { axes: [] }))]
  }

describe('blocked lowering', () => {
  it('is in use here: the probe finds a block', async () => {
    expect([8, 16]).toContain(await channelBlock())
  })

  for (const [batch, from, to, h, w, stride] of [
    [1, 16, 32, 7, 7, 1],
    [3, 32, 16, 5, 9, 1],
    [1, 16, 48, 7, 7, 2],
    [3, 48, 16, 5, 9, 2],
    [2, 16, 16, 8, 6, 2],
    [2, 1, 16, 7, 7, 1],
    [2, 3, 32, 5, 9, 2],
    [2, 32, 1, 7, 7, 1],
    [1, 16, 3, 5, 9, 1],
    [16, 16, 32, 6, 7, 1],
    [32, 32, 16, 5, 4, 1],
    [16, 16, 32, 7, 7, 2],
    [10, 3, 16, 5, 9, 2],
    [2, 16, 16, 1, 1, 1],
  ]) {
    it(`convolves ${batch}×${from}×${h}×${w} to ${to} channels, stride ${stride}`, async () => {
      const fn = twice(([x, w, bias]) => silu(conv2d(x, w, { bias, stride, padding: 1 })))
      const args = [wave([batch, from, h, w], 1), wave([to, from, 3, 3], 2), wave([to], 3)]
      expect(await disagreement(fn, args)).toBeLessThan(1e-5)
    })
  }

  it('convolves with 1×1, 5×5, without padding', async () => {
    for (const [k, padding] of [
      [1, 0],
      [5, 2],
      [5, 0],
      [2, 0],
    ]) {
      const fn = twice(([x, w]) => conv2d(x, w, { padding }))
      // Sums of 800 products, squared: rounding alone reaches 2e-5.
      expect(await disagreement(fn, [wave([2, 16, 7, 6], 1), wave([32, 16, k, k], 2)])).toBeLessThan(4e-5)
    }
  })

  it('convolves signals, images of one row, and upsamples them', async () => {
    for (const [from, to, stride, batch] of [
      [16, 32, 1, 2],
      [16, 32, 2, 16],
      [3, 16, 1, 32],
      [16, 3, 1, 3],
    ]) {
      const fn = twice(([x, w, v, bias]) => {
        const y = silu(conv2d(x, w, { stride: [1, stride], padding: [0, 1], bias }))
        return to === 32 ? conv2d(concat([x, upsample(y, [1, stride])], 1), v, { padding: [0, 1] }) : y
      })
      const args = [wave([batch, from, 1, 12], 1), wave([to, from, 1, 3], 2), wave([16, from + to, 1, 3], 3)]
      const used = to === 32 ? args : args.slice(0, 2)
      const at = (list: readonly Tensor[]) => [
        list[0],
        list[1],
        list[to === 32 ? 2 : 1],
        list[list.length - 1],
      ]
      expect(await disagreement((list) => fn(at(list)), [...used, wave([to], 4)])).toBeLessThan(2e-5)
    }
  })

  it('convolves on a cylinder, with a border of one cell on each side', async () => {
    const around = (x: Tensor) => halo(halo(x, 3, 'wrap'), 2, 'edge')
    for (const stride of [1, 2, 3]) {
      const fn = twice(([x, w, v]) => conv2d(around(silu(conv2d(around(x), w))), v, { stride }))
      const args = [wave([16, 16, 6, 12], 1), wave([32, 16, 3, 3], 2), wave([16, 32, 3, 3], 3)]
      expect(await disagreement(fn, args)).toBeLessThan(2e-5)
    }
  })

  for (const channels of [16, 32, 48]) {
    it(`normalises and modulates ${channels} channels as a residual block does`, async () => {
      const fn = twice(([x, a, b, c, w]) => {
        const y = silu(conv2d(layerNorm(add(mul(x, add(a, 1)), b), { axis: 1 }), w, { padding: 1 }))
        const r = add(mul(c, c), 1)
        return add(mul(x, r), mul(y, mul(c, r)))
      })
      const per = [3, channels, 1, 1]
      const args = [wave([3, channels, 5, 9], 1), wave(per, 2), wave(per, 3), wave(per, 4)]
      expect(await disagreement(fn, [...args, wave([channels, channels, 3, 3], 5)])).toBeLessThan(1e-5)
    })
  }

  const weights = [
    wave([16, 1, 3, 3], 1),
    wave([32, 16, 3, 3], 2),
    wave([16, 48, 3, 3], 3),
    wave([16], 4),
    wave([1, 16, 1, 1], 5),
  ]
  const net = (x: Tensor, [head, down, merge, bias, tail]: readonly Tensor[]) => {
    const fine = silu(conv2d(x, head, { padding: 1 }))
    const coarse = layerNorm(conv2d(fine, down, { stride: 2, padding: 1 }), { axis: 1 })
    const joined = conv2d(concat([fine, upsample(coarse, 2)], 1), merge, { padding: 1, bias })
    return conv2d(silu(joined), tail)
  }
  for (const [batch, h, w] of [
    [1, 8, 12],
    [3, 14, 14],
    [10, 4, 6],
    [32, 4, 4],
  ]) {
    it(`agrees on a small U-Net, ${batch}×${h}×${w}, weights fed and weights frozen`, async () => {
      const x = wave([batch, 1, h, w], 6)
      const fed = twice(([x, ...w]) => net(x, w))
      expect(await disagreement(fed, [x, ...weights])).toBeLessThan(1e-5)
      const fixed = twice(([x]) => net(x, frozen(weights)))
      expect(await disagreement(fixed, [x])).toBeLessThan(1e-5)
    })
  }

  it('convolves upsampled images alone, beside others and into a sum', async () => {
    const fn = twice(([x, y, w, v, bias]) => {
      const alone = conv2d(upsample(x, 2), w, { padding: 1, bias })
      const joined = conv2d(concat([upsample(x, 2), y, upsample(x, 2)], 1), v, { padding: 1, bias })
      return add(add(y, joined), alone)
    })
    const args = [wave([2, 16, 5, 3], 1), wave([2, 16, 10, 6], 2), wave([16, 16, 3, 3], 3)]
    expect(await disagreement(fn, [...args, wave([16, 48, 3, 3], 4), wave([16], 5)])).toBeLessThan(1e-5)
  })

  it('attends over pixels between convolutions', async () => {
    const fn = twice(([x, w, v]) => {
      const y = conv2d(x, w, { padding: 1 })
      const [b, c, h, wd] = y.shape
      const pixels = transpose(reshape(y, [b, c, h * wd]), [0, 2, 1])
      const mixed = attention(pixels, matmul(pixels, v), pixels, 2)
      return conv2d(add(y, reshape(transpose(mixed, [0, 2, 1]), [b, c, h, wd])), w, { padding: 1 })
    })
    const args = [wave([2, 16, 3, 5], 1), wave([16, 16, 3, 3], 2), wave([16, 16], 3)]
    expect(await disagreement(fn, args.map(tenth))).toBeLessThan(1e-5)
  })

  it('pools, cuts and compares blocked values', async () => {
    const fn = twice(([x, w]) => {
      const y = conv2d(x, w, { padding: 1 })
      const low = relu(slice(y, [0, 16], [2, 32]))
      return sub(
        add(sumPool(low, 2), sum(low, { axes: [2, 3], keepdims: true })),
        mean(sumPool(low, 2), { axes: 1, keepdims: true }),
      )
    })
    expect(await disagreement(fn, [wave([3, 16, 6, 4], 1), wave([48, 16, 3, 3], 2)])).toBeLessThan(1e-5)
  })
})
