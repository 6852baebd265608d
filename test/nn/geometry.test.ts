/** What networks know of the shape of their events, against what is known of that shape. */
import { describe, expect, it } from 'vitest'
import { meshPoints } from '../../src/datasets/index.ts'
import {
  type GraphOptions,
  graph,
  type Network,
  type SphereOptions,
  sphere,
  unet,
  unet1d,
} from '../../src/nn/index.ts'
import { farthestPoints, nearestOf, stencil } from '../../src/nn/point-graph.ts'
import {
  flatten,
  grad,
  jit,
  mapArrays,
  mul,
  type NdArray,
  ndarray,
  type Shape,
  sizeOf,
  sum,
  type Tensor,
  type Tree,
  toNumbers,
} from '../../src/tensor/index.ts'
import { dropoutShapes } from '../dropout.ts'
import { distance, expectClose, f64, wave } from '../numbers.ts'

const forward = async (net: Network, params: Tree<NdArray>, x: NdArray): Promise<NdArray> => {
  const program = jit((p: Tree<Tensor>, x: Tensor, c: Tensor) => net.apply(p, x, c))
  const out = await program(params, x, ndarray(wave(x.shape[0], 1)))
  await program.release()
  return out
}

const waves = (shape: Shape): NdArray => ndarray(wave(sizeOf(shape), 0.7), shape)

/** A rule for each index of a shape. */
const made = (shape: Shape, value: (index: readonly number[]) => number): NdArray => {
  const values = Array.from({ length: sizeOf(shape) }, (_, flat) => {
    let rest = flat
    const index = [...shape].reverse().map((d) => {
      const i = rest % d
      rest = (rest - i) / d
      return i
    })
    return value(index.reverse())
  })
  return ndarray(values, shape)
}

describe('a U-Net over signals', () => {
  const sizes = { io: 2, channels: [16, 32, 16], blocks: [1, 1, 2], heads: [0, 0, 2], emb: 8 }
  const line = unet1d(sizes)

  it('is the U-Net over images of equal rows whose kernels have one row that is not 0', async () => {
    const params = line.init(3)
    const tall = mapArrays(
      (p) =>
        p.shape.length === 4 && p.shape[3] === 3
          ? made([p.shape[0], p.shape[1], 3, 3], ([o, i, y, t]) =>
              y === 1 ? Number(p.data[(o * p.shape[1] + i) * 3 + t]) : 0,
            )
          : p,
      params,
    )
    const x = waves([2, 2, 24])
    const image = made([2, 2, 4, 24], ([b, c, , v]) => Number(x.data[(b * 2 + c) * 24 + v]))
    // Attention would see each point four times, which changes no softmax average.
    const want = await forward(unet(sizes), tall, image)
    const got = await forward(line, params, x)
    const row = made([2, 2, 24], ([b, c, v]) => Number(want.data[(b * 2 + c) * 96 + v]))
    expectClose(toNumbers(got), toNumbers(row), 1e-5)
  })

  it('unshuffled, moves whole groups of neighbours: far from the ends, a shift stays a shift', async () => {
    const net = unet1d({ io: 1, channels: [8], blocks: [1], emb: 8, unshuffle: 4 })
    const params = net.init(0)
    const bump = (at: number) => made([1, 1, 80], ([, , v]) => (Math.abs(v - at) < 6 ? Math.cos(v - at) : 0))
    const [a, b] = [await forward(net, params, bump(38)), await forward(net, params, bump(42))]
    expectClose(toNumbers(a).slice(24, 52), toNumbers(b).slice(28, 56), 1e-5)
    expect(distance(toNumbers(a).slice(24, 52), toNumbers(b).slice(24, 52))).toBeGreaterThan(1e-3)
  })

  it('names what does not fit', async () => {
    const net = unet1d({ ...sizes, unshuffle: 2 })
    await expect(forward(net, net.init(0), waves([1, 3, 12]))).rejects.toThrow(
      /unet1d: expected \[B, 2, V\], got \[1,3,12\]/,
    )
    expect(() => unet1d({ ...sizes, emb: 3 })).toThrow(/unet1d: emb/)
  })

  it('drops activations of its blocks, of their shapes', () => {
    const net = unet1d({ ...sizes, heads: undefined, dropout: 0.5, unshuffle: 3 })
    const [fine, middle, coarse] = [
      [5, 16, 1, 8],
      [5, 32, 1, 4],
      [5, 16, 1, 2],
    ]
    expect(dropoutShapes(net, [5, 2, 24])).toEqual([
      fine,
      middle,
      coarse,
      coarse,
      coarse,
      coarse,
      middle,
      fine,
    ])
  })
})

describe('a network on the sphere', () => {
  const [rows, columns] = [5, 12]
  const options: SphereOptions = { io: 1, grid: [rows, columns], channels: [16, 16], blocks: [1, 1], emb: 8 }
  const field = waves([2, 1, rows * columns + 3])
  /** Turned east by so many columns; what follows the grid stays. */
  const turned = (x: NdArray, by: number): NdArray =>
    made(x.shape, ([b, , v]) => {
      const row = Math.floor(v / columns) * columns
      const at = v < rows * columns ? row + ((v - row - by + columns) % columns) : v
      return Number(x.data[b * x.shape[2] + at])
    })

  it.each([
    { name: 'one level: by any column', extra: { channels: [16], blocks: [2] }, by: [1, 5, 11], not: [] },
    { name: 'two levels: by whole coarse columns', extra: {}, by: [2, 6], not: [1] },
    { name: 'unshuffled: by whole cells', extra: { factors: [3], unshuffle: 2 }, by: [6], not: [2] },
    { name: 'attention too', extra: { heads: [0, 2] }, by: [2], not: [1] },
  ])('commutes with turning it, $name', async ({ extra, by, not }) => {
    const net = sphere({ ...options, ...extra })
    const params = net.init(1)
    const out = await forward(net, params, field)
    for (const step of by) {
      const got = await forward(net, params, turned(field, step))
      expectClose(toNumbers(got), toNumbers(turned(out, step)), 1e-5, `by ${step}`)
    }
    for (const step of not) {
      const got = await forward(net, params, turned(field, step))
      expect(distance(toNumbers(got), toNumbers(turned(out, step)))).toBeGreaterThan(1e-4)
    }
  })

  it('neither reads nor writes what follows the grid', async () => {
    const net = sphere(options)
    const params = net.init(1)
    const n = field.shape[2]
    const other = made(field.shape, ([b, , v]) => (v < rows * columns ? Number(field.data[b * n + v]) : 1e3))
    const [a, b] = [await forward(net, params, field), await forward(net, params, other)]
    expect(toNumbers(a)).toEqual(toNumbers(b))
    expect(toNumbers(a).filter((_, i) => i % n >= rows * columns)).toEqual(Array(6).fill(0))
  })

  it('goes on beyond the poles with the opposite meridian, and knows the latitude', async () => {
    // No blocks: the head looks one row north (or at a latitude channel), the rest hands it on.
    const net = sphere({ io: 1, grid: [4, 6], channels: [1, 1], blocks: [0, 0], factors: [6], emb: 8 })
    const looking = (channel: number, y: number): Tree<NdArray> =>
      mapArrays((p, path) => {
        if (path === 'head.weight')
          return made(p.shape, ([, i, r, t]) => (i === channel && r === y && t === 1 ? 1 : 0))
        if (path === 'merge.0.weight')
          return made(p.shape, ([, i, r, t]) => (i === 0 && r === 1 && t === 1 ? 1 : 0))
        return path === 'tail.weight' ? made(p.shape, () => 1) : made(p.shape, () => 0)
      }, net.init(0))
    const x = waves([1, 1, 24])
    const at = (r: number, j: number) => Number(x.data[6 * r + (j % 6)])
    const seen = async (channel: number, y: number) => toNumbers(await forward(net, looking(channel, y), x))
    const opposite = (r: number) => Array.from({ length: 6 }, (_, j) => at(r, j + 3))
    expectClose((await seen(0, 0)).slice(0, 6), opposite(1), 1e-6, 'north of the north pole')
    expectClose((await seen(0, 0)).slice(6), toNumbers(x).slice(0, 18), 1e-6, 'north elsewhere')
    expectClose((await seen(0, 2)).slice(18), opposite(2), 1e-6, 'south of the south pole')
    const [cos, sin] = [await seen(1, 1), await seen(2, 1)]
    const latitudes = [90, 30, -30, -90].map((degrees) => (degrees * Math.PI) / 180)
    for (const [r, phi] of latitudes.entries()) {
      expect(cos[6 * r + r]).toBeCloseTo(Math.cos(phi), 6)
      expect(sin[6 * r + r]).toBeCloseTo(Math.sin(phi), 6)
    }
    expect((await seen(1, 0))[0]).toBeCloseTo(Math.cos(latitudes[1]), 6)
    expect((await seen(2, 0))[0]).toBeCloseTo(Math.sin(latitudes[1]), 6)
  })

  it('fits the grid of 46×90 points in 4144 with three levels', async () => {
    const net = sphere({ io: 1, channels: [4, 4, 4], blocks: [1, 1, 1], emb: 8, dropout: 0.1 })
    expect(dropoutShapes(net, [2, 1, 4144]).slice(0, 3)).toEqual([
      [2, 4, 48, 90],
      [2, 4, 24, 45],
      [2, 4, 8, 15],
    ])
    const out = await forward(net, net.init(0), waves([1, 1, 4144]))
    expect(out.shape).toEqual([1, 1, 4144])
  })

  it('names what does not fit', async () => {
    const net = sphere(options)
    await expect(forward(net, net.init(0), waves([1, 1, 59]))).rejects.toThrow(
      /sphere: expected \[B, 1, V\] with V at least 5·12 = 60, got \[1,1,59\]/,
    )
    expect(() => sphere({ ...options, factors: [5] })).toThrow(/divides the even number of columns.*\[5\]/)
    expect(() => sphere({ ...options, factors: [2, 3] })).toThrow(/expected 1 factors/)
    expect(() => sphere({ ...options, grid: [5, 9], factors: [3] })).toThrow(/even number of columns/)
  })
})

describe('neighbourhoods of points', () => {
  const line = [0, 1, 3, 7, 8].map((v) => [v])

  it('are the nearest, with the mean and the slope as weights', () => {
    const { own, neighbours, basis } = stencil(line, [1, 3], 2)
    expect(own).toEqual([1, 3])
    expect(neighbours).toEqual([0, 2, 4, 2])
    // Offsets −1, 2 and 1, −4: h = √(5/2) and √(17/2); the slope of a function of slope s is √3 s h²/h.
    const weights = (offsets: number[], h: number) => [
      0.5,
      0.5,
      ...offsets.map((d) => (Math.sqrt(3) * d) / (2 * h)),
    ]
    expectClose(basis, [...weights([-1, 2], Math.sqrt(2.5)), ...weights([1, -4], Math.sqrt(8.5))], 1e-12)
  })

  it('thin out to the points that are farthest apart', () => {
    // Mean 3.8: 8 is farthest, then 0, then 3 (5 and 3 away).
    expect(farthestPoints(line, 3)).toEqual([0, 2, 4])
    expect(nearestOf(line, [0, 2, 4])).toEqual([0, 0, 1, 2, 2])
  })
})

describe('a network on a mesh', () => {
  const points = Array.from({ length: 18 }, (_, i) => wave(3, 11 * i))
  const options: GraphOptions = {
    io: 2,
    mesh: points,
    k: 3,
    factor: 3,
    channels: [8, 12],
    blocks: [1, 1],
    heads: [0, 3],
    emb: 8,
  }
  const signal = waves([2, 2, 20])

  it('commutes with renumbering the vertices', async () => {
    const net = graph(options)
    const params = net.init(2)
    const order = points.map((_, i) => (7 * i + 5) % 18)
    const renumbered = (x: NdArray): NdArray =>
      made(x.shape, ([b, c, v]) => Number(x.data[(b * 2 + c) * 20 + (v < 18 ? order[v] : v)]))
    const out = await forward(net, params, signal)
    const other = graph({ ...options, mesh: order.map((i) => points[i]) })
    const got = await forward(other, params, renumbered(signal))
    expectClose(toNumbers(got), toNumbers(renumbered(out)), 1e-5)
    expect(
      distance(toNumbers(await forward(net, params, renumbered(signal))), toNumbers(got)),
    ).toBeGreaterThan(1e-2)
  })

  it('does not change with the size and place of the mesh', async () => {
    const net = graph(options)
    const params = net.init(2)
    const elsewhere = graph({ ...options, mesh: points.map((p) => p.map((v, i) => 0.01 * v + i)) })
    const [a, b] = [await forward(net, params, signal), await forward(elsewhere, params, signal)]
    expectClose(toNumbers(a), toNumbers(b), 1e-5)
  })

  it('has in float64 the gradient that differences have, closely', async () => {
    const net: Network = graph({ ...options, io: 1 })
    const params = mapArrays((p) => f64(toNumbers(p), p.shape), net.init(2))
    const score = (p: Tree<Tensor>, x: Tensor, c: Tensor, v: Tensor) => sum(mul(net.apply(p, x, c), v))
    const program = jit((p: Tree<Tensor>, x: Tensor, c: Tensor, v: Tensor) => ({
      value: score(p, x, c, v),
      grads: grad(score)(p, x, c, v),
    }))
    const args = [f64(wave(36), [2, 1, 18]), f64([0.3, -1]), f64(wave(36, 2), [2, 1, 18])] as const
    const along = (h: number) =>
      mapArrays(
        (p) =>
          f64(
            toNumbers(p).map((v, i) => v + h * wave(p.size, 3)[i]),
            p.shape,
          ),
        params,
      )
    const h = 1e-5
    const [up, down] = [await program(along(h), ...args), await program(along(-h), ...args)]
    const { grads } = await program(params, ...args)
    await program.release()
    const slope = (Number(up.value.data[0]) - Number(down.value.data[0])) / (2 * h)
    const want = Object.values(flatten(grads)).reduce((total, g) => {
      const direction = wave(g.size, 3)
      return total + toNumbers(g).reduce((t, v, i) => t + v * direction[i], 0)
    }, 0)
    expect(slope / want).toBeCloseTo(1, 7)
  })

  it('neither reads nor writes what follows the vertices', async () => {
    const net = graph(options)
    const params = net.init(2)
    const other = made(signal.shape, ([b, c, v]) =>
      v < 18 ? Number(signal.data[(b * 2 + c) * 20 + v]) : 1e3,
    )
    const [a, b] = [await forward(net, params, signal), await forward(net, params, other)]
    expect(toNumbers(a)).toEqual(toNumbers(b))
    expect(toNumbers(a).filter((_, i) => i % 20 >= 18)).toEqual(Array(8).fill(0))
  })

  it('fits the bunny of 1889 vertices in 1896', async () => {
    const net = graph({
      io: 1,
      mesh: meshPoints('bunny'),
      channels: [4, 4],
      blocks: [1, 1],
      emb: 8,
      dropout: 0.1,
    })
    expect(dropoutShapes(net, [3, 1, 1896])).toEqual([
      [1889, 3, 4],
      [473, 3, 4],
      [473, 3, 4],
      [1889, 3, 4],
    ])
    expect((await forward(net, net.init(0), waves([1, 1, 1896]))).shape).toEqual([1, 1, 1896])
  })

  it('names what does not fit', async () => {
    const net = graph(options)
    await expect(forward(net, net.init(0), waves([1, 2, 17]))).rejects.toThrow(
      /graph: expected \[B, 2, V\] with V at least 18, the vertices of the mesh, got \[1,2,17\]/,
    )
    expect(() => graph({ ...options, k: 6 })).toThrow(
      /more than k of the 18 vertices.*k 6, factor 3, 6 vertices/,
    )
  })
})
