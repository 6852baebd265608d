/** The values of a Zarr hierarchy from a server, by http or https, read only. */
import { TweedieError } from '../../error.ts'
import { joined, wrong } from '../bytes/bytes.ts'
import { shownPath, type ZarrPlace } from './place.ts'
import { checkLength, type Part, type ZarrStore } from './store.ts'

/** Requests for one value, when the server is overloaded or the connection breaks. */
const TRIES = 3

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds))

/** A failure that another try may mend. */
class Passing extends Error {}

/** The innermost reason of a failed request: `connect ECONNREFUSED 127.0.0.1:1`. */
const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message || error.name : reasonOf(error.cause)
}

const addressOf = (base: string, key: string): string => {
  const url = new URL(base)
  const path = key.split('/').map(encodeURIComponent).join('/')
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/${path}`
  return url.href
}

/** The refusal of a server, in words. */
const refusal = ({ status, statusText, headers }: Response): string => {
  const region = headers.get('x-amz-bucket-region')
  const where = status >= 300 && status < 400 && region ? `; its region is ${region}, set AWS_REGION` : ''
  return `the server answers ${status} ${statusText}`.trimEnd() + where
}

/** Reads a body of so many bytes at most. @param alive - called for each piece that comes */
const bodyOf = async (response: Response, most: number, alive: () => void, where: string) => {
  const pieces: Uint8Array[] = []
  let length = 0
  for await (const piece of response.body ?? []) {
    alive()
    length += piece.length
    checkLength(length, most, where)
    pieces.push(piece)
  }
  return joined(pieces)
}

/** What is asked for. */
interface Wanted {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** Bytes that may come. */
  readonly most: number
  /** Seconds without a byte; a whole answer has {@link WHOLE} times as many. */
  readonly patience: number
}

/** How much longer a whole answer may take than its longest pause. */
const WHOLE = 20

/** Aborts a request that is silent for so many seconds, or trickles. */
const watch = (patience: number) => {
  const controller = new AbortController()
  const after = (seconds: number) => setTimeout(() => controller.abort(), 1000 * seconds)
  const whole = after(WHOLE * patience)
  let silence = after(patience)
  return {
    signal: controller.signal,
    alive: () => {
      clearTimeout(silence)
      silence = after(patience)
    },
    end: () => {
      clearTimeout(whole)
      clearTimeout(silence)
      controller.abort() // a body that nobody reads
    },
  }
}

/** One request. @throws Passing for what another try may mend */
const answerOf = async ({ url, headers, most, patience }: Wanted) => {
  const { signal, alive, end } = watch(patience)
  try {
    const response = await fetch(url, { headers, signal })
    alive()
    const { status } = response
    if (status === 429 || status >= 500) throw new Passing(refusal(response))
    if (status !== (headers.Range === undefined ? 200 : 206)) return { response }
    return { response, bytes: await bodyOf(response, most, alive, shownPath(url)) }
  } catch (error) {
    if (error instanceof TweedieError || error instanceof Passing) throw error
    throw new Passing(signal.aborted ? `no whole answer, waited ${patience} s for a byte` : reasonOf(error))
  } finally {
    end()
  }
}

/** @throws TweedieError `io` when the server does not answer in some tries */
const patiently = async (wanted: Wanted) => {
  for (let tries = 1; ; tries++) {
    try {
      return await answerOf(wanted)
    } catch (error) {
      if (!(error instanceof Passing)) throw error
      if (tries === TRIES)
        throw new TweedieError('io', `${shownPath(wanted.url)}: cannot read: ${error.message}`, {
          cause: error,
        })
      await pause(250 * 2 ** tries)
    }
  }
}

const rangeOf = (part: Part): string =>
  'suffixLength' in part
    ? `bytes=-${part.suffixLength}`
    : `bytes=${part.offset}-${part.offset + part.length - 1}`

/** The values below an address. */
export const webStore = ({ url: base, patience }: Extract<ZarrPlace, { kind: 'web' }>): ZarrStore => ({
  value: async (key, most, what) => {
    const url = addressOf(base, key)
    const { response, bytes } = await patiently({ url, headers: {}, most, patience })
    if (response.status === 404 || (response.status === 403 && what === 'metadata')) return undefined
    if (!bytes) throw wrong(shownPath(url), refusal(response))
    return bytes
  },
  part: async (key, part) => {
    const url = addressOf(base, key)
    const length = 'suffixLength' in part ? part.suffixLength : part.length
    if (length === 0) return new Uint8Array()
    const headers = { Range: rangeOf(part) }
    const { response, bytes } = await patiently({ url, headers, most: length, patience })
    if (response.status === 404) return undefined
    if (response.status === 416) throw wrong(shownPath(url), `truncated: it has no ${headers.Range}`)
    if (response.status === 200)
      throw wrong(shownPath(url), 'the server sends no parts of a file (Range), which sharded arrays need')
    if (!bytes) throw wrong(shownPath(url), refusal(response))
    if (bytes.length !== length)
      throw wrong(shownPath(url), `truncated: ${length} bytes are needed, the server sent ${bytes.length}`)
    return bytes
  },
  below: async () => undefined,
  close: () => {},
})
