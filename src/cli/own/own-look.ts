/** What is said of own observations before they are written: their units, and their noise. */
import {
  firstStep,
  keptEntries,
  type NoiseEstimate,
  noiseOfSeen,
  noiseRows,
  type ObservationFrame,
  observedMask,
  rowBytes,
  type Shaped,
  unitsOf,
} from '../../observations/index.ts'
import { joinedRows, type NdArray } from '../../tensor/index.ts'
import type { Io } from '../io.ts'
import { checkUnits } from './data-range.ts'
import { evenly, madeOf, type OwnRows, PART } from './own-rows.ts'

/** Whether y is in the units of x: the operator has its shape, and no numbers of its own but a mask. */
const keepsUnits = ({ y, operator: { event, parameters, of } }: ObservationFrame<Shaped>): boolean =>
  String(y.shape.slice(1)) === String(event) &&
  of === undefined &&
  Object.keys(parameters).every((name) => name === 'mask')

const isPicture = ({ y, operator: { event } }: ObservationFrame<Shaped>): boolean =>
  event.length > 1 && y.shape.length === event.length + 1

/** All arrays one after the other, if none is missing. */
const joinedAll = (arrays: readonly (NdArray<'float32'> | undefined)[]): NdArray<'float32'> | undefined => {
  const there = arrays.flatMap((array) => array ?? [])
  return there.length === arrays.length ? joinedRows(there) : undefined
}

/**
 * The units of y where it has those of x, else those of the first picture that it gives of x: zero-filled
 * k-space, a blur seen once more. Of that only the size counts: without its middle, k-space has no mean.
 * Of more than a few MiB evenly spaced observations are looked at.
 *
 * @throws TweedieError `input` for values outside the range
 */
export const checkOwnUnits = async (source: string, own: OwnRows, said: boolean, io: Io): Promise<void> => {
  const { frame, count } = own
  const { range } = frame
  const at = evenly(count, Math.floor(PART / rowBytes(frame)))
  if (keepsUnits(frame)) {
    const seen = await madeOf(own, at, (set) => ({ y: set.y, kept: keptEntries(set) }), io.signal)
    const x = joinedRows(seen.map(({ y }) => y))
    return checkUnits(source, { x, range, seen: joinedAll(seen.map(({ kept }) => kept)) }, said, io)
  }
  const x = isPicture(frame)
    ? joinedAll(await madeOf(own, at, (set) => firstStep(set), io.signal))
    : undefined
  const most = Math.max(...range.map(Math.abs))
  if (x && unitsOf(x, [-most, most])?.verdict !== 'fits')
    checkUnits(`${source}, back-projected`, { x, range }, said, io)
}

/** What observations say of their noise: of those that `estimateNoise` would look at. */
export const ownNoise = async (own: OwnRows, signal: AbortSignal): Promise<NoiseEstimate | undefined> => {
  const { y, std, view } = own.frame
  if (std) return undefined
  const seen = await madeOf(
    own,
    noiseRows(y.shape),
    async (set) => ({ y: set.y, mask: await observedMask(set) }),
    signal,
  )
  const mask = joinedAll(seen.map((part) => part.mask))
  return noiseOfSeen({
    y: joinedRows(seen.map((part) => part.y)),
    ...(view ? { view } : {}),
    ...(mask ? { mask } : {}),
  })
}
