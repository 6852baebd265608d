/** Magnetic resonance: sampled columns of the Fourier plane. */
import type { NdArray } from '../../tensor/index.ts'
import { columnMasks } from '../column-masks.ts'
import { fourier } from '../fourier.ts'
import { imageShape } from '../image.ts'
import { smoothPhases } from '../smooth-phase.ts'
import { defineFamily, needed, type Parameters } from './family.ts'

export const fourierFamily = defineFamily('fourier', {
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
