import { TweedieError } from './error.ts'

/** @throws TweedieError `input` unless the value is an integer of at least `least`; `what` names it */
export const requireInteger = (value: number, least: number, what: string): void => {
  if (!Number.isInteger(value) || value < least)
    throw new TweedieError('input', `${what} must be an integer of at least ${least}, got ${value}`)
}
