import { wrong } from './bytes.ts'

/** The region of S3, and an endpoint in its place, by the variables that its own tools read. */
type Environment = Readonly<Record<string, string | undefined>>

/** The region by `AWS_REGION`, `AWS_DEFAULT_REGION`; us-east-1 where neither says one. */
export const s3Region = ({ AWS_REGION, AWS_DEFAULT_REGION }: Environment = process.env): string =>
  AWS_REGION || AWS_DEFAULT_REGION || 'us-east-1'

/**
 * The address of an object of S3 over https. With an endpoint of its own (`AWS_ENDPOINT_URL_S3`,
 * `AWS_ENDPOINT_URL`) the bucket is the first part of the path, else of the host in the region
 * ({@link s3Region}); names with dots fit no certificate there.
 *
 * @throws TweedieError `input` for an address without a bucket, and an endpoint that is no address
 */
export const s3Address = (path: string, environment: Environment = process.env): string => {
  const [, bucket, key = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]+)(?:\/(.*))?$/is.exec(path) ?? []
  if (bucket === undefined) throw wrong(path, 'expected s3://bucket/key')
  const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL } = environment
  const endpoint = AWS_ENDPOINT_URL_S3 || AWS_ENDPOINT_URL
  if (endpoint && !/^https?:\/\//i.test(endpoint))
    throw wrong(path, `AWS_ENDPOINT_URL must begin with https:// or http://, got '${endpoint}'`)
  const encoded = key.split('/').map(encodeURIComponent).join('/')
  if (endpoint) return `${endpoint.replace(/\/+$/, '')}/${bucket}/${encoded}`
  const host = `s3.${s3Region(environment)}.amazonaws.com`
  return bucket.includes('.')
    ? `https://${host}/${bucket}/${encoded}`
    : `https://${bucket}.${host}/${encoded}`
}
