/** From the address of a bucket to the bucket. */
import { TweedieError } from '../../../error.ts'
import { s3Address, s3Region } from '../../../formats/bytes/s3-address.ts'
import { optional } from '../optional.ts'
import { reasonOf } from '../reason.ts'
import { s3Bucket } from './s3-requests.ts'
import { listing, s3Store } from './s3-store.ts'
import { type Share, type ShareTimes, shareTimes } from './shared-store.ts'

/** How long a bucket may take to answer for the first time, ms. */
const FIRST_ANSWER = 5000

/** Who asks, by the variables that S3's own tools read. */
const credentialsOf = (name: string, environment: NodeJS.ProcessEnv) => {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN } = environment
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY)
    throw new TweedieError('input', `${name}: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set`)
  return {
    accessKeyId: AWS_ACCESS_KEY_ID,
    secretAccessKey: AWS_SECRET_ACCESS_KEY,
    ...(AWS_SESSION_TOKEN ? { sessionToken: AWS_SESSION_TOKEN } : {}),
  }
}

/**
 * Opens a bucket that is S3's or speaks as it does. Endpoint, region and credentials are those of the usual
 * variables (`AWS_ENDPOINT_URL_S3`, `AWS_ENDPOINT_URL`, `AWS_REGION`, `AWS_DEFAULT_REGION`,
 * `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`).
 *
 * @param url - `s3://bucket` or `s3://bucket/prefix`
 * @throws TweedieError `input` for another address, without credentials, and where the package that signs is
 * absent
 *
 * @example
 * ```ts
 * const share = await openShare('s3://runs/shared')
 * await share.check()
 * const store = share.storeOf('c0ffee')
 * await store.put('runs/digits/config.yaml', 'config.yaml')
 * const keys = await store.list() // ['config.yaml']
 * ```
 */
export const openShare = async (url: string, times: ShareTimes = shareTimes): Promise<Share> => {
  const [, bucket, path = ''] = /^s3:\/\/([a-z0-9][a-z0-9.-]+)(\/[^?#]*)?$/i.exec(url) ?? []
  if (bucket === undefined) {
    const got = URL.canParse(url) ? `${new URL(url).protocol}//…` : `'${url}'`
    throw new TweedieError('input', `--share: expected s3://bucket/prefix, got ${got}`)
  }
  const prefix = path.replace(/^\/+|\/+$/g, '')
  const name = `s3://${bucket}${prefix === '' ? '' : `/${prefix}`}`
  const environment = { ...process.env }
  const credentials = credentialsOf(name, environment)
  const objectAt = (key: string): string => s3Address(`s3://${bucket}/${key}`, environment)
  objectAt('') // an endpoint that is no address is refused now
  const { AwsClient } = await optional(() => import('aws4fetch'), '--share', 'aws4fetch')
  const client = new AwsClient({ ...credentials, service: 's3', region: s3Region(environment) })
  const opened = s3Bucket(name, objectAt, client, times)
  const keys = prefix === '' ? '' : `${prefix}/`
  return {
    check: async () => {
      try {
        await opened.askOnce(listing(keys, { 'max-keys': '1' }), async () => {}, FIRST_ANSWER)
      } catch (cause) {
        if (cause instanceof TweedieError) throw cause
        throw new TweedieError('input', `${name}: ${reasonOf(cause)}`, { cause })
      }
    },
    storeOf: (id) => s3Store(name, opened, keys, id),
  }
}
