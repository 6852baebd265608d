import { TweedieError } from '../error.ts'
import { NdArray, type Shape, sizeOf } from '../tensor/ndarray.ts'

/** Items that are read when they are asked for. */
export interface Items {
  readonly count: number
  /** Items `from … to − 1`: [to − from, ...event]. */
  readonly rows: (from: number, to: number) => NdArray<'float32'>
}

/** Room for items. @throws TweedieError `input` when there is none */
const roomFor = (shape: Shape, where: string): Float32Array => {
  try {
    return new Float32Array(sizeOf(shape))
  } catch (error) {
    const [count, ...event] = shape
    throw new TweedieError(
      'input',
      `${where}: ${count} items of ${event.join('×')} do not fit into memory; ` +
        'read fewer of them (data.count)',
      { cause: error },
    )
  }
}

/**
 * The items of several parts, one part after the other.
 *
 * @param event - shape of an item, of each part the same but for axes of one
 * @param where - file or folder, for messages
 */
export const joinedItems = (parts: readonly Items[], event: Shape, where: string): Items => {
  const size = sizeOf(event)
  const starts = [0]
  for (const { count } of parts) starts.push(starts[starts.length - 1] + count)
  return {
    count: starts[parts.length],
    rows: (from, to) => {
      const shape = [to - from, ...event]
      const data = roomFor(shape, where)
      for (const [i, part] of parts.entries()) {
        const [start, stop] = [Math.max(from, starts[i]), Math.min(to, starts[i + 1])]
        if (start >= stop) continue
        data.set(part.rows(start - starts[i], stop - starts[i]).data, (start - from) * size)
      }
      return new NdArray('float32', shape, data)
    },
  }
}
