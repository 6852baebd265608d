import { describe, expect, it } from 'vitest'
import { philox4x32 } from '../../src/random/index.ts'

const hex = (words: Int32Array) => Array.from(words, (w) => (w >>> 0).toString(16).padStart(8, '0')).join(' ')

/** Published known answers: Random123, `kat_vectors`, philox4x32 with 10 rounds. */
const known = [
  { counter: [0, 0, 0, 0], key: [0, 0], answer: '6627e8d5 e169c58d bc57ac4c 9b00dbd8' },
  {
    counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    key: [0xffffffff, 0xffffffff],
    answer: '408f276d 41c83b0e a20bc7c6 6d5451fd',
  },
  {
    counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    key: [0xa4093822, 0x299f31d0],
    answer: 'd16cfe09 94fdcceb 5001e420 24126ea1',
  },
]

describe('philox4x32-10', () => {
  it.each(known)('encrypts $counter with $key to the published $answer', ({ counter, key, answer }) => {
    const out = new Int32Array(4)
    philox4x32(out, 1, counter[0], counter[1], counter[2], counter[3], key[0], key[1])
    expect(hex(out)).toBe(answer)
  })

  it('makes successive blocks from successive counters', () => {
    const many = new Int32Array(12)
    philox4x32(many, 3, 41, 2, 3, 4, 5, 6)
    for (let block = 0; block < 3; block++) {
      const one = new Int32Array(4)
      philox4x32(one, 1, 41 + block, 2, 3, 4, 5, 6)
      expect(Array.from(many.subarray(4 * block, 4 * block + 4))).toEqual(Array.from(one))
    }
  })
})
