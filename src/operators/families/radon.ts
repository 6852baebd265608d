import { TweedieError } from '../../error.ts'
import { radon } from '../radon.ts'
import { defineFamily } from './family.ts'

/** Two turns: larger angles are degrees. */
const LARGEST = 4 * Math.PI

/** @throws TweedieError `input` unless the text is numbers, with commas between them, that may be radians */
const anglesIn = (text: string): number[] =>
  text.split(',').map((part) => {
    const angle = part.trim() === '' ? Number.NaN : Number(part)
    if (Math.abs(angle) <= LARGEST) return angle
    const degrees = Number.isFinite(angle) ? '; are these degrees? np.deg2rad makes radians of them' : ''
    throw new TweedieError(
      'input',
      `operator 'radon': angles are radians, between −4π and 4π, got '${part}'${degrees}`,
    )
  })

export const radonFamily = defineFamily({
  name: 'radon',
  summary: 'tomography with parallel beams: sums along lines, divided by the side of the image',
  linear: true,
  settings: {
    angles: { kind: 'integer', default: 30, min: 1, description: 'number of angles over half a turn' },
    at: {
      kind: 'text',
      default: '',
      description: 'the angles themselves, in radians, with commas between them; none: evenly spaced',
    },
    detectors: {
      kind: 'integer',
      default: 0,
      min: 0,
      description: 'detectors one pixel apart; 0 for all that see it',
    },
  },
  listed: { angles: 'at' },
  eventOf: () => undefined,
  make: ({ angles, at, detectors }, _, { event }) =>
    radon(event, {
      angles: at === '' ? angles : anglesIn(at),
      detectors: detectors > 0 ? detectors : undefined,
    }),
})
