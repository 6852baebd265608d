/** Magnetic resonance: sampled columns of the Fourier plane. */

import { TweedieError } from '../../error.ts'
import { readArrays } from '../../formats/index.ts'
import { type NdArray, ndarray, toNumbers } from '../../tensor/index.ts'
import { coilSensitivities } from '../coil-sensitivities.ts'
import { columnMasks } from '../column-masks.ts'
import { fourier, multiCoilFourier } from '../fourier.ts'
import { imageShape } from '../image.ts'
import { smoothPhases } from '../smooth-phase.ts'
import { defineFamily, needed, type Parameters } from './family.ts'

export const fourierFamily = defineFamily('fourier', {
  blindTo: ['phase'], // a scanner knows what it sampled
  draw: ({ acceleration, phase }, { count, event, seed }): Parameters<NdArray<'float32'>> => {
    const [, height, width] = imageShape(event, 'fourier')
    const mask = columnMasks(count, { width, acceleration, seed })
    return phase > 0 ? { mask, phase: smoothPhases(count, { height, width, std: phase, seed }) } : { mask }
  },
  make: ({ phase }, parameters, { event }) =>
    fourier(
      needed('fourier', parameters, 'mask'),
      event,
      phase > 0 ? { phase: needed('fourier', parameters, 'phase') } : {},
    ),
  observed: (parameters) => needed('fourier', parameters, 'mask'),
})

/** Sensitivities [1, 2K, h, w] from a file that holds them alone, with or without the first axis. */
const readSensitivities = (path: string, height: number, width: number): NdArray<'float32'> => {
  const [array, ...more] = Object.values(readArrays(path))
  const shape = array?.shape.length === 3 ? [1, ...array.shape] : (array?.shape ?? [])
  const fits = shape.length === 4 && shape[0] === 1 && shape[1] % 2 === 0
  if (more.length > 0 || !fits || String(shape.slice(2)) !== String([height, width]))
    throw new TweedieError(
      'input',
      `${path}: sensitivities must be one array [2K, ${height}, ${width}], real parts first, got [${shape}]`,
    )
  return ndarray(toNumbers(array), shape)
}

export const coilsFamily = defineFamily('coils', {
  blindTo: [],
  draw: ({ acceleration, coils, maps }, { count, event, seed }) => {
    const [channels, height, width] = imageShape(event, 'coils')
    if (channels !== 1)
      throw new TweedieError('input', `coils: needs images of one channel [1, H, W], the data are [${event}]`)
    const sensitivity =
      maps === '' ? coilSensitivities(coils, { height, width }) : readSensitivities(maps, height, width)
    return { mask: columnMasks(count, { width, acceleration, seed }), sensitivity }
  },
  make: (_, parameters, { event }) =>
    multiCoilFourier(needed('coils', parameters, 'mask'), needed('coils', parameters, 'sensitivity'), event),
  observed: (parameters) => needed('coils', parameters, 'mask'),
})
