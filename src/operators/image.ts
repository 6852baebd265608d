import { TweedieError } from '../error.ts'
import type { Shape } from '../tensor/index.ts'

/** Channels, height and width of an event that must be an image. @throws TweedieError `input` when it is none */
export const imageShape = (event: Shape, who: string): readonly [c: number, h: number, w: number] => {
  const [c, h, w] = event
  if (event.length !== 3)
    throw new TweedieError('input', `${who}: needs images [C, H, W], the data are [${event}]`)
  return [c, h, w]
}
