/** A server of S3 on a free port, which checks signatures, and what the environment says of it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import S3rver from '@20minutes/s3rver'

/** The one account of the server: key and secret. */
const ACCOUNT = 'S3RVER'

/** A server with one bucket, `runs`. */
export interface S3Server {
  readonly port: number
  /** Variables that lead to it, by this port or another way. */
  environment(port?: number): Readonly<Record<string, string>>
  /** Ends; the objects stay. */
  pause(): Promise<void>
  /** Starts again at the same port. */
  resume(): Promise<void>
  stop(): Promise<void>
}

export const s3Server = async (): Promise<S3Server> => {
  const directory = mkdtempSync(join(tmpdir(), 'tweedie-s3-'))
  const started = async (port: number) => {
    const options = {
      address: '127.0.0.1',
      port,
      silent: true,
      directory,
      configureBuckets: [{ name: 'runs' }],
    }
    const server = new S3rver(options)
    return { server, port: (await server.run()).port }
  }
  const { server: first, port } = await started(0)
  let server = first
  return {
    port,
    environment: (at = port) => ({
      AWS_ENDPOINT_URL: `http://127.0.0.1:${at}`,
      AWS_ACCESS_KEY_ID: ACCOUNT,
      AWS_SECRET_ACCESS_KEY: ACCOUNT,
    }),
    pause: () => server.close(),
    resume: async () => {
      server = (await started(port)).server
    },
    stop: async () => {
      await server.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
