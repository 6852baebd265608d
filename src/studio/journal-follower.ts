/** Follows a journal by its bytes: what was read is not read again, unless the file was cut or replaced. */
import { type Stats, statSync } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import { bytesFrom, LONGEST, wholeLines } from './journal-lines.ts'
import { type Teller, teller } from './story.ts'
import type { Story } from './wire.ts'

/** Points of a curve in one answer. */
const POINTS = 1000

/** Bytes that are read at once: the server answers others between two pieces. */
const PIECE = LONGEST

/** Bytes before the end of what was read, by which a cut is noticed. */
const MEMORY = 256

/** A journal that is followed. */
export interface Follower {
  /**
   * Reads what is new. `again`: the journal is another one now, or much is new; `more` is then all that
   * there is, and no addition. One look at a time.
   */
  look(): Promise<{ readonly again: boolean; readonly more: Story }>
  /** All of it as it was last read. */
  whole(): Story
}

const statOf = (path: string): Stats | undefined => {
  try {
    return statSync(path)
  } catch {
    return undefined // not there yet, or no more
  }
}

/** Follows the journal at a path, which need not be there yet. */
export const follow = (path: string): Follower => {
  let generation = 0
  let [inode, offset, memory] = [0, 0, Buffer.alloc(0)]
  let tells: Teller = teller('0')

  /** Whether the bytes before the offset are still those that were read. */
  const isSame = ({ ino, size }: Stats): boolean =>
    ino === inode && size >= offset && bytesFrom(path, offset - memory.length, memory.length).equals(memory)

  const read = async (size: number): Promise<Story[]> => {
    const stories: Story[] = []
    while (offset < size) {
      const bytes = bytesFrom(path, offset, PIECE)
      const { lines, taken } = wholeLines(bytes)
      // A line without an end: it is being written, or is none of ours and is passed over.
      const passed = taken > 0 ? taken : bytes.length === PIECE ? PIECE : 0
      if (passed === 0) break
      offset += passed
      memory = Buffer.from(bytesFrom(path, Math.max(0, offset - MEMORY), Math.min(MEMORY, offset)))
      stories.push(tells.add(lines))
      await setImmediate()
    }
    return stories
  }

  const look = async (): ReturnType<Follower['look']> => {
    const there = statOf(path)
    const fresh = there !== undefined && (generation === 0 || !isSame(there))
    if (fresh) {
      generation++
      ;[inode, offset, memory] = [there.ino, 0, Buffer.alloc(0)]
      tells = teller(`${there.ino}-${generation}`)
    }
    const stories = there ? await read(there.size) : []
    const again = fresh || stories.length > 1
    return { again, more: again ? tells.whole(POINTS) : (stories[0] ?? tells.add([])) }
  }

  return { look, whole: () => tells.whole(POINTS) }
}
