/** Methods as they are written on a command line. */
import type { Settings } from '../settings.ts'
import { namedWithSettings } from '../settings-text.ts'
import { methodNamed } from './method-named.ts'

/** A method as it is asked for, with settings. */
export interface MethodSpec {
  /** Its name in the list of methods. */
  readonly method: string
  /** Settings that differ from its defaults. */
  readonly settings: Settings
}

/**
 * Reads `dps`, `dps:zeta=0.5`, `pigdm:form=pinv`, `mmps:iterations=3:covariance=ones`: a method with the
 * settings that differ from its defaults, apart by colons or semicolons. A flag may stand without a value,
 * for true.
 *
 * @throws TweedieError `input` for unknown methods and settings (with the nearest name), and values that do
 *   not fit
 *
 * @example
 * ```ts
 * const { method, settings } = methodSpec('mmps:iterations=3')
 * const posterior = methodNamed(method).make(settings)
 * ```
 */
export const methodSpec = (text: string): MethodSpec => {
  const { entry, settings } = namedWithSettings(text, methodNamed)
  entry.make(settings) // values out of bounds are refused here
  return { method: entry.name, settings }
}
