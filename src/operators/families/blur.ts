import { TweedieError } from '../../error.ts'
import { stream, uniformBatch } from '../../random/index.ts'
import { NdArray, type Shape } from '../../tensor/index.ts'
import { blur } from '../blur.ts'
import { BOUNDARIES } from '../boundary.ts'
import { gaussianBlur, gaussianTaps } from '../gaussian-blur.ts'
import { gridOf } from '../image.ts'
import { type DrawRequest, defineFamily, needed, observations, type Parameters } from './family.ts'

/** The values of an image beyond its edge, as a setting. */
export const boundary = {
  kind: 'choice',
  choices: BOUNDARIES,
  default: 'reflect',
  description: 'what an image is beyond its edge',
} as const

/** The kernel of a blur, as a parameter. */
export const kernel = {
  about: 'the kernel of the blur, [..., K, L] of images, [..., L] of signals',
  axes: ([channels, ...grid]: Shape) => [[1, channels], ...grid.map(() => undefined)],
} as const

/**
 * Gaussian kernels with σ uniform between two values: [count, 1, size, size], of signals [count, 1, size].
 */
const gaussianKernels = (
  { count, event, seed, first }: DrawRequest,
  low: number,
  high: number,
): NdArray<'float32'> => {
  const size = 2 * Math.ceil(4 * high) + 1
  const share = uniformBatch(
    stream(seed, 'observe blur'),
    { observation: observations(count, first) },
    [1],
  ).data
  const signals = gridOf(event, 'blur').length === 1
  const kernels = Array.from(share, (u) => {
    const taps = gaussianTaps(low + (high - low) * u, size)
    return signals ? taps : Array.from(taps, (a) => Array.from(taps, (b) => a * b)).flat()
  })
  const shape = signals ? [count, 1, size] : [count, 1, size, size]
  return new NdArray('float32', shape, Float32Array.from(kernels.flat()))
}

export const blurFamily = defineFamily({
  name: 'blur',
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
    size: { kind: 'integer', default: 0, min: 0, description: 'taps of the kernel, odd; 0 for eight sigma' },
    boundary,
  },
  parameters: { kernel: { ...kernel, replaces: ['sigma', 'sigmaMax', 'size'] } },
  draw: ({ sigma, sigmaMax, size }, request): Parameters<NdArray<'float32'>> => {
    if (sigmaMax === 0) return {}
    if (sigmaMax < sigma || size > 0) {
      const rule = `must be at least 'sigma' (${sigma}) and goes without 'size'`
      throw new TweedieError('input', `operator 'blur': 'sigmaMax' ${rule}, got ${sigmaMax}`)
    }
    return { kernel: gaussianKernels(request, sigma, sigmaMax) }
  },
  make: ({ sigma, sigmaMax, size, boundary: edge }, parameters, { event }) => {
    if (sigmaMax > 0 || Object.hasOwn(parameters, 'kernel'))
      return blur(needed('blur', parameters, 'kernel'), event, { boundary: edge })
    return gaussianBlur(event, { sigma, size: size > 0 ? size : undefined, boundary: edge })
  },
})
