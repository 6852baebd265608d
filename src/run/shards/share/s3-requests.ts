/** Signed requests to a bucket, and what its answers mean. */
import { createHash } from 'node:crypto'
import type { AwsClient } from 'aws4fetch'
import { TweedieError } from '../../../error.ts'
import { throughFailures } from '../patience.ts'
import type { ShareTimes } from './shared-store.ts'

/** What is asked of a bucket. */
export interface S3Request {
  readonly method: 'GET' | 'PUT' | 'DELETE'
  /** Key of the object; the bucket itself where it is empty. */
  readonly key: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: Uint8Array<ArrayBuffer>
}

/** Takes an answer; says with each piece of it that something comes. */
type Use<T> = (response: Response, alive: () => void) => Promise<T>

/** A bucket that can be asked. */
export interface Bucket {
  /**
   * Asks, again where another try may mend it.
   *
   * @returns what was made of the answer; nothing where there is no such object
   * @throws LostExecutor when nothing comes for too long; TweedieError `input` when the bucket refuses,
   * `interrupted`, those of `use`
   */
  ask<T>(request: S3Request, use: Use<T>, signal?: AbortSignal): Promise<T | undefined>
  /** Asks once. @throws Error where another try may mend it; TweedieError as `ask` does */
  askOnce<T>(request: S3Request, use: Use<T>, silence: number): Promise<T | undefined>
}

/** Bytes a millisecond that an upload makes at least; of it nothing is heard until it is over. */
const SLOWEST = 250

/**
 * Refusals of a request that came in incomplete.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
const passing = ['RequestTimeout', 'IncompleteBody', 'BadDigest', 'XAmzContentSHA256Mismatch']

/** Longest explanation of a server that is shown. */
const LONGEST = 200

/** A field of an answer in XML. */
const fieldOf = (xml: string, field: string): string =>
  (new RegExp(`<${field}>([^<]*)</${field}>`).exec(xml)?.[1] ?? '').replace(/\s+/g, ' ').trim()

/** Why a bucket refuses, in words. */
const words = ({ status, statusText, headers }: Response, code: string, message: string): string => {
  if (code === 'NoSuchBucket') return 'there is no such bucket'
  const region = headers.get('x-amz-bucket-region')
  if (status >= 300 && status < 400 && region) return `its region is ${region}, set AWS_REGION`
  const said = [code || statusText, message].filter((part) => part !== '').join(': ')
  return `the server answers ${status} ${said}`.slice(0, LONGEST).trimEnd()
}

/** Makes of an answer what is wanted, or says why there is none. */
const judged = async <T>(name: string, response: Response, use: Use<T>, alive: () => void) => {
  if (response.ok) return await use(response, alive)
  const text = await response.text()
  const code = fieldOf(text, 'Code')
  if (code === 'NoSuchKey') return undefined
  const refusal = words(response, code, fieldOf(text, 'Message'))
  if (response.status === 429 || response.status >= 500 || passing.includes(code)) throw new Error(refusal)
  throw new TweedieError('input', `${name}: ${refusal}`)
}

/** A signal that ends what is silent for so long. */
const watch = (silence: number) => {
  const controller = new AbortController()
  const stop = (): void => controller.abort(new Error('no answer'))
  let timer = setTimeout(stop, silence)
  return {
    signal: controller.signal,
    alive: () => {
      clearTimeout(timer)
      timer = setTimeout(stop, silence)
    },
    end: () => {
      clearTimeout(timer)
      controller.abort() // a body that nobody reads
    },
  }
}

const addressOf = (objectAt: (key: string) => string, { key, query = {} }: S3Request): string => {
  const address = objectAt(key)
  if (key !== '') return address
  const asked = Object.entries(query).map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
  // Servers differ on whether a slash after the bucket is signed.
  return `${address.replace(/\/$/, '')}?${asked.join('&')}`
}

/**
 * @param name - of the bucket in messages
 * @param objectAt - address of an object
 * @param client - signs
 */
export const s3Bucket = (
  name: string,
  objectAt: (key: string) => string,
  client: AwsClient,
  { silence, patience }: ShareTimes,
): Bucket => {
  const attempt = async <T>(
    request: S3Request,
    use: Use<T>,
    silence: number,
    signal?: AbortSignal,
  ): Promise<T | undefined> => {
    const { method, body } = request
    // The bucket holds what came against its digest.
    const digest = createHash('sha256')
      .update(body ?? '')
      .digest('hex')
    const signed = await client.sign(addressOf(objectAt, request), {
      method,
      headers: { 'x-amz-content-sha256': digest },
      ...(body === undefined ? {} : { body }),
    })
    const watching = watch(silence + (body?.length ?? 0) / SLOWEST)
    const { alive } = watching
    const signals = AbortSignal.any([watching.signal, ...(signal ? [signal] : [])])
    try {
      const response = await fetch(signed, { signal: signals, redirect: 'manual' })
      alive()
      return await judged(name, response, use, alive)
    } finally {
      watching.end()
    }
  }
  return {
    ask: (request, use, signal) =>
      throughFailures(() => attempt(request, use, silence, signal), {
        what: name,
        patience,
        ...(signal ? { signal } : {}),
      }),
    askOnce: attempt,
  }
}
