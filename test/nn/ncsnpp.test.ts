/** NCSN++ against what its papers say of its parts. */
import { describe, expect, it } from 'vitest'
import { groupNorm, groupsOf } from '../../src/nn/biggan.ts'
import { firConv, firDown, firUp } from '../../src/nn/fir.ts'
import { type NcsnppOptions, type Network, ncsnpp } from '../../src/nn/index.ts'
import {
  flatten,
  full,
  jit,
  type NdArray,
  ndarray,
  type Shape,
  sizeOf,
  type Tensor,
  type Tree,
  toNumbers,
  zeros,
} from '../../src/tensor/index.ts'
import { dropoutShapes, givenDropout } from '../dropout.ts'
import { distance, expectClose, wave } from '../numbers.ts'

const waves = (shape: Shape, phase = 0): NdArray => ndarray(wave(sizeOf(shape), phase), shape)
const apply = async (f: (x: Tensor) => Tensor, x: NdArray): Promise<NdArray> => {
  const program = jit(f)
  const out = await program(x)
  await program.release()
  return out
}

/**
 * Zeros between and around, the filter, and every `down`-th value of one axis (upfirdn as the papers define
 * it).
 */
const upfirdn = (
  x: readonly number[],
  taps: readonly number[],
  up: number,
  down: number,
  pad: [number, number],
) => {
  const sparse = x.flatMap((v) => [v, ...Array<number>(up - 1).fill(0)])
  const padded = [...Array<number>(pad[0]).fill(0), ...sparse, ...Array<number>(pad[1]).fill(0)]
  const out: number[] = []
  for (let i = 0; i + taps.length <= padded.length; i += down)
    out.push(taps.reduce((total, t, j) => total + t * padded[i + j], 0))
  return out
}

/** A rule for signals along rows and then along columns of [h, w]. */
const alongBoth = (image: readonly number[][], rule: (x: readonly number[]) => number[]): number[][] => {
  const wide = image.map(rule)
  const columns = wide[0].map((_, j) => rule(wide.map((row) => row[j])))
  return columns[0].map((_, i) => columns.map((column) => column[i]))
}

const imagesOf = (x: NdArray): number[][][] => {
  const [b, c, h, w] = x.shape
  const values = toNumbers(x)
  return Array.from({ length: b * c }, (_, n) =>
    Array.from({ length: h }, (_, i) => values.slice((n * h + i) * w, (n * h + i + 1) * w)),
  )
}

describe('resampling through (1, 3, 3, 1)', () => {
  const taps = [1, 3, 3, 1].map((v) => v / 8)
  const x = waves([2, 3, 6, 4])

  it('halves as upfirdn does', async () => {
    const want = imagesOf(x).flatMap((image) =>
      alongBoth(image, (s) => upfirdn(s, taps, 1, 2, [1, 1])).flat(),
    )
    const got = await apply(firDown, x)
    expect(got.shape).toEqual([2, 3, 3, 2])
    expectClose(toNumbers(got), want, 1e-6)
  })

  it('doubles as upfirdn does, with twice the gain along each axis', async () => {
    const doubled = taps.map((v) => 2 * v)
    const want = imagesOf(x).flatMap((image) =>
      alongBoth(image, (s) => upfirdn(s, doubled, 2, 1, [2, 1])).flat(),
    )
    const got = await apply(firUp, x)
    expect(got.shape).toEqual([2, 3, 12, 8])
    expectClose(toNumbers(got), want, 1e-6)
  })

  it('halves with a convolution that picks one pixel as upfirdn with as much padding does', async () => {
    const centre = ndarray([0, 0, 0, 0, 1, 0, 0, 0, 0], [1, 1, 3, 3])
    const program = jit((x: Tensor, weight: Tensor, bias: Tensor) => firConv(x, { weight, bias }))
    const one = waves([1, 1, 6, 4])
    const got = await program(one, centre, zeros([1]))
    await program.release()
    // The filter with padding (2, 2), then positions 1, 3, 5, …
    const want = alongBoth(imagesOf(one)[0], (s) => {
      const blurred = upfirdn(s, taps, 1, 1, [2, 2])
      return blurred.filter((_, i) => i % 2 === 1)
    })
    expect(got.shape).toEqual([1, 1, 3, 2])
    expectClose(toNumbers(got), want.flat(), 1e-6)
  })
})

describe('group normalisation', () => {
  it('has mean 0 and variance 1 in each group, then scales and shifts each channel', async () => {
    const x = waves([2, 8, 3, 5])
    const program = jit((x: Tensor, scale: Tensor, shift: Tensor) => groupNorm(x, { scale, shift }))
    const plain = toNumbers(await program(x, full([8], 1), zeros([8])))
    expect(groupsOf(8)).toBe(2)
    expect(groupsOf(256)).toBe(32)
    for (let g = 0; g < 4; g++) {
      const group = plain.slice(60 * g, 60 * (g + 1))
      expect(group.reduce((a, b) => a + b, 0) / 60).toBeCloseTo(0, 5)
      expect(group.reduce((a, b) => a + b * b, 0) / 60).toBeCloseTo(1, 4)
    }
    const changed = toNumbers(await program(x, waves([8], 1), waves([8], 2)))
    await program.release()
    const [scale, shift] = [wave(8, 1), wave(8, 2)]
    const channel = (i: number) => Math.floor(i / 15) % 8
    expectClose(
      changed,
      plain.map((v, i) => v * scale[channel(i)] + shift[channel(i)]),
      1e-5,
    )
  })
})

describe('NCSN++', () => {
  const tiny: NcsnppOptions = { io: 3, size: 8, width: 8, multipliers: [1, 2], blocks: 1, attention: [4] }
  const forward = async (net: Network, x: NdArray, keep: readonly NdArray[] = []): Promise<NdArray> => {
    const program = jit((p: Tree<Tensor>, x: Tensor, c: Tensor, keep: readonly Tensor[]) =>
      net.apply(p, x, c, keep.length > 0 ? givenDropout(keep) : undefined),
    )
    const out = await program(net.init(0), x, waves([x.shape[0]], 1), keep)
    await program.release()
    return out
  }

  it('begins at 0, with Glorot-uniform weights and a tenth of their variance in queries', async () => {
    const out = await forward(ncsnpp(tiny), waves([1, 3, 8, 8]))
    expect(Math.max(...toNumbers(out).map(Math.abs))).toBeLessThan(1e-4)
    const params = flatten(ncsnpp({ ...tiny, width: 32 }).init(0))
    const largest = (path: string) => Math.max(...toNumbers(params[path]).map(Math.abs))
    // U(±√(6/(fan-in + fan-out))): the largest of thousands is within 1 % of the bound.
    expect(largest('down.0.blocks.0.conv1.weight') / Math.sqrt(6 / (2 * 32 * 9))).toBeGreaterThan(0.98)
    expect(largest('down.0.blocks.0.conv1.weight') / Math.sqrt(6 / (2 * 32 * 9))).toBeLessThanOrEqual(1)
    expect(largest('middle.attention.q.weight') / Math.sqrt(0.6 / (2 * 64))).toBeGreaterThan(0.98)
    expect(largest('middle.attention.out.weight')).toBeLessThan(1e-5)
  })

  it('has the size of the prior of faces by default', () => {
    const params = flatten(ncsnpp({ io: 3, size: 32 }).init(0))
    const total = Object.values(params).reduce((n, { size }) => n + size, 0)
    expect(params['head.weight'].shape).toEqual([64, 3, 3, 3])
    expect(params['middle.last.conv1.weight'].shape).toEqual([128, 128, 3, 3])
    expect(Object.keys(params).filter((p) => p.endsWith('.q.weight'))).toHaveLength(4 + 1 + 1)
    expect(total).toBeGreaterThan(1e7)
  })

  it('drops activations of each of its blocks', async () => {
    const net = ncsnpp({ ...tiny, dropout: 0.25 })
    const x = waves([2, 3, 8, 4])
    const masks = dropoutShapes(net, x.shape).map((shape) => full(shape, 0.75))
    expect(masks).toHaveLength(net.dropouts)
    expect(masks.map(({ shape }) => shape[2])).toEqual([8, 4, 4, 4, 4, 4, 4, 8, 8, 8])
    // Masks of 1 − p undo the scale.
    expect(distance(toNumbers(await forward(net, x)), toNumbers(await forward(net, x, masks)))).toBeLessThan(
      1e-6,
    )
  })

  it('names what does not fit', async () => {
    await expect(forward(ncsnpp(tiny), waves([1, 3, 4, 4]))).rejects.toThrow(
      /ncsnpp: expected \[B, 3, 8, W\].*\[1,3,4,4\]/,
    )
    expect(() => ncsnpp({ ...tiny, width: 6 })).toThrow(/width must be a multiple of 4, got 6/)
    expect(() => ncsnpp({ ...tiny, blocks: 0 })).toThrow(/blocks 0/)
    expect(() => ncsnpp({ ...tiny, width: 132 })).toThrow(/do not fall into 32 groups/)
  })
})
