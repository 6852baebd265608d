/** What every kind of network must do, whatever its events are. A new kind is added to the list. */
import { describe, expect, it } from 'vitest'
import {
  adam,
  initMoments,
  type Moments,
  type NetworkConfig,
  network,
  networkFor,
  networks,
  readNetwork,
} from '../../src/nn/index.ts'
import {
  flatten,
  frozen,
  grad,
  jit,
  mapArrays,
  mean,
  type NdArray,
  ndarray,
  type Shape,
  scalar,
  sizeOf,
  square,
  sub,
  type Tensor,
  type Tree,
  toNumbers,
} from '../../src/tensor/index.ts'
import { expectClose, wave } from '../numbers.ts'

interface Kind {
  readonly config: NetworkConfig
  readonly event: Shape
  /** Parameters, counted by hand. */
  readonly count: number
}

const product = (i: number, o: number, k = 1) => i * o * k + o
const modulation = (emb: number, c: number) => product(emb, emb) + product(emb, 3 * c)
/** A residual block whose convolutions have kernels of k points. */
const residual = (emb: number, c: number, k: number) => modulation(emb, c) + 2 * product(c, c, k)
/** A U-Net of two levels of one block each. */
const twoLevels = (emb: number, [i, o]: readonly number[], [a, b]: readonly number[], k: number) =>
  product(i, a, k) +
  2 * residual(emb, a, k) +
  product(a, b, k) +
  2 * residual(emb, b, k) +
  product(a + b, a, k) +
  product(a, o)

const two = { channels: [16, 32], blocks: [1, 1], emb: 8 }
/** Points in space in no special order. */
const cloud = Array.from({ length: 20 }, (_, i) => wave(3, 7 * i))
/**
 * The vertex itself, the mean of its neighbours, and three slopes, where an image has nine taps; positions as
 * inputs.
 */
const graphLevels = twoLevels(8, [4, 1], [16, 32], 5)

/** A BigGAN block with an embedding of 64 features. */
const biggan = (i: number, o: number, resized = false) =>
  2 * i +
  product(i, o, 9) +
  product(64, o) +
  2 * o +
  product(o, o, 9) +
  (i !== o || resized ? product(i, o) : 0)
const attends = (c: number) => 2 * c + 4 * product(c, c)
const ncsnpp =
  product(16, 64) +
  product(64, 64) +
  product(2, 16, 9) +
  (biggan(16, 16) + biggan(16, 16, true) + product(2, 16, 9)) +
  (biggan(16, 32) + attends(32)) +
  (2 * biggan(32, 32) + attends(32)) +
  (biggan(64, 32) + biggan(48, 32) + attends(32) + biggan(32, 32, true)) +
  (biggan(48, 16) + biggan(32, 16)) +
  (2 * 16 + product(16, 2, 9))

const kinds: Kind[] = [
  {
    config: {
      kind: 'ncsnpp',
      io: 2,
      size: 8,
      width: 16,
      multipliers: [1, 2],
      blocks: 1,
      attention: [4],
      dropout: 0,
    },
    event: [2, 8, 4],
    count: ncsnpp,
  },
  {
    config: { kind: 'mlp', features: 6, hidden: [16], emb: 8 },
    event: [6],
    count: 14 * 16 + 16 + 16 * 6 + 6,
  },
  { config: { kind: 'unet', io: 2, ...two }, event: [2, 4, 6], count: twoLevels(8, [2, 2], [16, 32], 9) },
  { config: { kind: 'unet1d', io: 2, ...two }, event: [2, 12], count: twoLevels(8, [2, 2], [16, 32], 3) },
  {
    config: { kind: 'unet1d', io: 1, unshuffle: 3, ...two },
    event: [1, 12],
    count: twoLevels(8, [3, 3], [16, 32], 3),
  },
  {
    config: { kind: 'sphere', io: 1, grid: [5, 12], ...two },
    event: [1, 61],
    count: twoLevels(8, [3, 1], [16, 32], 9),
  },
  {
    config: { kind: 'sphere', io: 1, grid: [5, 12], unshuffle: 2, ...two },
    event: [1, 61],
    count: twoLevels(8, [12, 4], [16, 32], 9),
  },
  { config: { kind: 'graph', io: 1, mesh: cloud, k: 4, ...two }, event: [1, 22], count: graphLevels },
]

const nameOf = ({ config, event }: Kind) =>
  `${config.kind} [${event}]${'unshuffle' in config ? `, unshuffled by ${config.unshuffle}` : ''}`

const inputsOf = (event: Shape, batch: number) => {
  const shape = [batch, ...event]
  return { x: ndarray(wave(sizeOf(shape), 0.3), shape), c: ndarray(wave(batch, 1)) }
}

/** Parameters moved by so much along a fixed direction. */
const moved = (params: Tree<NdArray>, step: number, phase: number): Tree<NdArray> =>
  mapArrays((p) => {
    const direction = wave(p.size, phase)
    return ndarray(
      toNumbers(p).map((v, i) => v + step * direction[i]),
      p.shape,
    )
  }, params)

it('is asked of every kind of network', () => {
  expect(new Set(kinds.map(({ config }) => config.kind))).toEqual(new Set(networks.map(({ kind }) => kind)))
})

describe.each(kinds.map((kind) => ({ name: nameOf(kind), ...kind })))('$name', ({ config, event, count }) => {
  const net = network(config)
  const params: Tree<NdArray> = net.init(0)
  const { x, c } = inputsOf(event, 3)
  const { settings, sizes } = networks.find(({ kind }) => kind === config.kind) ?? expect.fail()

  it('follows from its settings and the shape of the data, and survives JSON', () => {
    const given = Object.entries(config).filter(([name]) => name === 'kind' || name in settings)
    const found = networkFor(Object.fromEntries(given), event)
    expect(found).toMatchObject(config)
    expect(Object.keys(sizes).every((name) => name in found)).toBe(true)
    expect(readNetwork(JSON.parse(JSON.stringify(config)))).toEqual(config)
  })

  it('refuses what it does not know or does not fit', () => {
    const [first] = Object.keys(settings)
    expect(() => networkFor({ kind: config.kind, [first]: 'x' }, event)).toThrow(`'${first}' must be`)
    expect(() => networkFor({ kind: config.kind, [`${first}s`]: 1 }, event)).toThrow(
      `did you mean '${first}'?`,
    )
    const [size] = Object.keys(sizes)
    expect(() => readNetwork({ ...config, [size]: undefined })).toThrow(`'${size}' is missing`)
  })

  it('has the parameters that its blocks say', () => {
    expect(Object.values(flatten(params)).reduce((total, { size }) => total + size, 0)).toBe(count)
  })

  it('gives what it gets in shape, the same row-major as blocked, fed as frozen', async () => {
    const fed = jit((p: Tree<Tensor>, x: Tensor, c: Tensor) => net.apply(p, x, c), { layout: 'plain' })
    const fixed = jit((x: Tensor, c: Tensor) => net.apply(frozen(moved(params, 0.05, 1)), x, c), {
      layout: 'auto',
    })
    const weights = moved(params, 0.05, 1)
    const want = await fed(weights, x, c)
    const got = await fixed(x, c)
    await Promise.all([fed.release(), fixed.release()])
    expect(got.shape).toEqual(x.shape)
    expect(Math.max(...toNumbers(want).map(Math.abs))).toBeGreaterThan(0.01)
    expectClose(toNumbers(got), toNumbers(want), 1e-5)
  })

  it('has the gradient that differences have, and every weight has one', async () => {
    const loss = (p: Tree<Tensor>, x: Tensor, c: Tensor) => mean(square(net.apply(p, x, c)))
    const program = jit((p: Tree<Tensor>, x: Tensor, c: Tensor) => ({
      loss: loss(p, x, c),
      grads: grad(loss)(p, x, c),
    }))
    // Away from the start, where some networks are 0.
    const start = moved(params, 0.05, 1)
    const at = await program(start, x, c)
    // Along the gradient g itself the slope is ‖g‖, and smaller for anything that only resembles it.
    const gradient = flatten(at.grads)
    const norm = Math.hypot(...Object.values(gradient).map((g) => Math.hypot(...toNumbers(g))))
    const along = (step: number) =>
      mapArrays((p, path) => {
        const g = toNumbers(gradient[path])
        return ndarray(
          toNumbers(p).map((v, i) => v + (step / norm) * g[i]),
          p.shape,
        )
      }, start)
    const h = 1e-3
    const [up, down] = [await program(along(h), x, c), await program(along(-h), x, c)]
    await program.release()
    const slope = (Number(up.loss.data[0]) - Number(down.loss.data[0])) / (2 * h)
    for (const [path, g] of Object.entries(gradient)) {
      expect(Math.hypot(...toNumbers(g)), path).toBeGreaterThan(0)
    }
    expect(slope / norm).toBeCloseTo(1, 2)
  })

  it('learns one batch by heart', async () => {
    const target = ndarray(wave(x.size, 4), x.shape)
    const loss = (p: Tree<Tensor>, x: Tensor, c: Tensor, y: Tensor) =>
      mean(square(sub(net.apply(p, x, c), y)))
    const program = jit(
      (
        p: Tree<Tensor>,
        m: Moments<Tree<Tensor>>,
        x: Tensor,
        c: Tensor,
        y: Tensor,
        step: Tensor,
        lr: Tensor,
      ) => ({
        loss: loss(p, x, c, y),
        ...adam(p, grad(loss)(p, x, c, y), m, { lr, step }),
      }),
    )
    let state: { params: Tree<NdArray>; moments: Moments<Tree<NdArray>> } = {
      params,
      moments: initMoments(params),
    }
    const losses: number[] = []
    for (let i = 1; i <= 80; i++) {
      const next = await program(state.params, state.moments, x, c, target, scalar(i), scalar(0.01))
      losses.push(Number(next.loss.data[0]))
      state = next
    }
    await program.release()
    expect(losses[79]).toBeLessThan(0.1 * losses[0])
  })
})
