/** Readouts without their oversampling: the k-space of the image itself. */
import { describe, expect, it } from 'vitest'
import { transforms } from '../../src/operators/fourier.ts'
import { croppedReadout } from '../../src/operators/index.ts'
import { normal, stream } from '../../src/random/index.ts'
import { concat, float32, jit, NdArray, split, type Tensor } from '../../src/tensor/index.ts'

/** The k-space of complex images [N, 2K, H, W], real parts first. */
const kspaceOf = async (images: NdArray<'float32'>): Promise<NdArray<'float32'>> => {
  const [, , h, w] = images.shape
  const F = transforms(h, w)
  const program = jit((x: Tensor) => {
    const [re, im] = split(x, 2, 1)
    const y = F.of({ re, im })
    return concat([y.re, y.im], 1)
  })
  const y = float32(await program(images))
  await program.release()
  return y
}

/** Images [N, C, m, W] in the middle of fields of n rows, whose other values are `outside`. */
const embedded = (images: NdArray<'float32'>, n: number, outside: NdArray<'float32'>): NdArray<'float32'> => {
  const [count, channels, m, w] = images.shape
  const field = new NdArray('float32', [count, channels, n, w], outside.data.slice())
  const first = Math.floor(n / 2) - Math.floor(m / 2)
  for (let i = 0; i < count * channels; i++)
    field.data.set(images.data.subarray(i * m * w, (i + 1) * m * w), (i * n + first) * w)
  return field
}

const farthest = (a: NdArray<'float32'>, b: NdArray<'float32'>): number =>
  a.data.reduce((most, v, i) => Math.max(most, Math.abs(v - b.data[i])), 0)

describe('croppedReadout', () => {
  const sizes = [
    [4, 8],
    [5, 10],
    [4, 9],
    [5, 11],
    [3, 8],
    [7, 8],
    [1, 6],
    [16, 32],
  ]
  it.each(sizes)('of an image of %i rows in a field of %i is the k-space of the image', async (m, n) => {
    const images = normal(stream(0, 'image'), [2, 4, m, 6])
    const expected = await kspaceOf(images)
    const zeros = new NdArray('float32', [2, 4, n, 6], new Float32Array(48 * n))
    for (const outside of [zeros, normal(stream(0, 'outside'), [2, 4, n, 6])]) {
      const cropped = await croppedReadout(await kspaceOf(embedded(images, n, outside)), m)
      expect(cropped.shape).toEqual([2, 4, m, 6])
      expect(farthest(cropped, expected)).toBeLessThan(1e-5)
    }
  })

  it('keeps white noise: C Cᴴ = 1', async () => {
    const [m, n] = [6, 11]
    // Column j of W = n is the unit vector of row j, so that what comes out is C.
    const units = new NdArray('float32', [1, 2, n, n], new Float32Array(2 * n * n))
    for (let j = 0; j < n; j++) units.data[j * (n + 1)] = 1
    const { data } = await croppedReadout(units, m)
    for (let a = 0; a < m; a++)
      for (let b = 0; b < m; b++) {
        let [re, im] = [0, 0]
        for (let j = 0; j < n; j++) {
          const [p, q] = [a * n + j, b * n + j]
          re += data[p] * data[q] + data[m * n + p] * data[m * n + q]
          im += data[m * n + p] * data[q] - data[p] * data[m * n + q]
        }
        expect(re).toBeCloseTo(a === b ? 1 : 0, 5)
        expect(im).toBeCloseTo(0, 5)
      }
  })

  it('leaves all rows as they are, and refuses more', async () => {
    const y = normal(stream(0, 'y'), [1, 2, 4, 3])
    expect(await croppedReadout(y, 4)).toBe(y)
    await expect(croppedReadout(y, 5)).rejects.toThrow('a readout of 4 rows cannot be cropped to 5')
    await expect(croppedReadout(y, 0)).rejects.toThrow('must be an integer of at least 1')
  })
})
