import { describe, expect, it } from 'vitest'
import { stateAfter } from '../../../web/engine/engine-state.ts'
import { newest } from '../../../web/engine/newest.ts'

describe('the newest request', () => {
  it('takes the place of the one that waits; the one at work is finished', async () => {
    const worked: number[] = []
    const gates: (() => void)[] = []
    const ask = newest(async (input: number) => {
      worked.push(input)
      await new Promise<void>((resolve) => gates.push(resolve))
      return 10 * input
    })
    const answers = [1, 2, 3, 4].map(ask)
    gates[0]()
    expect(await answers[0]).toEqual({ kind: 'fresh', value: 10 })
    expect(await answers[1]).toEqual({ kind: 'stale' })
    expect(await answers[2]).toEqual({ kind: 'stale' })
    gates[1]()
    expect(await answers[3]).toEqual({ kind: 'fresh', value: 40 })
    expect(worked).toEqual([1, 4])
  })

  it('goes on after one that failed', async () => {
    const ask = newest(async (input: number) => {
      if (input === 1) throw new Error('no')
      return input
    })
    const [first, second] = [ask(1), ask(2)]
    await expect(first).rejects.toThrow('no')
    expect(await second).toEqual({ kind: 'fresh', value: 2 })
    expect(await ask(3)).toEqual({ kind: 'fresh', value: 3 })
  })
})

it('what is said of an engine follows its reports', () => {
  const fetched = stateAfter({ kind: 'idle' }, { kind: 'fetched', part: 'engine', done: 5, total: 9 })
  const both = stateAfter(fetched, { kind: 'fetched', part: 'model', done: 1 })
  expect(both).toEqual({ kind: 'fetching', arrived: { engine: { done: 5, total: 9 }, model: { done: 1 } } })
  const retrying = stateAfter(both, {
    kind: 'retrying',
    part: 'model',
    attempt: 2,
    reason: 'the connection broke',
  })
  expect(retrying).toMatchObject({ kind: 'fetching', trouble: 'the connection broke; trying again (2)' })
  expect(stateAfter(retrying, { kind: 'fetched', part: 'model', done: 2 })).not.toHaveProperty('trouble')
  expect(stateAfter(both, { kind: 'ready', threads: 2 })).toMatchObject({
    kind: 'ready',
    threads: 2,
  })
})
