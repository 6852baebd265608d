import type { NdArray, Shape } from '../../tensor/index.ts'
import { columnMasks } from '../drawn/column-masks.ts'
import { smoothPhases } from '../drawn/smooth-phase.ts'
import { fourier } from '../fourier.ts'
import { imageShape } from '../image.ts'
import { defineFamily, needed, type Parameters } from './family.ts'

/** How few columns of the Fourier plane are sampled, as a setting. */
export const acceleration = {
  kind: 'number',
  default: 4,
  min: 1,
  description: 'R: one column in R is sampled on average, the central ones always',
} as const

/** Which columns those are, as a parameter. */
export const columns = {
  about: '1 where the Fourier plane was sampled, 0 elsewhere: [H, W], or [W] of columns',
  binary: true,
  replaces: ['acceleration'],
  axes: ([, h, w]: Shape) => [[1], [1, h], [w]],
} as const

export const fourierFamily = defineFamily({
  name: 'fourier',
  summary:
    'magnetic resonance with one coil: columns of the Fourier plane, real and imaginary parts as channels',
  linear: true,
  complex: true,
  settings: {
    acceleration,
    phase: {
      kind: 'number',
      default: 0,
      min: 0,
      description: 'standard deviation of a smooth random phase of the image, in radians',
    },
  },
  parameters: {
    mask: columns,
    phase: {
      about: 'the phase of the image, in radians, [H, W]',
      replaces: ['phase'],
      axes: ([, h, w]) => [[1], [h], [w]],
    },
  },
  blindTo: ['phase'], // a scanner knows what it sampled
  draw: ({ acceleration: R, phase }, { count, event, seed, first }): Parameters<NdArray<'float32'>> => {
    const [, height, width] = imageShape(event, 'fourier')
    const mask = columnMasks(count, { width, acceleration: R, seed, first })
    return phase > 0
      ? { mask, phase: smoothPhases(count, { height, width, std: phase, seed, first }) }
      : { mask }
  },
  eventOf: (_, { y: [channels, ...plane] }) => [channels / 2, ...plane],
  make: ({ phase }, parameters, { event }) =>
    fourier(
      needed('fourier', parameters, 'mask'),
      event,
      phase > 0 || Object.hasOwn(parameters, 'phase')
        ? { phase: needed('fourier', parameters, 'phase') }
        : {},
    ),
  observed: (parameters) => needed('fourier', parameters, 'mask'),
})
