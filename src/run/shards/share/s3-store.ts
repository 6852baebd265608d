/** The files of a run in a bucket: each is one object. */
import { mkdirSync } from 'node:fs'
import { dirname, sep } from 'node:path'
import { TweedieError } from '../../../error.ts'
import { atomicFile, systemReason } from '../../../formats/bytes/atomic.ts'
import { readBytes } from '../../../formats/index.ts'
import type { Bucket, S3Request } from './s3-requests.ts'
import type { SharedStore } from './shared-store.ts'

const folderFor = (path: string): void => {
  try {
    mkdirSync(dirname(path), { recursive: true })
  } catch (cause) {
    throw new TweedieError('io', `${path}: cannot write: ${systemReason(cause)}`, { cause })
  }
}

/** Saves an answer piece by piece. */
const saved = async ({ body }: Response, path: string, alive: () => void): Promise<true> => {
  folderFor(path)
  const file = atomicFile(path)
  try {
    let at = 0
    for await (const piece of body ?? []) {
      alive()
      file.write(piece, at)
      at += piece.length
    }
    file.commit()
    return true
  } finally {
    file.discard()
  }
}

/**
 * A request for keys that begin with a prefix.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 */
export const listing = (prefix: string, more: Readonly<Record<string, string>> = {}): S3Request => ({
  method: 'GET',
  key: '',
  query: { 'list-type': '2', prefix, ...more },
})

const nothing = async (): Promise<void> => {}

/**
 * @param name - of the place in messages
 * @param prefix - of the keys of all runs, with a slash at its end unless it is empty
 * @param id - of the run
 */
export const s3Store = (name: string, { ask }: Bucket, prefix: string, id: string): SharedStore => {
  const keyOf = (key: string): string => `${prefix}${id}/${key.split(sep).join('/')}`
  return {
    name,
    put: async (path, key, signal) => {
      await ask({ method: 'PUT', key: keyOf(key), body: new Uint8Array(readBytes(path)) }, nothing, signal)
    },
    get: async (key, path, signal) => {
      const request = { method: 'GET', key: keyOf(key) } as const
      return (await ask(request, (response, alive) => saved(response, path, alive), signal)) ?? false
    },
    remove: async (key, signal) => {
      await ask({ method: 'DELETE', key: keyOf(key) }, nothing, signal)
    },
    list: async (signal) => {
      const keys: string[] = []
      let more: Readonly<Record<string, string>> = {}
      for (;;) {
        const page = listing(`${prefix}${id}/`, more)
        const xml = (await ask(page, (response) => response.text(), signal)) ?? ''
        // What stands before the id may be escaped, what follows it is plain.
        for (const [, key = ''] of xml.matchAll(/<Key>([^<]*)<\/Key>/g))
          keys.push(key.slice(key.lastIndexOf(`${id}/`) + id.length + 1))
        const next = /<NextContinuationToken>([^<]+)</.exec(xml)?.[1]
        if (next === undefined) return keys
        more = { 'continuation-token': next }
      }
    },
  }
}
