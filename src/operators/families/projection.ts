import { normalBatch, stream } from '../../random/index.ts'
import { sizeOf } from '../../tensor/index.ts'
import { projection } from '../projection.ts'
import { whitenedVectors } from '../whitening.ts'
import { defineFamily, needed, observations } from './family.ts'

export const projectionFamily = defineFamily({
  name: 'projection',
  summary: 'a few numbers of each x: random directions, uniform on the sphere',
  linear: true,
  complex: true,
  whitening: { parameter: 'matrix', size: ([m]) => m, whiten: whitenedVectors },
  settings: {
    dimension: { kind: 'integer', default: 2, min: 1, description: 'numbers observed of each x' },
  },
  parameters: {
    matrix: {
      about: 'the matrix A of y = A x, [M, D] or one for each observation',
      replaces: ['dimension'],
      complex: true,
      axes: (_, [m]) => [[m], undefined],
    },
  },
  draw: ({ dimension }, { count, event, seed, first }) => {
    const n = sizeOf(event)
    const at = { observation: observations(count, first) }
    const matrix = normalBatch(stream(seed, 'observe projection'), at, [dimension, n])
    for (let row = 0; row < count * dimension; row++) {
      const a = matrix.data.subarray(row * n, (row + 1) * n)
      const norm = Math.hypot(...a)
      for (let j = 0; j < n; j++) a[j] /= norm
    }
    return { matrix }
  },
  eventOf: (_, { shapes: { matrix } }) => matrix?.slice(-1),
  make: (_, parameters, { event }) => projection(needed('projection', parameters, 'matrix'), event),
})
