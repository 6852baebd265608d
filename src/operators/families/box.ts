import { boxMasks } from '../drawn/mask-patterns.ts'
import { imageShape } from '../image.ts'
import { deletion } from './deletion.ts'

export const boxFamily = deletion({
  name: 'box',
  summary: 'a square hole at a random place',
  settings: {
    size: { kind: 'integer', default: 16, min: 1, description: 'side of the hole, in pixels' },
    margin: { kind: 'integer', default: 0, min: 0, description: 'least distance from the edges, in pixels' },
  },
  masks: ({ size, margin }, { count, event, seed, first }) => {
    const [, height, width] = imageShape(event, 'box')
    return boxMasks(count, { height, width, size, margin, seed, first })
  },
})
