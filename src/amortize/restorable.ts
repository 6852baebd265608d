/** Which observations a sampler can restore: those of the kind that it was made for. */
import { isDeepStrictEqual } from 'node:util'
import { TweedieError } from '../error.ts'
import { type Observations, readRows } from '../observations/index.ts'
import { familyOf, type NoiseRange, type OperatorSpec } from '../operators/index.ts'
import { toldNoise } from './condition.ts'
import type { AmortizedSampler, SamplerOperator } from './sampler.ts'

/** The operator of observations as samplers know it. */
export const samplerOperator = ({ name, settings, of }: OperatorSpec, blind = false): SamplerOperator => ({
  ...(familyOf(name).deletes ? { name: 'mask', settings: {} } : { name, settings, ...(of ? { of } : {}) }),
  ...(blind ? { blind } : {}),
})

/** Settings that the sampler names are the same; it may name none. */
const agree = (own: OperatorSpec, given: OperatorSpec): boolean =>
  own.name === given.name &&
  Object.entries(own.settings).every(([key, value]) => given.settings[key] === value) &&
  (own.of?.length ?? 0) === (given.of?.length ?? 0) &&
  (own.of ?? []).every((part, i) => agree(part, given.of?.[i] ?? part))

/**
 * Whether a sampler for one operator takes observations of another: the same with the same settings. A blind
 * one saw settings drawn, so it takes any.
 */
const isFor = (own: SamplerOperator, given: SamplerOperator): boolean =>
  own.blind ? given.name === own.name : agree(own, given)

const nameOf = ({ name, settings, of }: OperatorSpec): string => {
  const words = [name, ...Object.entries(settings).map(([key, value]) => `${key}=${value}`)].join(' ')
  return of ? `${words} (${of.map(nameOf).join(', ')})` : words
}

/** The noise of the first observation: that of others is looked at when they are restored. */
const checkTold = (set: Observations, range: NoiseRange, where: string): void => {
  try {
    toldNoise(readRows(set, 0, 1), range)
  } catch (cause) {
    if (!(cause instanceof TweedieError)) throw cause
    throw new TweedieError(cause.code, `${where}: ${cause.message}`, { cause })
  }
}

/**
 * Checks that a set is of the kind that a sampler was made for.
 *
 * @param where - file, for messages
 * @throws TweedieError `input` for another operator, other settings of it, other shapes, and noise that it
 * was not made for
 */
export const checkRestorable = (
  { operator, condition }: Pick<AmortizedSampler, 'operator' | 'condition'>,
  set: Observations,
  where: string,
): void => {
  const given = samplerOperator(set.operator)
  if (!isFor(operator, given)) {
    throw new TweedieError(
      'input',
      `${where}: observed by ${nameOf(given)}, the sampler is for ${nameOf(operator)}`,
    )
  }
  if (condition.noise) checkTold(set, condition.noise, where)
  const { parameters } = set.operator
  const shapes = Object.entries(condition.beside).map(([name, shape]) => ({
    field: name,
    shape,
    got: parameters[name]?.shape.slice(1),
  }))
  for (const { field, shape, got } of [
    { field: 'y', shape: condition.y, got: set.y.shape.slice(1) },
    ...shapes,
  ]) {
    if (!isDeepStrictEqual([...shape], got)) {
      const found = got ? `[N, ${got}]` : 'none'
      throw new TweedieError(
        'input',
        `${where}: field '${field}' must be [N, ${shape}] for this sampler, got ${found}`,
      )
    }
  }
}
