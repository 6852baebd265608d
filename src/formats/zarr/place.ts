/** Where a Zarr hierarchy lies: a folder, a zip file, or an address of the web. */
import { statSync } from 'node:fs'
import { wrong } from '../bytes/bytes.ts'
import { s3Address } from '../bytes/s3-address.ts'

/** Where the keys of a hierarchy are found. */
export type ZarrPlace =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'zip'; readonly path: string }
  | {
      readonly kind: 'web'
      readonly url: string
      /** Seconds without a byte after which the server is given up. */
      readonly patience: number
    }

/** Seconds of patience with a server; `TWEEDIE_HTTP_SECONDS` sets others. */
const PATIENCE = 30

/** Whether a path is an address of the web, or of S3. */
export const isAddress = (path: string): boolean => /^(https?|s3):\/\//i.test(path)

/** A path as messages show it: an address without what follows a question mark, which may be a signature. */
export const shownPath = (path: string): string =>
  (isAddress(path) ? path.replace(/[?#].*$/s, '') : path).replace(/\/+$/, '')

const segmentsOf = (path: string): string[] =>
  shownPath(path)
    .split(/[/\\]/)
    .filter((part) => part !== '')

/** Whether a path names a Zarr hierarchy, or something within one: a part of it ends in `.zarr`. */
export const isZarr = (path: string): boolean =>
  segmentsOf(path).some((part) => /\.zarr$/i.test(part)) || /\.zarr\.zip$/i.test(path)

/** The name of an array that has none of its own: that of its folder. */
export const nameOf = (path: string): string =>
  (segmentsOf(path).at(-1) ?? '').replace(/\.zip$/i, '').replace(/\.zarr$/i, '')

/** S3 is read without credentials. @throws TweedieError `input` for what is no address */
const webPlace = (path: string): ZarrPlace => {
  const url = /^s3:/i.test(path) ? s3Address(path) : path
  if (!URL.canParse(url)) throw wrong(path, 'is no address')
  const seconds = Number(process.env.TWEEDIE_HTTP_SECONDS)
  return { kind: 'web', url, patience: seconds > 0 ? seconds : PATIENCE }
}

/** @throws TweedieError `input` for what is no address; what the system says of a path that is not there */
export const placeOf = (path: string): ZarrPlace => {
  if (isAddress(path)) return webPlace(path)
  return { kind: statSync(path).isDirectory() ? 'folder' : 'zip', path }
}
