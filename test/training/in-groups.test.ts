import { expect, it } from 'vitest'
import { normal, stream } from '../../src/random/index.ts'
import {
  flatten,
  holding,
  item,
  mapArrays,
  NdArray,
  scalar,
  type Tensor,
  type Tree,
  toNumbers,
  type Value,
} from '../../src/tensor/index.ts'
import { inGroups } from '../../src/training/in-groups.ts'
import { initTrainState } from '../../src/training/index.ts'
import { type Moving, moved, type Pace, type UpdateOptions } from '../../src/training/update.ts'

/** Leaves of all ranks and odd sizes, among them several vectors. */
const like = {
  a: { w: normal(stream(0, 'a'), [33, 17, 3, 3]), b: normal(stream(0, 'b'), [33]) },
  list: [normal(stream(0, 'c'), [7, 129]), normal(stream(0, 'd'), [1]), normal(stream(0, 'e'), [])],
  last: normal(stream(0, 'f'), [65, 11]),
}

const noise = (purpose: string, scale: number) =>
  mapArrays((leaf, path) => {
    const z = normal(stream(1, `${purpose} ${path}`), leaf.shape)
    return new NdArray(
      'float32',
      z.shape,
      z.data.map((value) => scale * value),
    )
  }, like)

const options: UpdateOptions[] = [
  { ema: 0.9 },
  { ema: 0 },
  { ema: 0.99, adam: { weightDecay: 0.1, clip: 0.5 } },
  { ema: 0.99, adam: { clip: Number.POSITIVE_INFINITY, beta1: 0.5 } },
]

it.each(options)('Adam by groups with $ema, $adam is that of all leaves, bit for bit', async (update) => {
  const all = holding(({ grads, ...state }: Moving<Tensor> & { grads: Tree<Tensor> }, pace: Pace) => {
    const { gradient, ...held } = moved(state, grads, pace, update)
    return { held, told: gradient }
  })
  for (const numbers of [1, 1000, 2 ** 20]) {
    const grouped = inGroups(update, {}, numbers)
    const { statistics: _, ...start } = initTrainState(like)
    let whole: Moving<Value> = start
    let parts: Moving<Value> = start
    for (let step = 1; step <= 3; step++) {
      const [grads, pace] = [noise(`${step}`, 0.3 * step), { lr: scalar(1e-2), step: scalar(step) }]
      const { held, told } = await all({ ...whole, grads }, pace)
      whole = { ...held, average: update.ema > 0 ? held.average : held.params }
      const next = await grouped.take(parts, grads, pace)
      parts = next.state
      expect(item(next.gradient)).toBe(item(told))
    }
    const numbersOf = (state: unknown) => Object.values(flatten(state)).map(toNumbers)
    expect(numbersOf(parts)).toEqual(numbersOf(whole))
    expect(Object.keys(flatten(parts)).sort()).toEqual(Object.keys(flatten(whole)).sort())
    await grouped.release()
  }
  await all.release()
})
