import { blur } from '../blur.ts'
import { motionKernels } from '../drawn/motion-kernel.ts'
import { boundary, kernel } from './blur.ts'
import { defineFamily, needed } from './family.ts'

export const motionFamily = defineFamily({
  name: 'motion',
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
  parameters: { kernel: { ...kernel, replaces: ['size', 'intensity', 'shared'] } },
  draw: ({ size, intensity, shared }, { count, seed, first }) => ({
    kernel: motionKernels(shared ? 1 : count, { size, intensity, seed, first: shared ? 0 : first }),
  }),
  make: ({ boundary: edge }, parameters, { event }) =>
    blur(needed('motion', parameters, 'kernel'), event, { boundary: edge }),
})
