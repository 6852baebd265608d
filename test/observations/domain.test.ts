/** Domains of own and simulated data, and what no observation shows. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { encodePng, writeArrays, writeAtomic } from '../../src/formats/index.ts'
import {
  countedEntries,
  keptEntries,
  maskedBy,
  neverSeen,
  neverSeenWords,
  type ObservationSet,
  observationsFromArrays,
  observationsFromImages,
  observe,
  readDomain,
  readObservations,
  unchanged,
  withinDomain,
  writeObservations,
} from '../../src/observations/index.ts'
import { bernoulli, stream } from '../../src/random/index.ts'
import { full, NdArray, ndarray, type Shape } from '../../src/tensor/index.ts'
import { waveOf } from '../numbers.ts'

const folder = mkdtempSync(join(tmpdir(), 'tweedie-domain-'))
afterAll(() => rmSync(folder, { recursive: true }))

const float = (values: readonly number[], shape: Shape) =>
  new NdArray('float32', shape, Float32Array.from(values))
const inside = float([1, 1, 0, 1, 0, 0], [2, 3])
const save = (name: string, array: NdArray): string => {
  const path = join(folder, name)
  writeArrays(path, { domain: array })
  return path
}

describe('a domain in a file', () => {
  it('is an array of 0 and 1 of any type, or a black and white picture', () => {
    expect(readDomain(save('sea.npy', ndarray([1, 1, 0, 1, 0, 0], [2, 3], 'uint8')))).toEqual(inside)
    expect(readDomain(save('axis.npy', ndarray([1, 1, 0, 1, 0, 0], [1, 2, 3], 'bool')))).toEqual(inside)
    const png = join(folder, 'sea.png')
    writeAtomic(png, encodePng(float(Array(3).fill(Array.from(inside.data)).flat(), [3, 2, 3])))
    expect(readDomain(png)).toEqual(inside)
  })

  it('says what is wrong with it', () => {
    expect(() => readDomain(save('grey.npy', ndarray([0.5, 1])))).toThrow(
      'a domain is 1 inside and 0 outside, got 0.5',
    )
    const two = join(folder, 'two.npz')
    writeArrays(two, { a: inside, b: inside })
    expect(() => readDomain(two)).toThrow('a domain is one array, got a, b')
    const png = join(folder, 'colour.png')
    writeAtomic(png, encodePng(float([1, 0, 0], [3, 1, 1])))
    expect(() => readDomain(png)).toThrow('black and white')
    const y = save('y.npy', waveOf([2, 1, 2, 3], 1))
    expect(() => observationsFromArrays(y, undefined, 0.1, [-1, 1], { valid: full([3], 1) })).not.toThrow()
    expect(() => observationsFromArrays(y, undefined, 0.1, [-1, 1], { valid: full([4], 1) })).toThrow(
      "'valid' must have the last axes of x, which is [1,2,3], got [4]",
    )
    expect(() => observationsFromArrays(y, undefined, 0.1, [-1, 1], { valid: full([3], 0) })).toThrow(
      '0 everywhere',
    )
  })
})

describe('own data', () => {
  const values = Array.from(waveOf([2, 1, 2, 3], 1).data)
  const holes = float(
    values.map((v, i) => (inside.data[i % 6] === 0 ? Number.NaN : v)),
    [2, 1, 2, 3],
  )
  const zeros = float(
    values.map((v, i) => (inside.data[i % 6] === 0 ? 0 : v)),
    [2, 1, 2, 3],
  )

  it('need nothing outside: NaN there is no error, and masks end at the domain', () => {
    const y = save('holes.npy', holes)
    const all = observationsFromArrays(y, undefined, 0.1, [-1, 1], { valid: inside })
    expect(all.y).toEqual(zeros)
    expect(keptEntries(all)?.data).toEqual(Float32Array.from([...inside.data, ...inside.data]))
    const some = observationsFromArrays(y, save('m.npy', full([2, 1, 2, 3], 1)), 0.1, [-1, 1], {
      valid: inside,
    })
    expect(some).toEqual(all)
    const path = join(folder, 'set.npz')
    writeObservations(path, some)
    expect(readObservations(path)).toEqual(some)
    expect(() => observationsFromArrays(y, undefined, 0.1, [-1, 1])).toThrow(/NaN/)
  })

  it('are taken from folders of pictures too', () => {
    for (const name of ['y', 'mask']) {
      mkdirSync(join(folder, name))
      writeAtomic(join(folder, name, '0.png'), encodePng(full([1, 2, 3], 1)))
    }
    const set = observationsFromImages(join(folder, 'y'), join(folder, 'mask'), 0.1, inside)
    expect(set.valid).toEqual(inside)
    expect(Array.from(set.y.data)).toEqual(Array.from(inside.data))
  })
})

describe('simulated data', () => {
  it('do not depend on x outside, which operators see as one known number', async () => {
    const x = waveOf([3, 1, 4, 6], 2)
    const valid = bernoulli(stream(1, 'valid'), 0.6, [4, 6])
    const other = float(
      Array.from(x.data, (v, i) => (valid.data[i % 24] === 0 ? 50 : v)),
      [3, 1, 4, 6],
    )
    for (const name of ['blur', 'identity', 'mask'] as const) {
      const options = { operator: { name }, noise: 0.1, range: [-1, 1], valid, seed: 3 } as const
      expect((await observe(other, options)).y).toEqual((await observe(x, options)).y)
    }
  })
})

const set = (mask: NdArray<'float32'>, valid?: NdArray<'float32'>): ObservationSet => ({
  y: full([mask.shape[0], 2, 2, 3], 0.5),
  operator: maskedBy(mask, [2, 2, 3]),
  noise: 0.1,
  range: [0, 1],
  ...(valid ? { valid } : {}),
})

describe('what is judged', () => {
  it('is what masks hid inside; with other operators what is inside', () => {
    const hidden = float([0, 1, 1, 0, 0, 1], [1, 1, 2, 3])
    const twice = (row: readonly number[]) => Float32Array.from([...row, ...row])
    expect(countedEntries(set(hidden)).entries.data).toEqual(twice([1, 0, 0, 1, 1, 0]))
    expect(countedEntries(withinDomain(set(hidden, inside))).entries.data).toEqual(twice([1, 0, 0, 1, 0, 0]))
    const plain = { ...set(hidden, inside), operator: unchanged([2, 2, 3]) }
    expect(countedEntries(plain).entries.data).toEqual(twice(Array.from(inside.data)))
    expect(countedEntries({ ...plain, valid: undefined }).entries.data).not.toContain(0)
  })
})

describe('what no observation shows', () => {
  it('is counted inside the domain, with its place', () => {
    const mask = float([0, 1, 1, 0, 0, 1, 1, 0, 1, 0, 0, 1], [2, 1, 2, 3])
    const found = neverSeen(set(mask)) ?? expect.fail()
    expect(found.entries.data).toEqual(Float32Array.from([0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 1, 0]))
    expect(found).toMatchObject({ count: 4, share: 4 / 12, place: 'rows 1, columns 0 to 1' })
    const within = neverSeen(withinDomain(set(mask, inside))) ?? expect.fail()
    expect(within).toMatchObject({ count: 2, share: 2 / 6, place: 'rows 1, columns 0' })
    expect(neverSeen(set(full([2, 1, 2, 3], 1)))).toBeUndefined()
    expect(neverSeen(set(float([0, 1, 1, 0, 0, 1], [1, 1, 2, 3])))).toBeUndefined()
    expect(neverSeen({ ...set(mask), operator: unchanged([2, 2, 3]) })).toBeUndefined()
  })

  it('asks for a domain where chance does not explain it', () => {
    const random = bernoulli(stream(0, 'few'), 0.3, [4, 1, 20, 30])
    const many = (mask: NdArray<'float32'>) => ({
      ...set(mask),
      y: full([4, 1, 20, 30], 0),
      operator: maskedBy(mask, [1, 20, 30]),
    })
    const chance = neverSeen(many(random)) ?? expect.fail()
    expect(chance.count).toBeGreaterThan(80) // 0.7⁴ of 600 entries are 144
    expect(chance.systematic).toBe(false)
    expect(neverSeenWords(chance)).not.toContain('--domain')
    const land = float(
      Array.from(random.data, (m, i) => (i % 600 < 300 ? 0 : m)),
      [4, 1, 20, 30],
    )
    const found = neverSeen(many(land)) ?? expect.fail()
    expect(found.systematic).toBe(true)
    expect(neverSeenWords(found)).toMatch(
      /seen in no observation: rows 0 to \d+, columns 0 to 29\..*--domain/,
    )
  })

  it('lists entries of signals', () => {
    const mask = float([1, 0, 1, 0, 0, 0, 0, 1, 0, 0], [2, 5])
    const vectors = { y: full([2, 5], 0), operator: maskedBy(mask, [5]), noise: 1, range: [0, 1] } as const
    expect(neverSeen(vectors)?.place).toBe('entries 1, 3, 4')
  })
})
