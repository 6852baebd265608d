/** The level of noise from observations whose level is known. */
import { describe, expect, it } from 'vitest'
import { readArrays } from '../../src/formats/index.ts'
import { estimateNoise, noiseVerdict, type OperatorSetting, observe } from '../../src/observations/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { NdArray, ndarray } from '../../src/tensor/index.ts'

const shipped = (file: string, name: string, count: number): NdArray<'float32'> => {
  const { [name]: found } = readArrays(`data/${file}`)
  const [, ...event] = found.shape
  const size = count * (found.size / found.shape[0])
  const data = Float32Array.from({ length: size }, (_, i) => Number(found.data[i]) / 255)
  return new NdArray('float32', [count, ...(event.length === 2 ? [1, ...event] : event)], data)
}

const sets = {
  digits: shipped('mnist.npz', 'images', 200),
  photographs: shipped('photos.npz', 'train', 200),
  heads: shipped('mri.npz', 'train', 60),
}

const mask: OperatorSetting = { name: 'mask', settings: { keep: 0.5 } }
const blur: OperatorSetting = { name: 'blur' }

describe.each(Object.entries(sets))('noise of %s', (name, x) => {
  it.each([
    [{ name: 'identity' }, 0.05],
    [{ name: 'identity' }, 0.2],
    [mask, 0.05],
    [mask, 0.2],
    [blur, 0.05],
  ] as const)('through %j is found within 15 %%: %s', async (operator, noise) => {
    const estimate = await estimateNoise(await observe(x, { operator, noise, seed: 2 }))
    if (!estimate) throw new Error('nothing was found')
    expect(Math.abs(Math.log(estimate.level / noise))).toBeLessThan(Math.log(1.15))
    expect(noiseVerdict(noise, estimate)).toBe('fits')
    expect(noiseVerdict(2.5 * noise, estimate)).toBe('too large')
  })

  it('is at most overestimated where it is lost in detail, and the right level stays undoubted', async () => {
    const estimate = await estimateNoise(await observe(x, { operator: mask, noise: 0.01, seed: 2 }))
    if (!estimate) throw new Error('nothing was found')
    expect(estimate.level).toBeGreaterThan(0.009)
    expect(noiseVerdict(0.01, estimate)).toBe('fits')
  })

  it.runIf(name !== 'photographs')('that is far too small is seen in the background', async () => {
    const estimate = await estimateNoise(
      await observe(x, { operator: { name: 'identity' }, noise: 0.2, seed: 2 }),
    )
    expect(estimate?.both).toBe(true)
    expect(estimate && noiseVerdict(0.1, estimate)).toBe('too small')
  })
})

it('takes rough signals for signals: a random walk does not say that its noise is too small', async () => {
  const steps = normal(stream(0, 'steps'), [60, 2, 48]).data
  const walk = steps.map((_, i) => steps.subarray(i - (i % 48), i + 1).reduce((a, b) => a + b, 0))
  const set = await observe(ndarray(walk, [60, 2, 48]), {
    operator: { name: 'identity' },
    noise: 0.05,
    seed: 1,
    range: [-20, 20],
  })
  const estimate = await estimateNoise(set)
  expect(estimate && noiseVerdict(0.05, estimate)).toBe('fits')
  expect(estimate && noiseVerdict(5, estimate)).toBe('too large')
})

it.each([
  ['points of a mesh', [60, 1, 48], { kind: 'mesh', mesh: 'own' } as const],
  ['vectors', [60, 48], undefined],
])('does not take the order of %s for one: the right level stays undoubted', async (_, shape, view) => {
  // To its neighbours in y each entry is as good as white, whatever it is to those in space.
  const x = ndarray(normal(stream(0, 'x'), [60 * 48]).data, shape)
  const set = await observe(x, { operator: { name: 'identity' }, noise: 0.1, range: [-3, 3], view, seed: 1 })
  const estimate = await estimateNoise(set)
  expect(estimate?.level).toBeGreaterThan(0.1)
  expect(estimate && [estimate.both, noiseVerdict(0.1, estimate)]).toEqual([false, 'fits'])
})

it('does not count padding, and tells nothing of a single observation', async () => {
  const x = ndarray(
    normal(stream(0, 'x'), [40, 1, 8, 8]).data.map((v, i) => (i % 64 < 32 ? 0 : 0.3 * v)),
    [40, 1, 8, 8],
  )
  const set = await observe(x, { operator: { name: 'identity' }, noise: 0.1, seed: 1 })
  const padded = {
    ...set,
    y: new NdArray(
      'float32',
      set.y.shape,
      set.y.data.map((v, i) => (i % 8 < 2 ? 0 : v)),
    ),
  }
  expect((await estimateNoise(padded))?.level).toBeCloseTo(0.1, 1)
  const { y, ...rest } = set
  expect(
    await estimateNoise({ ...rest, y: new NdArray('float32', [1, 1, 8, 8], y.data.subarray(0, 64)) }),
  ).toBeUndefined()
})
