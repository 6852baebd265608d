/** What the server says, as a hook: asked for when the address changes and when the server is back. */
import { useEffect, useState } from 'preact/hooks'
import { asked, connection, returns } from './api.ts'

/** An answer, or why there is none. */
export interface Asked<T> {
  readonly value?: T
  readonly refused?: string
}

/**
 * Asks for a path; again every `every` milliseconds, where that is said, as long as the page is looked at.
 *
 * @param path - undefined asks for nothing
 */
export const useAsked = <T>(
  path: string | undefined,
  query: Readonly<Record<string, string | number>> = {},
  every?: number,
): Asked<T> => {
  const [answer, setAnswer] = useState<Asked<T> & { readonly of?: string }>({})
  const of = JSON.stringify([path, query])
  const back = returns.value
  useEffect(() => {
    if (path === undefined) return
    const leaving = new AbortController()
    const ask = async (): Promise<void> => {
      try {
        setAnswer({ of, value: await asked<T>(path, query, leaving.signal) })
      } catch (error) {
        // While the server is lost, what it said last stays.
        if (leaving.signal.aborted || connection.peek() === 'lost') return
        setAnswer({ of, refused: error instanceof Error ? error.message : String(error) })
      }
    }
    void ask()
    const timer =
      every === undefined
        ? undefined
        : setInterval(() => !document.hidden && connection.peek() === 'here' && void ask(), every)
    return () => {
      leaving.abort()
      clearInterval(timer)
    }
  }, [of, every, back])
  return answer.of === of ? answer : {}
}
