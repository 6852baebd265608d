/** From the address of a queue to the queue. */
import { TweedieError } from '../../../error.ts'
import { reasonOf } from '../reason.ts'
import type { OpenStore } from './backend.ts'
import { type Broker, type QueueTimes, queueTimes } from './broker.ts'
import { bullBroker } from './bull-broker.ts'
import { postgresBackend } from './postgres.ts'
import { redisBackend } from './redis.ts'

/** Stores by the schemes of their addresses. */
const stores: Readonly<Record<string, OpenStore>> = {
  'redis:': redisBackend,
  'rediss:': redisBackend,
  'valkey:': (url, silence) => redisBackend(url.replace('valkey', 'redis'), silence),
  'postgres:': postgresBackend,
  'postgresql:': postgresBackend,
}

/** Where a queue is, without a password. */
const nameOf = ({ protocol, host, pathname }: URL): string =>
  `${protocol}//${host}${pathname === '/' ? '' : pathname}`

/**
 * Opens a queue.
 *
 * @param url - `redis://…`, `rediss://…`, `valkey://…`, `postgres://…`, `postgresql://…`
 * @throws TweedieError `input` for another address, for a queue that does not answer or refuses, and where
 * its packages are absent
 *
 * @example
 * ```ts
 * const broker = await openBroker('redis://localhost:6379')
 * const names = (await broker.runs()).map(({ name }) => name) // runs that wait for shards
 * await broker.close()
 * ```
 */
export const openBroker = async (url: string, times: QueueTimes = queueTimes): Promise<Broker> => {
  const address = URL.canParse(url) ? new URL(url) : undefined
  const store = address && stores[address.protocol]
  if (!address || !store)
    throw new TweedieError(
      'input',
      `--queue: expected redis://… or postgres://…, got ${address ? `${address.protocol}//…` : `'${url}'`}`,
    )
  const name = nameOf(address)
  try {
    return bullBroker(await store(url, times.silence), name, times)
  } catch (cause) {
    if (cause instanceof TweedieError) throw cause
    throw new TweedieError('input', `queue ${name}: ${reasonOf(cause)}`, { cause })
  }
}
