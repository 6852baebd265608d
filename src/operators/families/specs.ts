/** The operators by name: what they do and what they can be told. Plain data, so that the help needs no engine. */

import type { SettingSpec } from '../../settings.ts'
import { BOUNDARIES } from '../boundary.ts'

/** What is said about a family. */
export interface FamilySpec {
  /** One line for lists. */
  readonly summary: string
  /** Whether y is linear in x. */
  readonly linear: boolean
  readonly settings: Readonly<Record<string, SettingSpec>>
}

const fraction = { kind: 'number', above: 0, max: 1 } as const

const keepMax = {
  kind: 'number',
  default: 0,
  min: 0,
  max: 1,
  description: 'when above 0, the fraction is drawn for each observation between keep and this',
} as const

const boundary = {
  kind: 'choice',
  choices: BOUNDARIES,
  default: 'reflect',
  description: 'what an image is beyond its edge',
} as const

const factor = {
  kind: 'integer',
  default: 4,
  min: 1,
  description: 'how many times smaller each side becomes',
} as const

const acceleration = {
  kind: 'number',
  default: 4,
  min: 1,
  description: 'R: one column in R is sampled on average, the central ones always',
} as const

const low = {
  kind: 'number',
  default: 0,
  description: 'lowest value that can be told; that of the data when observing',
} as const
const high = {
  ...low,
  default: 1,
  description: 'highest value that can be told; that of the data when observing',
}

/** Every family of operators, in the order of the help. */
export const familySpecs = {
  mask: {
    summary: 'pixels deleted at random, the same in all channels',
    linear: true,
    settings: {
      keep: { ...fraction, default: 0.25, description: 'fraction of the pixels that is kept' },
      keepMax,
      exact: {
        kind: 'flag',
        default: false,
        description: 'keep exactly that many pixels of each observation',
      },
    },
  },
  box: {
    summary: 'a square hole at a random place',
    linear: true,
    settings: {
      size: { kind: 'integer', default: 16, min: 1, description: 'side of the hole, in pixels' },
      margin: {
        kind: 'integer',
        default: 0,
        min: 0,
        description: 'least distance from the edges, in pixels',
      },
    },
  },
  vertices: {
    summary:
      'points of a mesh or curve deleted at random with all their coordinates: x is [..., coordinates, points]',
    linear: true,
    settings: {
      keep: { ...fraction, default: 0.7, description: 'fraction of the points that is kept, exactly' },
      keepMax,
      points: {
        kind: 'integer',
        default: 0,
        min: 0,
        description: 'points that there are: those after them are padding and never observed; 0 for all',
      },
      sea: {
        kind: 'flag',
        default: false,
        description: "only those with water in the data set 'temperatures': land is never observed",
      },
    },
  },
  projection: {
    summary: 'a few numbers of each x: random directions, uniform on the sphere',
    linear: true,
    settings: {
      dimension: { kind: 'integer', default: 2, min: 1, description: 'numbers observed of each x' },
    },
  },
  identity: { summary: 'y = x, with noise alone', linear: true, settings: {} },
  blur: {
    summary: 'Gaussian blur',
    linear: true,
    settings: {
      sigma: {
        kind: 'number',
        default: 1,
        above: 0,
        max: 100,
        description: 'standard deviation of the kernel, in pixels',
      },
      sigmaMax: {
        kind: 'number',
        default: 0,
        min: 0,
        max: 100,
        description: 'when above 0, it is drawn for each observation between sigma and this',
      },
      size: {
        kind: 'integer',
        default: 0,
        min: 0,
        description: 'taps of the kernel, odd; 0 for eight sigma',
      },
      boundary,
    },
  },
  motion: {
    summary: 'the blur of a camera that shakes, with a kernel for each observation',
    linear: true,
    settings: {
      size: {
        kind: 'integer',
        default: 9,
        min: 3,
        max: 511,
        description: 'side of the kernel, odd, in pixels',
      },
      intensity: {
        kind: 'number',
        default: 0.5,
        min: 0,
        max: 1,
        description: 'how erratic the motion is, from 0 (straight) to 1',
      },
      shared: { kind: 'flag', default: false, description: 'one kernel for all observations' },
      boundary,
    },
  },
  pool: { summary: 'smaller images: the mean of each block of pixels', linear: true, settings: { factor } },
  bicubic: {
    summary: 'smaller images: antialiased bicubic interpolation, mirrored edges',
    linear: true,
    settings: { factor },
  },
  fourier: {
    summary:
      'magnetic resonance with one coil: columns of the Fourier plane, real and imaginary parts as channels',
    linear: true,
    settings: {
      acceleration,
      phase: {
        kind: 'number',
        default: 0,
        min: 0,
        description: 'standard deviation of a smooth random phase of the image, in radians',
      },
    },
  },
  coils: {
    summary: 'magnetic resonance with several coils: real parts of all, then imaginary parts',
    linear: true,
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
  },
  radon: {
    summary: 'tomography with parallel beams: sums along lines, divided by the side of the image',
    linear: true,
    settings: {
      angles: { kind: 'integer', default: 30, min: 1, description: 'number of angles over half a turn' },
      detectors: {
        kind: 'integer',
        default: 0,
        min: 0,
        description: 'detectors one pixel apart; 0 for all that see it',
      },
    },
  },
  phase: {
    summary: 'phase retrieval: magnitudes of the oversampled Fourier transform (not linear)',
    linear: false,
    settings: {
      oversampling: {
        kind: 'number',
        default: 2,
        min: 1,
        max: 8,
        description: 'frequencies per pixel along each axis',
      },
    },
  },
  clip: {
    summary: 'a sensor that saturates: contrast grows by a factor and is cut (not linear)',
    linear: false,
    settings: {
      gain: { kind: 'number', default: 2, above: 0, description: 'factor of the contrast' },
      low,
      high,
    },
  },
  jpeg: {
    summary: 'compression in blocks of 8×8 pixels, with soft rounding (not linear)',
    linear: false,
    settings: {
      quality: { kind: 'number', default: 10, min: 1, max: 100, description: 'quality, 100 is best' },
      low,
      high,
    },
  },
} as const satisfies Readonly<Record<string, FamilySpec>>

/** Name of a family. */
export type FamilyName = keyof typeof familySpecs

/** Names of the families. */
export const familyNames: readonly string[] = Object.keys(familySpecs)
