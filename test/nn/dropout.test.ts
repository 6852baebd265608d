import { describe, expect, it } from 'vitest'
import { graph, type Network, seededDropout, unet } from '../../src/nn/index.ts'
import { stream } from '../../src/random/index.ts'
import {
  add,
  frozen,
  grad,
  jit,
  mul,
  type NdArray,
  ndarray,
  rematerialise,
  rows,
  type Shape,
  sum,
  type Tensor,
  toNumbers,
} from '../../src/tensor/index.ts'
import { dropoutSeeds } from '../../src/training/index.ts'
import { distance, expectClose, wave, waveOf } from '../numbers.ts'

const seedsOf = (dropouts: number, count: number, step = 0, lap = 0) =>
  dropoutSeeds({ dropouts }, count, stream(3, 'dropout'), { step, lap })

/** The masks of the layers for features of a shape: what is left of ones. */
const masksOf = async (seeds: NdArray, shape: Shape, rate: number): Promise<number[][]> => {
  const layers = Array.from({ length: seeds.shape[1] }, (_, layer) => layer)
  const program = jit((s: Tensor, ones: Tensor) =>
    layers.map((layer) => seededDropout(s, rate).zeroed(ones, { layer, rowAxis: 0 })),
  )
  const ones = ndarray(Array<number>(shape.reduce((n, d) => n * d, 1)).fill(1), shape)
  const masks = await program(seeds, ones)
  await program.release()
  return masks.map(toNumbers)
}

describe('masks from seeds', () => {
  const [count, size, layers, rate] = [32, 4096, 4, 0.1]

  it('keep an entry with probability 1 − rate, row by row, independently of all others', async () => {
    const [now, next] = [
      await masksOf(seedsOf(layers, count), [count, size], rate),
      await masksOf(seedsOf(layers, count, 1), [count, size], rate),
    ]
    const spread = Math.sqrt(rate * (1 - rate))
    const z = (values: readonly number[]): number =>
      values.reduce((a, v) => a + (v - (1 - rate)) / spread, 0) / Math.sqrt(values.length)
    const all = [...now, ...next]
    expect(Math.abs(z(all.flat()))).toBeLessThan(4)
    // Counts of rows: χ² with as many degrees as rows, of mean n and variance 2 n.
    const counts = all.flatMap((mask) =>
      Array.from({ length: count }, (_, i) => z(mask.slice(i * size, (i + 1) * size))),
    )
    const chi2 = counts.reduce((a, v) => a + v * v, 0)
    expect(Math.abs(chi2 - counts.length) / Math.sqrt(2 * counts.length)).toBeLessThan(4)
    // Neighbours, words of one counter (size/4 apart), rows, layers, steps: no correlation.
    const centred = all.map((mask) => mask.map((v) => (v - (1 - rate)) / spread))
    const correlation = (a: readonly number[], b: readonly number[], lag = 0): number => {
      const n = a.length - lag
      let total = 0
      for (let i = 0; i < n; i++) total += a[i] * b[i + lag]
      return total / Math.sqrt(n)
    }
    const lags = [1, 2, 3, 4, 7, 8, 16, 32, 64, 256, size / 4, size / 2, (3 * size) / 4, size, 2 * size]
    const own = centred.flatMap((mask) => lags.map((lag) => correlation(mask, mask, lag)))
    const crossed = centred.flatMap((a, i) => centred.slice(i + 1).map((b) => correlation(a, b)))
    for (const c of [...own, ...crossed]) expect(Math.abs(c)).toBeLessThan(4.5)
    const squares = [...own, ...crossed].map((c) => c * c)
    const mean = squares.reduce((a, v) => a + v, 0) / squares.length
    expect(Math.abs(mean - 1)).toBeLessThan(4 * Math.sqrt(2 / squares.length))
  })

  it('have the numbers of kept entries in four neighbours that independent ones have', async () => {
    const quarter = (await masksOf(seedsOf(layers, count), [count, size], 0.5)).flat()
    const patterns = Array<number>(16).fill(0)
    for (let i = 0; i < quarter.length; i += 4)
      patterns[8 * quarter[i] + 4 * quarter[i + 1] + 2 * quarter[i + 2] + quarter[i + 3]]++
    const expected = quarter.length / 64
    const chi2 = patterns.reduce((a, v) => a + (v - expected) ** 2 / expected, 0)
    expect(chi2).toBeGreaterThan(2) // of 15 degrees: 0.01 % is below, 0.01 % above
    expect(chi2).toBeLessThan(45)
  })

  it('are those of the row, whatever the batch around it', async () => {
    const seeds = seedsOf(2, 6)
    const whole = await masksOf(seeds, [6, 3, 5], 0.4)
    const part = await masksOf(rows(seeds, 2, 5), [3, 3, 5], 0.4)
    expect(part).toEqual(whole.map((mask) => mask.slice(2 * 15, 5 * 15)))
    expect(await masksOf(seedsOf(2, 6, 0, 1), [6, 3, 5], 0.4)).not.toEqual(whole)
  })
})

describe('dropout from seeds', () => {
  it('has the gradient of its mask, of first and second order, in float64 too', async () => {
    for (const dtype of ['float32', 'float64'] as const) {
      const program = jit((x: Tensor, seeds: Tensor) => {
        const { zeroed } = seededDropout(seeds, 0.5)
        const mask = zeroed(add(mul(x, 0), 1), { layer: 0, rowAxis: 0 })
        const cubes = (x: Tensor) => sum(mul(zeroed(x, { layer: 0, rowAxis: 0 }), mul(x, x)))
        const slope = grad(cubes)(x)
        return { mask, slope }
      })
      const x = ndarray(wave(48), [2, 24], dtype)
      const { mask, slope } = await program(x, seedsOf(1, 2))
      const [m, values] = [toNumbers(mask), toNumbers(x)]
      expect(m.filter((v) => v === 1).length).toBeGreaterThan(10)
      expectClose(
        toNumbers(slope),
        values.map((v, i) => 3 * m[i] * v * v),
        dtype === 'float32' ? 1e-6 : 1e-14,
      )
      const second = jit((x: Tensor, seeds: Tensor) => {
        const { zeroed } = seededDropout(seeds, 0.5)
        const cubes = (x: Tensor) => sum(mul(zeroed(x, { layer: 0, rowAxis: 0 }), mul(x, x)))
        return grad((x: Tensor) => sum(grad(cubes)(x)))(x)
      })
      expectClose(
        toNumbers(await second(x, seedsOf(1, 2))),
        values.map((v, i) => 6 * m[i] * v),
        dtype === 'float32' ? 1e-6 : 1e-14,
      )
      await Promise.all([program.release(), second.release()])
    }
  })

  it('is the same inside a block that is computed again', async () => {
    const gradient = (apply: (block: (x: Tensor) => Tensor, x: Tensor) => Tensor) =>
      jit((x: Tensor, seeds: Tensor) => {
        const drop = (x: Tensor) => seededDropout(seeds, 0.5).zeroed(mul(x, x), { layer: 0, rowAxis: 0 })
        return grad((x: Tensor) => sum(apply(drop, x)))(x)
      })
    const [kept, again] = [gradient((block, x) => block(x)), gradient(rematerialise)]
    const x = waveOf([2, 24], 1)
    expect(toNumbers(await again(x, seedsOf(1, 2)))).toEqual(toNumbers(await kept(x, seedsOf(1, 2))))
    await Promise.all([kept.release(), again.release()])
  })

  it.each([
    {
      name: 'images',
      net: unet({ io: 1, channels: [16, 16], blocks: [1, 1], emb: 8, dropout: 0.5 }),
      event: [1, 8, 8],
    },
    {
      name: 'vertices',
      net: graph({
        io: 1,
        mesh: Array.from({ length: 24 }, (_, i) => [Math.cos(i), Math.sin(i), i / 24]),
        k: 4,
        channels: [16, 16],
        blocks: [1, 1],
        emb: 8,
        dropout: 0.5,
      }),
      event: [1, 24],
    },
  ] satisfies { name: string; net: Network; event: Shape }[])(
    'is its row’s alone in a network over $name, and the same row-major as in blocks',
    async ({ net, event }) => {
      const [x, c, seeds] = [waveOf([4, ...event], 1), ndarray(wave(4)), seedsOf(net.dropouts, 4)]
      const output = async (from: number, to: number, layout: 'auto' | 'plain'): Promise<number[]> => {
        const program = jit(
          (x: Tensor, c: Tensor, s: Tensor) =>
            net.apply(frozen(net.init(0)), x, c, seededDropout(s, net.dropout)),
          { layout },
        )
        const out = await program(rows(x, from, to), rows(c, from, to), rows(seeds, from, to))
        await program.release()
        return toNumbers(out)
      }
      const whole = await output(0, 4, 'auto')
      expectClose(await output(0, 4, 'plain'), whole, 1e-5)
      expectClose(await output(1, 3, 'auto'), whole.slice(whole.length / 4, (3 * whole.length) / 4), 1e-5)
      const off = jit((x: Tensor, c: Tensor) => net.apply(frozen(net.init(0)), x, c))
      expect(distance(toNumbers(await off(x, c)), whole)).toBeGreaterThan(1e-3)
      await off.release()
    },
  )
})
