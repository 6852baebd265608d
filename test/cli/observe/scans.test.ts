/** `tweedie observe --observed` with a scanner's k-space: its readout's oversampling is cropped. */
import { join } from 'node:path'
import { File, ready } from 'h5wasm/node'
import { beforeAll, expect, it } from 'vitest'
import { type ObservationSet, residualProgram } from '../../../src/observations/index.ts'
import { bernoulli, stream, uniform } from '../../../src/random/index.ts'
import { NdArray } from '../../../src/tensor/index.ts'
import { observeLine } from './observing.ts'
import { H, mask, N, ownFolder, through, W, x } from './own-arrays.ts'

const { folder } = ownFolder()
beforeAll(async () => void (await ready))

const HEADER =
  '<ismrmrdHeader><encoding><encodedSpace><matrixSize><x>16</x></matrixSize></encodedSpace>' +
  '<reconSpace><matrixSize><x>8</x></matrixSize></reconSpace></encoding></ismrmrdHeader>'

/** A file of fastMRI's layout of one coil, of k-space [N, 2, H, W]. */
const scan = (y: NdArray<'float32'>): void => {
  const size = H * W
  const part = (of: number) =>
    Float32Array.from(
      { length: N * size },
      (_, i) => y.data[(2 * Math.floor(i / size) + of) * size + (i % size)],
    )
  const file = new File(join(folder, 'scan.h5'), 'w')
  file.create_dataset({
    name: 'kspace',
    data: new Map([
      ['r', part(0)],
      ['i', part(1)],
    ]),
    shape: [N, H, W],
  })
  file.create_dataset({ name: 'ismrmrd_header', data: HEADER })
  file.close()
}

/** x of 16 rows, 0 but in the middle 8: what those with half the field of view hold. */
const middle = uniform(stream(0, 'middle'), [N, 1, 8, W])
const whole = new NdArray('float32', [N, 1, H, W], new Float32Array(N * H * W))
for (let n = 0; n < N; n++) whole.data.set(middle.data.subarray(8 * W * n, 8 * W * (n + 1)), (H * n + 4) * W)

const packed = async (notes: string[] = []): Promise<ObservationSet> => {
  const command = 'tweedie observe scan.h5 --observed --noise 0.05 -o mine.npz'
  return observeLine(command, folder, (text) => notes.push(text))
}

/** Largest |y − A x| of a set. */
const gap = async (set: ObservationSet, image: NdArray<'float32'>): Promise<number> => {
  const program = residualProgram(set)
  const { data } = await program.of(image)
  await program.release()
  return set.noise * data.reduce((a, v) => Math.max(a, Math.abs(v)), 0)
}

it('of whole readouts is of the image alone', async () => {
  scan(await through({ name: 'fourier', settings: {} }, { mask }, whole))
  const set = await packed()
  expect([set.y.shape, set.operator.event]).toEqual([
    [N, 2, 8, W],
    [1, 8, W],
  ])
  expect(await gap(set, middle)).toBeLessThan(1e-5)
})

it('of readouts that lack a part keeps the larger field, and says so', async () => {
  const rows = bernoulli(stream(2, 'mask'), 0.6, [N, 1, H, W])
  scan(await through({ name: 'fourier', settings: {} }, { mask: rows }))
  const notes: string[] = []
  const set = await packed(notes)
  expect(set.operator.event).toEqual([1, H, W])
  expect(notes.join('\n')).toMatch(/oversampling stays: images have 16 rows, of which the middle 8 are/)
  expect(await gap(set, x)).toBeLessThan(1e-5)
})
