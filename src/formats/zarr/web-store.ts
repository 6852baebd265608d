/** The values of a Zarr hierarchy from a server, by http or https, read only. */
import { TweedieError } from '../../error.ts'
import { joined, wrong } from '../bytes.ts'
import { checkLength, type Part, type ZarrStore } from './store.ts'

/** Seconds without a byte after which a server is given up; `TWEEDIE_HTTP_SECONDS` sets others. */
const SILENCE = 30

/** Requests for one value, when the server is overloaded or the connection breaks. */
const TRIES = 3

const silence = (): number => {
  const seconds = Number(process.env.TWEEDIE_HTTP_SECONDS ?? SILENCE)
  return seconds > 0 ? seconds : SILENCE
}

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

/** One request. @throws Passing for what another try may mend */
const answerOf = async (
  url: string,
  headers: Record<string, string>,
  most: number,
): Promise<{ readonly response: Response; readonly bytes?: Uint8Array }> => {
  const controller = new AbortController()
  const abort = () => controller.abort()
  let timer = setTimeout(abort, 1000 * silence())
  const alive = () => {
    clearTimeout(timer)
    timer = setTimeout(abort, 1000 * silence())
  }
  try {
    const response = await fetch(url, { headers, signal: controller.signal })
    alive()
    const { status } = response
    if (status === 429 || status >= 500) throw new Passing(refusal(response))
    if (status !== (headers.Range === undefined ? 200 : 206)) return { response }
    return { response, bytes: await bodyOf(response, most, alive, url) }
  } catch (error) {
    if (error instanceof TweedieError || error instanceof Passing) throw error
    throw new Passing(controller.signal.aborted ? `no answer for ${silence()} s` : reasonOf(error))
  } finally {
    clearTimeout(timer)
    controller.abort() // a body that nobody reads
  }
}

/** @throws TweedieError `io` when the server does not answer in some tries */
const patiently = async (url: string, headers: Record<string, string>, most: number) => {
  for (let tries = 1; ; tries++) {
    try {
      return await answerOf(url, headers, most)
    } catch (error) {
      if (!(error instanceof Passing)) throw error
      if (tries === TRIES)
        throw new TweedieError('io', `${url}: cannot read: ${error.message}`, { cause: error })
      await pause(250 * 2 ** tries)
    }
  }
}

const rangeOf = (part: Part): string =>
  'suffixLength' in part
    ? `bytes=-${part.suffixLength}`
    : `bytes=${part.offset}-${part.offset + part.length - 1}`

export const webStore = (base: string): ZarrStore => ({
  value: async (key, most, what) => {
    const url = addressOf(base, key)
    const { response, bytes } = await patiently(url, {}, most)
    if (response.status === 404 || (response.status === 403 && what === 'metadata')) return undefined
    if (!bytes) throw wrong(url, refusal(response))
    return bytes
  },
  part: async (key, part) => {
    const url = addressOf(base, key)
    const length = 'suffixLength' in part ? part.suffixLength : part.length
    if (length === 0) return new Uint8Array()
    const { response, bytes } = await patiently(url, { Range: rangeOf(part) }, length)
    if (response.status === 404) return undefined
    if (response.status === 416) throw wrong(url, `truncated: it does not have the ${rangeOf(part)}`)
    if (response.status === 200)
      throw wrong(url, 'the server sends no parts of a file (Range), which sharded arrays need')
    if (!bytes) throw wrong(url, refusal(response))
    if (bytes.length !== length)
      throw wrong(url, `truncated: ${length} bytes are needed, the server sent ${bytes.length}`)
    return bytes
  },
  below: async () => undefined,
  close: () => {},
})
