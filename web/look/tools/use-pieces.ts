/** What is made in slices while the page goes on. */
import { useSignal } from '@preact/signals'
import { useEffect, useLayoutEffect, useMemo } from 'preact/hooks'
import { newest } from '../../engine/newest.ts'
import { type Pieces, sliced } from '../../posterior/pieces.ts'

/** A result, and what it was made of: newer inputs may be there already. */
interface Made<T, D> {
  readonly value: T
  readonly of: D
}

/**
 * The last result that is done; undefined before the first. Of inputs that follow each other, as those of a
 * slider do, one is at work and the newest is next: there is always something new to see.
 *
 * @example
 * ```ts
 * const found = usePieces(exceedancePieces, [draws, level])
 * ```
 */
export const usePieces = <T, D extends readonly unknown[]>(
  make: (...inputs: D) => Pieces<T> | undefined,
  inputs: readonly [...D],
): Made<T, readonly [...D]> | undefined => {
  const made = useSignal<Made<T, readonly [...D]> | undefined>(undefined)
  const { ended, ask } = useMemo(() => {
    const ended = new AbortController()
    const answer = async (of: readonly [...D]): Promise<Made<T, readonly [...D]> | undefined> => {
      const pieces = make(...of)
      const value = pieces && (await sliced(pieces, ended.signal))
      return value === undefined ? undefined : { value, of }
    }
    return { ended, ask: newest(answer) }
  }, [])
  useEffect(() => () => ended.abort(), [])
  // Before the page is painted: what is small is there at once.
  useLayoutEffect(() => {
    void ask(inputs).then((answer) => {
      if (answer.kind === 'fresh' && !ended.signal.aborted) made.value = answer.value
    })
  }, inputs)
  return made.value
}
