/** Where a Zarr hierarchy lies: a folder, a zip file, or an address of the web. */
import { statSync } from 'node:fs'
import { wrong } from '../bytes/bytes.ts'

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

/** The region of S3, and an endpoint in its place, by the variables that its own tools read. */
type Environment = Readonly<Record<string, string | undefined>>

/**
 * The address of an object of S3 over https, which is read without credentials. With an endpoint of its own
 * (`AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`) the bucket is the first part of the path, else of the host in
 * the region `AWS_REGION` (`AWS_DEFAULT_REGION`, us-east-1); names with dots fit no certificate there.
 *
 * @throws TweedieError `input` for an address without a bucket, and an endpoint that is no address
 */
export const s3Address = (path: string, environment: Environment = process.env): string => {
  const [, bucket, key = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]+)(?:\/(.*))?$/is.exec(path) ?? []
  if (bucket === undefined) throw wrong(path, 'expected s3://bucket/key')
  const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_REGION, AWS_DEFAULT_REGION } = environment
  const endpoint = AWS_ENDPOINT_URL_S3 || AWS_ENDPOINT_URL
  if (endpoint && !/^https?:\/\//i.test(endpoint))
    throw wrong(path, `AWS_ENDPOINT_URL must begin with https:// or http://, got '${endpoint}'`)
  const encoded = key.split('/').map(encodeURIComponent).join('/')
  if (endpoint) return `${endpoint.replace(/\/+$/, '')}/${bucket}/${encoded}`
  const host = `s3.${AWS_REGION || AWS_DEFAULT_REGION || 'us-east-1'}.amazonaws.com`
  return bucket.includes('.')
    ? `https://${host}/${bucket}/${encoded}`
    : `https://${bucket}.${host}/${encoded}`
}

/** @throws TweedieError `input` for what is no address */
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
