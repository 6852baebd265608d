import type { Look } from './draws.ts'

/** The axes of a signal: channels and places; entry (c, p) is c · places + p. */
export interface Axes {
  readonly channels: number
  readonly places: number
}

export const axesOf = (look: Look): Axes => {
  switch (look.kind) {
    case 'image':
      return { channels: look.channels, places: look.height * look.width }
    case 'series':
      return { channels: look.channels, places: look.length }
    case 'points':
      return { channels: 1, places: look.dimension }
    case 'sphere':
      return { channels: look.channels, places: look.count }
    case 'mesh':
      return { channels: look.channels, places: look.vertices.length / 3 }
  }
}

/** The same look of one channel. */
export const oneChannel = (look: Look): Look => (look.kind === 'points' ? look : { ...look, channels: 1 })
