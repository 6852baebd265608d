import { TweedieError } from '../error.ts'
import { nearestName } from '../nearest.ts'
import type { MethodEntry } from './method-entry.ts'
import { methods } from './methods.ts'

/** The names of the methods, in the order of the list. */
export const methodNames: readonly string[] = methods.map(({ name }) => name)

/**
 * The method of a name.
 *
 * @throws TweedieError `input` for unknown names, with the nearest known one
 *
 * @example
 * ```ts
 * const draw = compileMethod(methodNamed('dps').make({ zeta: 0.6 }), prior, observationOf, { steps: 1000 })
 * ```
 */
export const methodNamed = (name: string): MethodEntry => {
  const known = methods.find((method) => method.name === name)
  if (known) return known
  const hint = `did you mean '${nearestName(name, methodNames)}'? (known: ${methodNames.join(', ')})`
  throw new TweedieError('input', `unknown method '${name}', ${hint}`)
}
