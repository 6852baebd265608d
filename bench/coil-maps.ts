/**
 * Coil maps from the centre of k-space beside those that made it: eight slices of heads, eight coils, every
 * fourth column and a full centre, noise 0.01. The root mean square error of the maps over the pixels above
 * 0.1, and the PSNR of total variation with the true maps and with the estimated ones.
 *
 *   npm run bench -- coil-maps [--json]
 */
import { parseArgs } from 'node:util'
import { baselineNamed } from '../src/baselines/index.ts'
import { formatTable } from '../src/cli/table.ts'
import { readClean } from '../src/datasets/index.ts'
import type { ObservationSet } from '../src/observations/index.ts'
import { coilSensitivities, lowFrequencyMaps, multiCoilFourier } from '../src/operators/index.ts'
import { normal, stream } from '../src/random/index.ts'
import { constant, float32, jit, NdArray, rows, type Tensor } from '../src/tensor/index.ts'

const [SLICES, COILS, SIDE, NOISE] = [8, 8, 64, 0.01]
const EVENT = [1, SIDE, SIDE]
const size = SIDE * SIDE

/** Every fourth column, and those in the middle. */
const columns = (centre: number): NdArray<'float32'> =>
  new NdArray(
    'float32',
    [1, 1, 1, SIDE],
    Float32Array.from({ length: SIDE }, (_, j) =>
      Math.abs(j - SIDE / 2) <= (centre - 1) / 2 || j % 4 === 0 ? 1 : 0,
    ),
  )

const scanned = async (
  x: NdArray<'float32'>,
  mask: NdArray<'float32'>,
  maps: NdArray<'float32'>,
): Promise<NdArray<'float32'>> => {
  const program = jit((v: Tensor) => multiCoilFourier(constant(mask), constant(maps), EVENT).apply(v))
  const { shape, data } = float32(await program(x))
  await program.release()
  const z = normal(stream(1, 'n'), shape).data
  return new NdArray(
    'float32',
    shape,
    data.map((v, i) => v + NOISE * z[i] * mask.data[i % SIDE]),
  )
}

/** Over the pixels of each slice that are bright enough. */
const errorOf = (found: NdArray<'float32'>, maps: NdArray<'float32'>, x: NdArray<'float32'>): number => {
  let [total, count] = [0, 0]
  x.data.forEach((v, i) => {
    if (v < 0.1) return
    const [slice, pixel] = [Math.floor(i / size), i % size]
    count++
    for (let c = 0; c < 2 * COILS; c++)
      total += (found.data[(slice * 2 * COILS + c) * size + pixel] - maps.data[c * size + pixel]) ** 2
  })
  return Math.sqrt(total / count)
}

const psnr = async (set: ObservationSet, x: NdArray<'float32'>): Promise<number> => {
  const { mean } = await baselineNamed('tv').make()(set)
  return -10 * Math.log10(mean.data.reduce((sum, v, i) => sum + (v - x.data[i]) ** 2, 0) / x.size)
}

export const run = async (args: readonly string[]): Promise<number> => {
  const { json } = parseArgs({ args: [...args], options: { json: { type: 'boolean' } } }).values
  const x = rows((await readClean('mri', { split: 'test', most: SLICES })).x, 0, SLICES)
  const maps = coilSensitivities(COILS, { height: SIDE, width: SIDE })
  const found = []
  for (const centre of [9, 13, 21]) {
    const mask = columns(centre)
    const y = await scanned(x, mask, maps)
    const estimated = await lowFrequencyMaps(y, mask)
    const set = (sensitivity: NdArray<'float32'>): ObservationSet => ({
      y,
      operator: { name: 'coils', settings: {}, event: EVENT, parameters: { mask, sensitivity } },
      noise: NOISE,
      range: [0, 1],
    })
    const error = errorOf(estimated, maps, x)
    const [known, ours] = [await psnr(set(maps), x), await psnr(set(estimated), x)]
    found.push({ centre, error, known, ours })
  }
  if (json) console.log(JSON.stringify(found))
  else
    console.log(
      formatTable(
        ['central columns', 'error of the maps', 'TV, true maps', 'TV, estimated maps'],
        found.map(({ centre, error, known, ours }) => [
          `${centre}`,
          error.toFixed(4),
          `${known.toFixed(2)} dB`,
          `${ours.toFixed(2)} dB`,
        ]),
      ),
    )
  return 0
}
