import { TweedieError } from '../../error.ts'
import { readArrays } from '../../formats/index.ts'
import { type NdArray, ndarray, toNumbers } from '../../tensor/index.ts'
import { coilSensitivities } from '../coil-maps/coil-sensitivities.ts'
import { lowFrequencyMaps } from '../coil-maps/low-frequency-maps.ts'
import { columnMasks } from '../drawn/column-masks.ts'
import { multiCoilFourier } from '../fourier.ts'
import { imageShape } from '../image.ts'
import { whitenedCoils } from '../whitening.ts'
import { defineFamily, needed } from './family.ts'
import { acceleration, columns } from './fourier.ts'

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

export const coilsFamily = defineFamily({
  name: 'coils',
  summary: 'magnetic resonance with several coils: real parts of all, then imaginary parts',
  linear: true,
  complex: true,
  whitening: { parameter: 'sensitivity', size: ([channels]) => channels / 2, whiten: whitenedCoils },
  settings: {
    acceleration,
    coils: {
      kind: 'integer',
      default: 4,
      min: 1,
      max: 64,
      description: 'coils around the image, when maps are made up',
    },
    maps: {
      kind: 'text',
      default: '',
      description: 'file with measured sensitivities [2 coils, H, W], real parts first; none: made up',
    },
  },
  parameters: {
    mask: columns,
    sensitivity: {
      about: 'sensitivities of the coils, [2 coils, H, W], real parts first',
      replaces: ['coils', 'maps'],
      key: 'maps',
      complex: true,
      estimate: async (y, { mask }, first) => {
        if (!mask)
          throw new TweedieError(
            'input',
            "operator 'coils': maps are estimated where 'mask' says what was sampled",
          )
        return lowFrequencyMaps(y, mask, first)
      },
      axes: ([, h, w], [channels]) => [[channels], [h], [w]],
    },
  },
  blindTo: [],
  draw: ({ acceleration: R, coils, maps }, { count, event, seed, first }) => {
    const [channels, height, width] = imageShape(event, 'coils')
    if (channels !== 1)
      throw new TweedieError('input', `coils: needs images of one channel [1, H, W], the data are [${event}]`)
    const sensitivity =
      maps === '' ? coilSensitivities(coils, { height, width }) : readSensitivities(maps, height, width)
    return { mask: columnMasks(count, { width, acceleration: R, seed, first }), sensitivity }
  },
  eventOf: (_, { y: [, ...plane] }) => [1, ...plane],
  make: (_, parameters, { event }) =>
    multiCoilFourier(needed('coils', parameters, 'mask'), needed('coils', parameters, 'sensitivity'), event),
  observed: (parameters) => needed('coils', parameters, 'mask'),
})
