/**
 * Every posterior method. Command lines, comparisons and contracts know the methods from this list alone: a
 * new one is a file with its entry, and a line here.
 */
import { TweedieError } from '../error.ts'
import { nearestName } from '../nearest.ts'
import { ddnmEntry } from './ddnm.ts'
import { diffpirEntry } from './diffpir.ts'
import { dpsEntry } from './dps.ts'
import { mcgEntry } from './mcg.ts'
import type { MethodEntry } from './method-entry.ts'
import { mmpsEntry } from './mmps.ts'
import { noise2scoreEntry } from './noise2score.ts'
import { pigdmEntry } from './pigdm.ts'
import { redDiffEntry } from './red-diff.ts'
import { repaintEntry } from './repaint.ts'
import { smcMmpsEntry } from './smc-mmps.ts'
import { tdsEntry } from './tds.ts'
import { tmpdEntry } from './tmpd.ts'

/** All methods, in the order of help and tables. */
export const methods: readonly MethodEntry[] = [
  mmpsEntry,
  dpsEntry,
  pigdmEntry,
  tmpdEntry,
  diffpirEntry,
  mcgEntry,
  ddnmEntry,
  repaintEntry,
  noise2scoreEntry,
  redDiffEntry,
  tdsEntry,
  smcMmpsEntry,
]

/** Their names. */
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
