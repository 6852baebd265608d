/** Journals that pages look at now: each is read once, whoever listens. */
import { type Follower, follow } from './journal-follower.ts'
import type { Story } from './wire.ts'

/** Followers that are kept when nobody listens: their journals need not be read again. */
const KEPT = 16

/** Hears what is new; `again`: the story is told anew. */
type Listener = (more: Story, again: boolean) => void

interface Watched {
  readonly follower: Follower
  readonly listeners: Set<Listener>
  looking?: Promise<void>
}

/** Watches over journals. */
export interface Watches {
  /** The story of a journal now. */
  story(path: string): Promise<Story>
  /** Tells a listener the story, then at each look what is new, until the returned function is called. */
  listen(path: string, listener: Listener): Promise<() => void>
  /** Looks whether there is something new, and tells it. */
  look(path: string): Promise<void>
}

/** Watches that read only the files of journals: the processes that learn notice nothing. */
export const journalWatches = (): Watches => {
  const all = new Map<string, Watched>()

  const watchedAt = (path: string): Watched => {
    const watched = all.get(path) ?? { follower: follow(path), listeners: new Set() }
    all.delete(path)
    all.set(path, watched) // the last used is the last
    for (const [old, { listeners }] of all) {
      if (all.size <= KEPT) break
      if (listeners.size === 0 && old !== path) all.delete(old)
    }
    return watched
  }

  const lookAt = async ({ follower, listeners }: Watched): Promise<void> => {
    const { again, more } = await follower.look()
    if (again || more.marks.length > 0 || Object.keys(more.curves).length > 0)
      for (const listener of listeners) listener(more, again)
  }

  /** One look at a time: who asks meanwhile waits for it, and nothing is told twice. */
  const look = (watched: Watched): Promise<void> => {
    watched.looking ??= lookAt(watched).finally(() => {
      watched.looking = undefined
    })
    return watched.looking
  }

  return {
    story: async (path) => {
      const watched = watchedAt(path)
      await look(watched)
      return watched.follower.whole()
    },
    listen: async (path, listener) => {
      const watched = watchedAt(path)
      await look(watched)
      listener(watched.follower.whole(), true)
      watched.listeners.add(listener)
      return () => {
        watched.listeners.delete(listener)
      }
    },
    look: (path) => look(watchedAt(path)),
  }
}
