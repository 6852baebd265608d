/** Images: pictures in rows; of other numbers of channels than 1 and 3 each channel is a picture. */
import { colormapOf } from '../colormap.ts'
import { type StripOptions, type Strips, strips } from '../strip.ts'
import { byChannel, labelOf } from './by-channel.ts'
import { stripBlock } from './strip-block.ts'
import type { ViewLook } from './view-look.ts'

/** Rows at most and at least, and pixels that all pictures of a column have together. */
const [MOST, LEAST, PIXELS] = [8, 2, 150_000]

/** Rows of pictures of so many pixels. */
const rowsFor = (size: number): number => Math.max(LEAST, Math.min(MOST, Math.floor(PIXELS / size)))

const grey = colormapOf(['#000000', '#ffffff'])

/** All channels of the first images; of many channels, evenly spaced ones of the first. */
export const shownItems = (count: number, channels: number, most: number): number[] => {
  const each = Math.min(channels, most)
  const items = Math.max(1, Math.min(count, Math.floor(most / each)))
  return Array.from({ length: items * each }, (_, i) => {
    const channel = Math.floor(((i % each) * channels) / each)
    return Math.floor(i / each) * channels + channel
  })
}

export const imageLook: ViewLook<'image'> = (restoration) => {
  const { mean, draws, range = [0, 1] } = restoration
  const [count, channels, height, width] = mean.shape
  const plain = channels === 1 || channels === 3
  const { restoration: items, label } = plain ? { restoration, label: labelOf(1) } : byChannel(restoration)
  const images = shownItems(count, plain ? 1 : channels, rowsFor(height * width))
  const options: StripOptions = { images, label, draws: Math.min(draws.shape[0], width > 126 ? 2 : 4) }
  const unit = range[0] === 0 && range[1] === 1
  const values: Pick<Strips, 'values'> = unit || channels === 3 ? {} : { values: { colormap: grey, range } }
  const neverSeen = items.neverSeen !== undefined
  return { things: 'images', body: stripBlock({ ...strips(items, options), ...values, neverSeen }) }
}
