import { TweedieError } from '../error.ts'
import type { Shape } from '../tensor/index.ts'

/**
 * Channels, height and width of an event that must be an image.
 *
 * @throws TweedieError `input` when it is none
 */
export const imageShape = (event: Shape, who: string): readonly [c: number, h: number, w: number] => {
  const [c, h, w] = event
  if (event.length !== 3)
    throw new TweedieError('input', `${who}: needs images [C, H, W], the data are [${event}]`)
  return [c, h, w]
}

/**
 * Sizes of the axes after the channels: [H, W] of an image, [V] of a signal.
 *
 * @throws TweedieError `input` when the event is neither
 */
export const gridOf = (event: Shape, who: string): readonly number[] => {
  if (event.length === 2 || event.length === 3) return event.slice(1)
  throw new TweedieError('input', `${who}: needs images [C, H, W] or signals [C, V], the data are [${event}]`)
}
