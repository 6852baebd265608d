import type { Look } from '../posterior/draws.ts'
import { shown } from '../ui/number.ts'

/** A place in words, counted from one. */
export const placeWords = (look: Look, place: number): string => {
  switch (look.kind) {
    case 'image':
      return `row ${Math.floor(place / look.width) + 1}, column ${(place % look.width) + 1}`
    case 'series':
      return `entry ${place + 1}`
    case 'points':
      return `coordinate ${place + 1}`
    case 'sphere': {
      const [north, east] = [look.latitude[place], look.longitude[place]]
      const around = ((((east + 180) % 360) + 360) % 360) - 180
      return `${shown(Math.abs(north))}° ${north < 0 ? 'south' : 'north'}, ${shown(Math.abs(around))}° ${around < 0 ? 'west' : 'east'}`
    }
    case 'mesh':
      return `vertex ${place + 1}`
  }
}
