/** The identity and random projections. */
import { normalBatch, stream } from '../../random/index.ts'
import { sizeOf } from '../../tensor/index.ts'
import { identity } from '../identity.ts'
import { projection } from '../projection.ts'
import { defineFamily, needed, observations } from './family.ts'

export const identityFamily = defineFamily('identity', {
  draw: () => ({}),
  make: (_, __, { event }) => identity(event),
})

export const projectionFamily = defineFamily('projection', {
  draw: ({ dimension }, { count, event, seed }) => {
    const n = sizeOf(event)
    const at = { observation: observations(count) }
    const matrix = normalBatch(stream(seed, 'observe projection'), at, [dimension, n])
    for (let row = 0; row < count * dimension; row++) {
      const a = matrix.data.subarray(row * n, (row + 1) * n)
      const norm = Math.sqrt(a.reduce((total, v) => total + v * v, 0))
      for (let j = 0; j < n; j++) a[j] /= norm
    }
    return { matrix }
  },
  make: (_, parameters, { event }) => projection(needed('projection', parameters, 'matrix'), event),
})
