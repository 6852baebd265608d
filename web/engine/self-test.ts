/** Whether another way of computing may take the place of the one that is trusted. */
import type { Backend } from './backend.ts'
import type { ModelArrays } from './messages.ts'

/** |a − b| relative to max(1, |b|): ten times what providers are held to in tests, on inputs of any kind. */
const TOLERANCE = 1e-3

/** What came of it. */
export type Comparison = { readonly kind: 'better' } | { readonly kind: 'refused'; readonly reason: string }

/** Largest difference of two results, relative to max(1, |expected|); Infinity where they do not fit. */
export const differenceOf = (got: ModelArrays, expected: ModelArrays): number => {
  let largest = 0
  for (const [name, { data }] of Object.entries(expected)) {
    const other = got[name]?.data
    if (other?.length !== data.length) return Number.POSITIVE_INFINITY
    for (let i = 0; i < data.length; i++) {
      const difference = Math.abs(other[i] - data[i]) / Math.max(1, Math.abs(data[i]))
      if (!(difference <= largest)) largest = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference
    }
  }
  return largest
}

/** The result of a second run, and how long it took: the first one compiles. */
const second = async (backend: Backend, inputs: ModelArrays) => {
  await backend.run(inputs)
  const start = performance.now()
  const outputs = await backend.run(inputs)
  return { outputs, milliseconds: performance.now() - start }
}

/** Both on the same inputs: the new one must agree, and be faster. */
export const compared = async (next: Backend, trusted: Backend, inputs: ModelArrays): Promise<Comparison> => {
  const [old, fresh] = [await second(trusted, inputs), await second(next, inputs)]
  const difference = differenceOf(fresh.outputs, old.outputs)
  if (!(difference <= TOLERANCE))
    return {
      kind: 'refused',
      reason: `its results differ by ${difference.toPrecision(2)} from WebAssembly's`,
    }
  if (fresh.milliseconds < old.milliseconds) return { kind: 'better' }
  const times = `${Math.round(fresh.milliseconds)} ms instead of ${Math.round(old.milliseconds)}`
  return { kind: 'refused', reason: `it agrees with WebAssembly but is slower here, ${times}` }
}
