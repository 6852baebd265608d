import { describe, expect, it } from 'vitest'
import {
  constantRate,
  ema,
  embed,
  exponentialRate,
  globalNorm,
  linearRate,
  mlp,
  type Network,
  type UnetOptions,
  unet,
  warmUp,
} from '../../src/nn/index.ts'
import {
  flatten,
  frozen,
  full,
  grad,
  jit,
  type NdArray,
  ndarray,
  type Shape,
  sizeOf,
  square,
  sum,
  type Tensor,
  type Tree,
  toNumbers,
} from '../../src/tensor/index.ts'
import { dropoutShapes, givenDropout } from '../dropout.ts'
import { expectClose, f64, wave } from '../numbers.ts'

const small: UnetOptions = { io: 2, channels: [8, 12, 16], blocks: [1, 2, 1], heads: [0, 3, 2], emb: 16 }

const countOf = (params: unknown): number =>
  Object.values(flatten(params)).reduce((total, { size }) => total + size, 0)

const forward = async (net: Network, shape: Shape, keep?: readonly NdArray[]): Promise<NdArray> => {
  const params = net.init(0)
  const program = jit((x: Tensor, c: Tensor, keep: readonly Tensor[]) =>
    net.apply(frozen(params), x, c, keep.length ? givenDropout(keep) : undefined),
  )
  const out = await program(ndarray(wave(sizeOf(shape)), shape), ndarray(wave(shape[0])), keep ?? [])
  await program.release()
  return out
}

describe('initial weights', () => {
  const net = unet({ ...small, channels: [16, 32, 32], heads: [0, 4, 2] })
  const params = flatten(net.init(0))

  it('are uniform within ±1/√fan_in, a tenth of it where blocks begin as the identity; biases are 0', () => {
    for (const [name, { shape, data }] of Object.entries(params)) {
      const values = Array.from(data, Number)
      if (name.endsWith('bias')) {
        expect(values.every((v) => v === 0)).toBe(true)
        continue
      }
      const bound = (name.includes('mod2') ? 0.1 : 1) / Math.sqrt(sizeOf(shape.slice(1)))
      const n = values.length
      const mean = values.reduce((a, b) => a + b) / n
      const variance = values.reduce((a, b) => a + b * b, 0) / n
      expect(Math.max(...values.map(Math.abs)), name).toBeLessThanOrEqual(bound * (1 + 1e-6))
      expect(Math.abs(mean), name).toBeLessThan((4.5 * bound) / Math.sqrt(3 * n))
      // The sample variance of a uniform has standard deviation (b²/3) √(4/5n).
      expect(Math.abs(variance / (bound ** 2 / 3) - 1), name).toBeLessThan(4.5 * Math.sqrt(0.8 / n))
    }
  })

  it('are the same for a seed, others for another seed, and no two layers share them', () => {
    const again = flatten(net.init(0))
    const other = flatten(net.init(1))
    const firsts = new Set<number>()
    let weights = 0
    for (const [name, { data }] of Object.entries(params)) {
      expect(again[name].data).toEqual(data)
      if (name.endsWith('bias')) continue
      expect(other[name].data).not.toEqual(data)
      firsts.add(Number(data[0]) / Number(data[1]))
      weights++
    }
    expect(firsts.size).toBe(weights)
  })
})

describe('sizes', () => {
  it('an MLP of the manifold experiment has the parameters that its layers say', () => {
    const count = (5 + 64) * 256 + 256 + 2 * (256 * 256 + 256) + 256 * 5 + 5
    expect(countOf(mlp({ features: 5 }).init(0))).toBe(count)
  })

  it('a U-Net has the parameters that its blocks say', () => {
    const [a, b, emb, io] = [8, 12, 16, 2]
    const conv = (i: number, o: number, k = 9) => i * o * k + o
    const modulation = (c: number) => conv(emb, emb, 1) + conv(emb, 3 * c, 1)
    const res = (c: number) => modulation(c) + 2 * conv(c, c)
    const att = (c: number) => modulation(c) + conv(c, 3 * c, 1) + c * c
    const want =
      conv(io, a) + 2 * res(a) + conv(a, b) + 4 * (res(b) + att(b)) + conv(a + b, a) + conv(a, io, 1)
    const net = unet({ io, channels: [a, b], blocks: [1, 2], heads: [0, 3], emb })
    expect(countOf(net.init(0))).toBe(want)
  })
})

describe('a U-Net', () => {
  it.each([
    { name: 'square', shape: [2, 2, 8, 8], options: small },
    { name: 'not square', shape: [1, 2, 4, 12], options: small },
    { name: 'one level', shape: [1, 2, 5, 7], options: { io: 2, channels: [8], blocks: [1], emb: 8 } },
    { name: 'unshuffled', shape: [1, 2, 16, 16], options: { ...small, unshuffle: 4 } },
  ])('keeps the shape of its images, $name', async ({ shape, options }) => {
    const out = await forward(unet(options), shape)
    expect(out.shape).toEqual(shape)
    expect(toNumbers(out).every(Number.isFinite)).toBe(true)
  })

  it('every weight receives a gradient', async () => {
    const net: Network = unet(small)
    const params = net.init(0)
    const loss = (p: Tree<Tensor>, x: Tensor, c: Tensor) => sum(square(net.apply(p, x, c)))
    const program = jit((p: Tree<Tensor>, x: Tensor, c: Tensor) => grad(loss)(p, x, c))
    const shape = [2, 2, 8, 8]
    const grads = await program(params, ndarray(wave(sizeOf(shape)), shape), ndarray([0.5, -1]))
    for (const [name, g] of Object.entries(flatten(grads))) {
      expect(Math.hypot(...toNumbers(g)), name).toBeGreaterThan(0)
    }
  })

  it('names what does not fit', async () => {
    const image = (shape: Shape) => forward(unet(small), shape)
    await expect(image([1, 3, 8, 8])).rejects.toThrow(/\[B, 2, H, W\].*\[1,3,8,8\]/)
    await expect(image([1, 2, 8])).rejects.toThrow(/\[1,2,8\]/)
    expect(() => unet({ ...small, blocks: [1] })).toThrow(/one entry per level/)
    expect(() => unet({ ...small, emb: 5 })).toThrow(/emb/)
    expect(() => unet({ ...small, dropout: 1 })).toThrow(/dropout/)
    expect(() => unet({ ...small, heads: [0, 5, 0] })).toThrow(/heads/)
  })
})

describe('dropout', () => {
  const options = { ...small, dropout: 0.2 }
  const shape = [2, 2, 8, 8]
  const net = unet(options)

  it('has a mask for each residual block, in the order of evaluation', () => {
    const [fine, middle, coarse] = [
      [2, 8, 8, 8],
      [2, 12, 4, 4],
      [2, 16, 2, 2],
    ]
    expect(dropoutShapes(net, shape)).toEqual([fine, middle, middle, coarse, coarse, middle, middle, fine])
    expect(dropoutShapes(unet(small), shape)).toEqual([])
    expect([net.dropouts, unet(small).dropouts]).toEqual([8, 0])
  })

  it('is off without masks, and scales what it keeps by 1/(1 − p)', async () => {
    const off = toNumbers(await forward(net, shape))
    expectClose(toNumbers(await forward(unet(small), shape)), off, 1e-6)
    const masks = (value: number) => dropoutShapes(net, shape).map((s) => full(s, value))
    // A mask of 1 − p everywhere undoes the scale.
    expectClose(toNumbers(await forward(net, shape, masks(0.8))), off, 1e-5)
    const all = toNumbers(await forward(net, shape, masks(1)))
    expect(Math.max(...all.map((v, i) => Math.abs(v - off[i])))).toBeGreaterThan(1e-3)
  })
})

describe('small parts', () => {
  it('embedding of the published example', async () => {
    const out = await jit((c: Tensor) => embed(c, 8))(f64([Math.log(0.5)]))
    const want = [-0.6389612763, -0.032167492, -0.0014933398, -0.000069314718]
    expectClose(toNumbers(out), [...want, 0.7692389014, 0.9994824923, 0.999998885, 0.9999999976], 1e-9)
  })

  it('global norm', async () => {
    const norm = await jit((a: Tensor, b: Tensor) => globalNorm({ a, b: [b] }))(
      f64([1, 2]),
      f64([4, 2, 0, 0], [2, 2]),
    )
    expect(toNumbers(norm)[0]).toBeCloseTo(5, 12)
  })

  it('moving average', async () => {
    const out = await jit((a: Tensor, p: Tensor) => ema(a, p, 0.9))(f64([1, -2]), f64([3, 0]))
    expectClose(toNumbers(out), [1.2, -1.8], 1e-12)
  })

  it('learning rates', () => {
    expect([0, 7].map(constantRate(2e-4))).toEqual([2e-4, 2e-4])
    // lr0 + (lr1 − lr0) min((j + 1)/(S + 1), 1), S = 9
    const linear = linearRate(1e-3, 1e-6, 9)
    expectClose([0, 4, 9, 20].map(linear), [9.001e-4, 5.005e-4, 1e-6, 1e-6], 1e-15)
    const paper = linearRate(1e-3, 1e-6, 65536)
    expect(paper(0)).toBeCloseTo(1e-3 - (0.999e-3 * 1) / 65537, 15)
    const geometric = exponentialRate(1, 1e-4, 3)
    expectClose([0, 1, 3, 9].map(geometric), [0.1, 0.01, 1e-4, 1e-4], 1e-12)
    const warm = warmUp(constantRate(1), 4)
    expectClose([0, 1, 3, 4, 100].map(warm), [0.25, 0.5, 1, 1, 1], 1e-15)
    expect(warmUp(constantRate(1), 0)(0)).toBe(1)
  })

  it('an MLP refuses what is not a batch of its features', async () => {
    await expect(forward(mlp({ features: 3, hidden: [4], emb: 4 }), [2, 4])).rejects.toThrow(
      /mlp.*\[B, 3\].*\[2,4\]/,
    )
    expect(() => mlp({ features: 3, emb: 2 })).toThrow(/emb/)
    expect(() => mlp({ features: 0 })).toThrow(/features 0/)
  })
})
