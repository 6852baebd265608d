/**
 * What every kind of network must do, whatever its events are. The list is in
 * test/contract/lists/networks.ts.
 */
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
  seededDropout,
} from '../../src/nn/index.ts'
import { stream } from '../../src/random/index.ts'
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
import { dropoutSeeds } from '../../src/training/index.ts'
import { networkCases as kinds } from '../contract/lists/networks.ts'
import { expectClose, wave } from '../numbers.ts'
import { countNodes } from '../tensor/model.ts'

const nameOf = ({ config, event }: { config: NetworkConfig; event: Shape }) =>
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

  it.runIf('rematerialise' in settings)(
    'computes its blocks again in training, to the same gradients, dropout and all',
    async () => {
      const gradients = async (rematerialise: boolean) => {
        const own = network(readNetwork({ ...config, dropout: 0.3, rematerialise }))
        const seeds = dropoutSeeds(own, 3, stream(0, 'dropout'), { step: 0 })
        const loss = (p: Tree<Tensor>, x: Tensor, c: Tensor, s: Tensor) =>
          mean(square(own.apply(p, x, c, seededDropout(s, own.dropout))))
        const program = jit((p: Tree<Tensor>, x: Tensor, c: Tensor, s: Tensor) => grad(loss)(p, x, c, s))
        const start = moved(params, 0.05, 1)
        const model = await program.onnx(start, x, c, seeds)
        const found = flatten(await program(start, x, c, seeds))
        await program.release()
        return { found, masks: countNodes(model, 'Less') }
      }
      const [kept, again] = [await gradients(false), await gradients(true)]
      for (const [path, g] of Object.entries(kept.found))
        expectClose(toNumbers(again.found[path]), toNumbers(g), 1e-5, path)
      // A mask of each layer in front and for its gradient; of blocks computed again once more.
      expect(again.masks).toBeGreaterThan(kept.masks)
    },
  )

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
