/** Files of draws that are written as they come. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { drawsFile } from '../../src/cli/restored/draws-file.ts'
import { momentsOf } from '../../src/cli/restored/lost-draws.ts'
import { encodeNpz, encodeSafetensors } from '../../src/formats/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { type NdArray, reshaped, rows } from '../../src/tensor/index.ts'
import { scratch } from '../run/scratch.ts'

// So large that moments are taken in several pieces.
const [K, N, EVENT] = [7, 300, [1, 32, 32]] as const
const each = [N, ...EVENT]
const draws = normal(stream(0, 'draws'), [K, ...each])
const lost = [
  { draw: 2, observation: 3 },
  { draw: 0, observation: 299 },
]
for (const { draw, observation } of lost) {
  const at = (draw * N + observation) * 1024
  draws.data.fill(Number.NaN, at, at + 1024)
}

/** Hands the first draws on, in batches of 64. */
const handOn = (made: number, take: ReturnType<typeof drawsFile>['take']): void => {
  for (let draw = 0; draw < made; draw++) {
    const all = reshaped(rows(draws, draw, draw + 1), each)
    for (let from = 0; from < N; from += 64) take({ draw, from, x: rows(all, from, Math.min(from + 64, N)) })
  }
}

const encoders: Readonly<Record<string, (arrays: Record<string, NdArray>) => Uint8Array>> = {
  '.npz': (arrays) => encodeNpz(arrays, { level: 0 }),
  '.safetensors': encodeSafetensors,
}

describe.each(Object.keys(encoders))('a %s file of draws', (extension) => {
  it.each([K, 5])('has the bytes of all at once, of %i draws that were made', (made) => {
    const path = join(scratch(), `draws${extension}`)
    const file = drawsFile(path, { draws: K, each }, undefined)
    handOn(made, file.take)
    file.close(made, lost)
    const there = rows(draws, 0, made)
    const whole = encoders[extension]({ ...momentsOf(there, lost), draws: there })
    expect(readFileSync(path).equals(whole)).toBe(true)
  })

  it('leaves what was there when it is given up', () => {
    const folder = scratch()
    const path = join(folder, `draws${extension}`)
    writeFileSync(path, 'before')
    const file = drawsFile(path, { draws: K, each }, undefined)
    handOn(2, file.take)
    expect(readdirSync(folder)).toHaveLength(2)
    file.discard()
    expect(readFileSync(path, 'utf8')).toBe('before')
    expect(readdirSync(folder)).toHaveLength(1)
    expect(existsSync(path)).toBe(true)
  })
})
