/** Files of runs where machines without a common folder reach them. */

/** The files of one run there. */
export interface SharedStore {
  /** Where it is. */
  readonly name: string
  /**
   * Lays a file there, whole or not at all.
   *
   * @param path - of the file here
   * @param key - its path below the run's folder
   * @throws LostExecutor when the store is away for too long; TweedieError `input` when it refuses, `io` when
   * the disk here does, `interrupted`
   */
  put(path: string, key: string, signal?: AbortSignal): Promise<void>
  /**
   * Brings a file here, whole or not at all; its folder is made.
   *
   * @returns false where there is none
   * @throws as `put` does
   */
  get(key: string, path: string, signal?: AbortSignal): Promise<boolean>
  /** Removes what may be there. @throws as `put` does */
  remove(key: string, signal?: AbortSignal): Promise<void>
  /** Keys of all files of the run. @throws as `put` does */
  list(signal?: AbortSignal): Promise<string[]>
}

/** A place that the files of several runs share. */
export interface Share {
  /** @throws TweedieError `input` when it does not answer at once, or refuses */
  check(): Promise<void>
  /** @param id - of the run (run-id.ts) */
  storeOf(id: string): SharedStore
}

/** Times of a store, ms. */
export interface ShareTimes {
  /** A request of which nothing is heard for so long is sent again. */
  readonly silence: number
  /** How long a store that does not answer is waited for. */
  readonly patience: number
}

export const shareTimes: ShareTimes = { silence: 30_000, patience: 120_000 }
