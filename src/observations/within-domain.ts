import { domainOf, familyOf, filledOutside, maskWithin } from '../operators/index.ts'
import { NdArray } from '../tensor/index.ts'
import type { ObservationSet } from './observation-set.ts'

/**
 * Signals [..., ...event] in the units of the data with the number that x is outside the domain of a set:
 * what draws and truth say there counts for nothing.
 */
export const filledOutsideOf = (
  { valid, range }: Pick<ObservationSet, 'valid' | 'range'>,
  x: NdArray<'float32'>,
): NdArray<'float32'> => (valid ? filledOutside(x, domainOf(valid, range)) : x)

/**
 * A set whose masks end where its domain does: entries outside are none, so they were not observed, whatever
 * the file says. Other operators, and sets without a domain, as they are.
 */
export const withinDomain = <S extends Pick<ObservationSet, 'y' | 'operator' | 'valid'>>(set: S): S => {
  const { y, operator, valid } = set
  const { event, parameters, truth } = operator
  if (!valid || !familyOf(operator.name).deletes) return set
  const cut = <P extends typeof parameters>(p: P): P => ({ ...p, mask: maskWithin(p.mask, valid, event) })
  const seen = y.data.map((v, i) => (valid.data[i % valid.size] === 0 ? 0 : v))
  return {
    ...set,
    y: new NdArray('float32', y.shape, seen),
    operator: { ...operator, parameters: cut(parameters), ...(truth ? { truth: cut(truth) } : {}) },
  }
}
