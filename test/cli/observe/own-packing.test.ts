/** `tweedie observe --observed` with operators of every kind: forms of arrays, and noise. */
import { describe, expect, it } from 'vitest'
import { firstStep, residualProgram } from '../../../src/observations/index.ts'
import { bernoulli, normal, stream, uniform } from '../../../src/random/index.ts'
import { full, type NdArray, ndarray, reshaped } from '../../../src/tensor/index.ts'
import { observeLine } from './observing.ts'
import { coils, H, K, line, maps, mask, N, ownFolder, pairsOf, through, W, x } from './own-arrays.ts'

const { folder, save, saveComplex } = ownFolder()

/** Largest |y − A x| of a set. */
const gap = async (text: string): Promise<number> => {
  const set = await observeLine(line(text), folder)
  const program = residualProgram(set)
  const { data } = await program.of(x)
  await program.release()
  return set.noise * data.reduce((a, v) => Math.max(a, Math.abs(v)), 0)
}

describe('complex measurements', async () => {
  const y = await through(coils, { mask, sensitivity: maps })
  const command = '--operator coils mask=mask.npy maps=maps.npy --noise 0.05'
  const forms: readonly (readonly [string, () => void])[] = [
    ['complex numbers', () => saveComplex('y', pairsOf(y))],
    ['a last axis of two', () => save('y', pairsOf(y))],
    ['real parts first', () => save('y', y)],
  ]
  const mapForms: readonly (readonly [string, () => void])[] = [
    ['[2K, H, W]', () => save('maps', reshaped(maps, [2 * K, H, W]))],
    ['[1, 2K, H, W]', () => save('maps', maps)],
    ['complex [1, K, H, W]', () => saveComplex('maps', pairsOf(maps))],
    ['complex [K, H, W]', () => saveComplex('maps', reshaped(pairsOf(maps), [K, H, W, 2]))],
  ]
  it.each(forms.flatMap((of) => mapForms.map((and) => ({ y: of, maps: and }))))(
    'y as $y.0, maps as $maps.0',
    async ({ y: [, saveY], maps: [, saveMaps] }) => {
      saveY()
      saveMaps()
      save('mask', mask)
      expect(await gap(command)).toBeLessThan(1e-6)
    },
  )

  it('takes one coil without its axis, and columns without those of 1', async () => {
    const columns = bernoulli(stream(1, 'mask'), 0.6, [1, 1, 1, W])
    const one = await through({ name: 'fourier', settings: {} }, { mask: columns })
    saveComplex('y', reshaped(pairsOf(one), [N, H, W, 2]))
    for (const shape of [[W], [1, W], [1, 1, 1, W]]) {
      save('mask', reshaped(columns, shape))
      expect(await gap('--operator fourier mask=mask.npy --noise 0.05')).toBeLessThan(1e-6)
      expect(await gap('--operator fourier --mask mask.npy --noise 0.05')).toBeLessThan(1e-6)
    }
  })

  it('estimates maps, of which the images are near', async () => {
    const all = full([1, 1, 1, W], 1)
    save('y', await through(coils, { mask: all, sensitivity: maps }))
    save('mask', all)
    const set = await observeLine(line('--operator coils mask=mask.npy maps=estimate --noise 0.05'), folder)
    expect(set.operator.parameters.sensitivity.shape).toEqual([N, 2 * K, H, W])
    const seen = await firstStep(set)
    const error = (seen?.data ?? x.data).reduce((sum, v, i) => sum + (v - x.data[i]) ** 2, 0) / x.size
    expect(Math.sqrt(error)).toBeLessThan(0.03) // x is white noise here, of standard deviation 0.29
  })
})

describe('shapes of kernels', () => {
  const kernel = uniform(stream(0, 'kernel'), [1, 1, 3, 5])
  it.each([[[3, 5]], [[1, 3, 5]], [[1, 1, 3, 5]]])('of %j', async (shape) => {
    save('y', await through({ name: 'motion', settings: {} }, { kernel }))
    save('kernel', reshaped(kernel, shape))
    expect(await gap('--operator blur kernel=kernel.npy --noise 0.05')).toBeLessThan(1e-5)
  })

  it('are one for each observation where there are as many', async () => {
    const own = uniform(stream(0, 'kernel'), [N, 1, 3, 5])
    save('y', await through({ name: 'motion', settings: {} }, { kernel: own }))
    save('kernel', reshaped(own, [N, 3, 5]))
    expect(await gap('--operator blur kernel=kernel.npy --noise 0.05')).toBeLessThan(1e-5)
  })
})

describe('noise', () => {
  const y = x
  const stdFor = async (noise: NdArray) => {
    save('y', y)
    save('std', noise)
    const { std, noise: level } = await observeLine(line('--operator identity --noise std.npy'), folder)
    return { std, level }
  }
  const each = uniform(stream(0, 'std'), [N, 1, H, W])

  it.each([
    ['of each entry', [N, 1, H, W]],
    ['of an image without its channel', [N, H, W]],
  ])('%s', async (_, shape) => {
    const { std } = await stdFor(reshaped(each, shape))
    expect([std?.shape, std?.data]).toEqual([y.shape, each.data])
  })

  it('of one item', async () => {
    const { std } = await stdFor(reshaped(ndarray(each.data.slice(0, H * W)), [H, W]))
    expect([std?.shape, std?.data]).toEqual([[1, 1, H, W], each.data.slice(0, H * W)])
  })

  it('of each observation', async () => {
    const { std, level } = await stdFor(ndarray([0.1, 0.2, 0.3]))
    expect(std?.data).toEqual(
      Float32Array.from({ length: y.size }, (_, i) => [0.1, 0.2, 0.3][Math.floor(i / H / W)]),
    )
    expect(level).toBeCloseTo(Math.sqrt(0.14 / 3), 6)
  })

  it('of complex entries, for both parts', async () => {
    save('y', await through(coils, { mask, sensitivity: maps }))
    save('mask', mask)
    save('maps', maps)
    const levels = uniform(stream(0, 'std'), [K, H, W])
    save('std', levels)
    const command = line('--operator coils mask=mask.npy maps=maps.npy --noise std.npy')
    const { std } = await observeLine(command, folder)
    expect([std?.shape, std?.data]).toEqual([
      [1, 2 * K, H, W],
      Float32Array.of(...levels.data, ...levels.data),
    ])
  })

  it('with a covariance is white in the set', async () => {
    const A = normal(stream(0, 'A'), [1, 4, H * W])
    save('y', await through({ name: 'projection', settings: {} }, { matrix: A }))
    save('A', reshaped(A, [4, H * W]))
    save('cov', ndarray([4, 1, 0, 0, 1, 3, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1], [4, 4]))
    const command = line('--operator projection matrix=A.npy --noise-covariance cov.npy')
    const set = await observeLine(command, folder)
    expect([set.noise, set.std]).toEqual([Math.sqrt(2.5), undefined])
    expect(set.operator.parameters.matrix.data[3 * H * W]).toBeCloseTo(Math.sqrt(2.5) * A.data[3 * H * W], 5)
    expect(await gap('--operator projection matrix=A.npy --noise-covariance cov.npy')).toBeLessThan(1e-4)
  })
})
