/** The range of the data, as it is said and as the values show it. */
import { TweedieError } from '../../error.ts'
import { unitsOf } from '../../observations/index.ts'
import type { DataRange } from '../../operators/index.ts'
import type { NdArray } from '../../tensor/index.ts'
import type { Io } from '../io.ts'

/** `low,high` of an option; undefined when not given. @throws TweedieError `input` for anything else */
export const pairOf = (option: string, text: string | undefined): readonly [number, number] | undefined => {
  if (text === undefined) return undefined
  const [low, high, ...more] = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)))
  if (!(Number.isFinite(low) && Number.isFinite(high) && low < high) || more.length > 0)
    throw new TweedieError('input', `${option}: expected two numbers, low,high, got '${text}'`)
  return [low, high]
}

/** `low,high` of the data; undefined when not given. */
export const rangeOf = ({ range }: { readonly range?: string }): DataRange | undefined =>
  pairOf('--range', range)

/**
 * Noise, units and networks go by the range: values outside it are a slip.
 *
 * @throws TweedieError `input` with the range to give
 */
export const checkUnits = (
  source: string,
  { x, range, seen }: { readonly x: NdArray; readonly range: DataRange; readonly seen?: NdArray },
  said: boolean,
  io: Io,
): void => {
  const finding = unitsOf(x, range, seen)
  if (!finding || finding.verdict === 'fits') return
  const { values, suggested, verdict } = finding
  const [least, most] = values.map((v) => Number(v.toPrecision(3)))
  const facts =
    `${source}: values lie between ${least} and ${most}, the range of the data is ${range.join(' to ')}` +
    `${said ? '' : ' where none is said'}`
  const option = `--range=${suggested.join(',')}`
  if (verdict === 'outside') throw new TweedieError('input', `${facts}; say what clean data have: ${option}`)
  io.note(`${facts}: they fill a small part of it, so that all look alike to a network; ${option} fits them`)
}
