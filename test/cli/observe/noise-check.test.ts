/** What `tweedie observe` says of the level of noise. */
import { expect, it } from 'vitest'
import type { Io } from '../../../src/cli/io.ts'
import { checkedNoise } from '../../../src/cli/own/noise-check.ts'
import { estimateNoise, type ObservationSet, unchanged } from '../../../src/observations/index.ts'
import { normal, stream } from '../../../src/random/index.ts'
import { ndarray } from '../../../src/tensor/index.ts'

const notes: string[] = []
const io: Io = {
  json: false,
  signal: new AbortController().signal,
  progress: () => {},
  note: (text) => notes.push(text),
  result: () => {},
  end: () => {},
}

/** Black on the left, brighter to the right by a slope that differs, and noise of 0.1. */
const set = (noise: number, count = 60): ObservationSet => {
  const shape = [count, 1, 12, 12]
  const y = normal(stream(0, 'noise'), shape).data.map((z, i) => {
    const [observation, column] = [Math.floor(i / 144), i % 12]
    return 0.1 * z + ((observation % 5) * Math.max(0, column - 5)) / 24
  })
  return { y: ndarray(y, shape), operator: unchanged([1, 12, 12]), noise, range: [0, 1] }
}

it.each([
  ['is right', 0.1, undefined],
  [
    'is too large',
    0.3,
    /^noise: 0.3 is too large for these observations, which support at most 0\.(1|09\d?);/,
  ],
  ['is too small', 0.03, /^noise: 0.03 is too small for these observations, which support 0\.(1|09\d?);/],
] as const)('a level that %s', async (_, noise, remark) => {
  notes.length = 0
  expect(checkedNoise({ stated: noise, estimate: await estimateNoise(set(noise)) }, io)).toBe(noise)
  expect(notes).toHaveLength(remark ? 1 : 0)
  if (remark) expect(notes[0]).toMatch(remark)
})

it('an unknown level is estimated, and said', async () => {
  notes.length = 0
  expect(checkedNoise({ estimate: await estimateNoise(set(1)) }, io)).toBeCloseTo(0.1, 2)
  expect(notes[0]).toMatch(/^noise: estimated at 0\.\d+ \(± 0\.\d+\)/)
  const little = { estimate: await estimateNoise(set(1, 1)) }
  expect(() => checkedNoise(little, io)).toThrow('--noise unknown: too little was seen')
})
