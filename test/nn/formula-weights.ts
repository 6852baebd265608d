/** Weights that are a formula of their names and indices, as fixtures/make.py makes them. */
import { flatten, mapArrays, ndarray, sizeOf, toNumbers, unflatten } from '../../src/tensor/index.ts'
import { wave } from '../numbers.ts'

const phaseOf = (name: string): number =>
  ([...name].reduce((total, c, i) => total + (i + 1) * c.charCodeAt(0), 0) % 1000) / 10

/** Parameters of the same nesting and shapes. */
export const formulaWeights = <P>(params: P, dtype: 'float32' | 'float64'): P => {
  const filled = Object.entries(flatten(params)).map(([name, { shape, size }]) => {
    const scale = shape.length > 1 ? 1 / Math.sqrt(sizeOf(shape.slice(1))) : 0.1
    return [
      name,
      ndarray(
        wave(size, phaseOf(name)).map((v) => scale * v),
        shape,
        dtype,
      ),
    ] as const
  })
  return unflatten(
    mapArrays((p) => ndarray(toNumbers(p), p.shape, dtype), params),
    Object.fromEntries(filled),
  )
}
