/** A run as it is now, by server-sent events; after a pause of the server it goes on by itself. */
import { useEffect, useState } from 'preact/hooks'
import type { RunDetail, Story } from '../../src/studio/wire.ts'
import { asked, at, connection, Refused, returns, serverIsLost } from './api.ts'
import { extended } from './story.ts'

/** What is known of a run now. */
export interface Live {
  readonly detail?: RunDetail
  readonly story?: Story
  readonly refused?: string
}

/** Whether the page is looked at: a browser has six connections to a server, and each stream holds one. */
const useSeen = (): boolean => {
  const [seen, setSeen] = useState(!document.hidden)
  useEffect(() => {
    const look = (): void => setSeen(!document.hidden)
    document.addEventListener('visibilitychange', look)
    return () => document.removeEventListener('visibilitychange', look)
  }, [])
  return seen
}

/** Listens to a run as long as the component is there. */
export const useLive = (name: string): Live => {
  const [live, setLive] = useState<Live & { readonly of?: string }>({})
  const back = returns.value
  const seen = useSeen()
  useEffect(() => {
    if (!seen) return
    const path = `runs/${encodeURIComponent(name)}`
    const source = new EventSource(at(`${path}/events`))
    const hear = (event: string, use: (before: Live, data: string) => Live): void =>
      source.addEventListener(event, ({ data }: MessageEvent<string>) => {
        setLive((before) => ({ ...use(before.of === name ? before : {}, data), of: name }))
      })
    hear('detail', (before, data) => ({ ...before, refused: undefined, detail: JSON.parse(data) }))
    hear('story', (before, data) => ({ ...before, story: JSON.parse(data) }))
    hear('more', (before, data) =>
      before.story ? { ...before, story: extended(before.story, JSON.parse(data)) } : before,
    )
    source.addEventListener('error', () => {
      // The stream broke, or was refused: an ordinary request tells which.
      source.close()
      asked<RunDetail>(path).then(
        () => serverIsLost(),
        (error) =>
          error instanceof Refused &&
          connection.peek() === 'here' &&
          setLive({ of: name, refused: error.message }),
      )
    })
    return () => source.close()
  }, [name, back, seen])
  return live.of === name ? live : {}
}
