/** A brush for a page: fetched, opened, closed again. */
import { useEffect, useState } from 'preact/hooks'
import { fetchRestoring, type SamplerFiles } from './fetch-restoring.ts'
import type { FirstSight, Restoring } from './restoring.ts'
import { thrifty } from './thrifty.ts'

/** What has come of it. */
export type Opening =
  | { readonly kind: 'fetching' }
  | { readonly kind: 'open'; readonly restoring: Restoring }
  | { readonly kind: 'failed'; readonly reason: string; readonly again: () => void }

/** Other files, or another first sight, open anew. */
export const useRestoring = (files: SamplerFiles, first: FirstSight): Opening => {
  const key = JSON.stringify([files, first])
  const [opening, setOpening] = useState<Opening>({ kind: 'fetching' })
  const [attempt, setAttempt] = useState(0)
  useEffect(() => {
    const stopped = new AbortController()
    setOpening({ kind: 'fetching' })
    fetchRestoring(files, first, stopped.signal)
      .then((restoring) => {
        if (stopped.signal.aborted) return restoring.close()
        stopped.signal.addEventListener('abort', restoring.close)
        setOpening({ kind: 'open', restoring })
        if (!thrifty()) restoring.engine.open()
      })
      .catch((cause) => {
        if (stopped.signal.aborted) return
        const reason = cause instanceof Error ? cause.message : String(cause)
        setOpening({ kind: 'failed', reason, again: () => setAttempt(attempt + 1) })
      })
    return () => stopped.abort()
  }, [key, attempt])
  return opening
}
