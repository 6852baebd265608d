/** What globes and meshes share: each channel of each item is a picture from one side. */
import type { Colormap } from '../colormap.ts'
import { type PointRenderer, pointStrips } from '../point-strip.ts'
import type { Restoration } from '../strip.ts'
import { byChannel } from './by-channel.ts'
import { shownItems } from './image.ts'
import { stripBlock } from './strip-block.ts'
import type { RestoredPart } from './view-look.ts'

/** Width of a picture. */
export const SIZE = 112

const [ROWS, DRAWS] = [6, 3]

/** Rows of pictures by a renderer in these colours; `outside`: what is no part of the domain is seen. */
export const pointPart = (
  things: string,
  restoration: Restoration,
  render: PointRenderer,
  { colormap, outside = false }: { readonly colormap: Colormap; readonly outside?: boolean },
): RestoredPart => {
  const { restoration: items, label } = byChannel(restoration)
  const [count, channels] = restoration.mean.shape
  const images = shownItems(count, channels, ROWS)
  const values = { colormap, range: restoration.range ?? ([0, 1] as const) }
  const draws = Math.min(DRAWS, restoration.draws.shape[0])
  const shown = pointStrips(items, render, { images, label, draws })
  return { things, body: stripBlock({ ...shown, values, outside }) }
}
