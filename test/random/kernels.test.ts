import { describe, expect, it } from 'vitest'
import { normal, philox4x32, stream } from '../../src/random/index.ts'
import { MOST_WORDS, normalsOf } from '../../src/random/kernels.ts'

/** −2 ln((w + 1/2)/2³²) and the turn of the other word, as normal.ts says, one pair at a time. */
const pairOf = (first: number, second: number): readonly [number, number] => {
  const v = (first >>> 0) + 0.5
  let e = 32 - Math.clz32(first)
  let m = v * 2 ** -e
  if (m < Math.SQRT1_2) {
    m += m
    e -= 1
  }
  const s = (m - 1) / (m + 1)
  const horner = (q: number, factors: readonly number[]) => factors.reduceRight((sum, c) => c + q * sum)
  const series = horner(s * s, [1, 1 / 3, 1 / 5, 1 / 7, 1 / 9, 1 / 11, 1 / 13])
  const radius = Math.sqrt(-2 * Math.LN2 * (e - 32) - 4 * s * series)
  const t = ((second & 0x3fffffff) - 0x1fffffff - 0.5) * (Math.PI / 2 / 2 ** 30)
  const sine = t * horner(t * t, [1, -1 / 6, 1 / 120, -1 / 5040, 1 / 362880, -1 / 39916800])
  const cosine = horner(t * t, [1, -1 / 2, 1 / 24, -1 / 720, 1 / 40320, -1 / 3628800, 1 / 479001600])
  const swapped = (second & 0x40000000) !== 0
  const sign = second < 0 ? -radius : radius
  return [sign * (swapped ? -sine : cosine), sign * (swapped ? cosine : sine)]
}

/** Words at which an exponent, a half or a quarter turn begins, and 2000 others. */
const WORDS = (() => {
  const edges = [0, 1, 2, 3, 0xb504f333, 0xb504f334, 0x1fffffff, 0x20000000, 0xffffffff]
  const powers = Array.from({ length: 32 }, (_, e) => [2 ** e, 2 ** e - 1]).flat()
  const random = new Int32Array(2000)
  philox4x32(random, 500, 0, 1, 2, 3, 4, 5)
  return [...edges, ...powers, ...random].map((w) => w | 0)
})()

describe('normals by vectors', () => {
  it('have the bits of the formula for one pair at a time', () => {
    const words = Int32Array.from(WORDS.flatMap((w, i) => [w, WORDS[(7 * i + 3) % WORDS.length]]))
    for (const part of [words.subarray(0, MOST_WORDS), words.subarray(0, 2), words.subarray(40, 46)]) {
      const out = new Float32Array(part.length)
      normalsOf(out, 0, part, part.length)
      const expected = new Float32Array(part.length)
      for (let i = 0; i < part.length; i += 2) expected.set(pairOf(part[i], part[i + 1]), i)
      expect(out).toEqual(expected)
    }
  })

  it('are written where they belong, the last of an odd number too', () => {
    const words = Int32Array.of(1, 2, 3, 4)
    const out = new Float32Array(6)
    normalsOf(out, 1, words, 3)
    expect([...out]).toEqual([0, ...[...pairOf(1, 2), pairOf(3, 4)[0]].map(Math.fround), 0, 0])
  })
})

describe('words by vectors', () => {
  it('are the same in any number of blocks, beyond what is made at once too', () => {
    const whole = new Int32Array(4 * 2500)
    philox4x32(whole, 2500, 0xfffffff0, 7, 8, 9, 10, 11)
    for (const block of [0, 3, 15, 16, 1023, 1024, 2047, 2499]) {
      const one = new Int32Array(4)
      philox4x32(one, 1, (0xfffffff0 + block) | 0, 7, 8, 9, 10, 11)
      expect(one).toEqual(whole.slice(4 * block, 4 * block + 4))
    }
  })

  it('are the words of normals of every length', () => {
    const key = stream(0, 'lengths')
    const whole = normal(key, [3000])
    for (const n of [1, 5, 63, 64, 65, 1023, 1025]) {
      expect(normal(key, [n]).data).toEqual(whole.data.slice(0, n))
    }
  })
})
