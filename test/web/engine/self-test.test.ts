import { describe, expect, it } from 'vitest'
import type { Backend } from '../../../web/engine/backend.ts'
import { stateAfter } from '../../../web/engine/engine-state.ts'
import type { ModelArrays } from '../../../web/engine/messages.ts'
import { compared, differenceOf } from '../../../web/engine/self-test.ts'

const arrays = (...x: number[]): ModelArrays => ({ x: { shape: [x.length], data: Float32Array.from(x) } })

/** Adds something to its input, after some work or none. */
const adding = (more: number, work = 0): Backend => ({
  run: async ({ x }) => {
    const end = performance.now() + work
    while (performance.now() < end);
    return arrays(...x.data.map((v) => v + more))
  },
  release: async () => undefined,
})

describe('the self-test of the graphics card', () => {
  it('measures differences relative to large values', () => {
    expect(differenceOf(arrays(1, 202), arrays(1, 200))).toBeCloseTo(0.01, 6)
    expect(differenceOf(arrays(1), arrays(1, 2))).toBe(Infinity)
    expect(differenceOf(arrays(Number.NaN, 0), arrays(1, 0))).toBe(Infinity)
    expect(differenceOf({}, arrays(1))).toBe(Infinity)
  })

  it('takes what agrees and is faster, and nothing else', async () => {
    const input = arrays(1, 2)
    expect(await compared(adding(1e-5), adding(0, 30), input)).toEqual({ kind: 'better' })
    expect(await compared(adding(0.01), adding(0, 30), input)).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('differ'),
    })
    expect(await compared(adding(0, 30), adding(0), input)).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('slower'),
    })
  })

  it('is told of while WebAssembly goes on', () => {
    const ready = stateAfter({ kind: 'starting' }, { kind: 'ready', threads: 1 })
    const trying = stateAfter(ready, { kind: 'fetched', part: 'card', done: 1, total: 9 })
    expect(trying).toMatchObject({ kind: 'ready', card: { kind: 'trying', arrival: { done: 1, total: 9 } } })
    expect(stateAfter(trying, { kind: 'accelerated' })).toMatchObject({ kind: 'ready', card: { kind: 'on' } })
    expect(stateAfter(trying, { kind: 'unaccelerated', reason: 'no' })).toMatchObject({
      card: { kind: 'refused', reason: 'no' },
    })
  })
})
