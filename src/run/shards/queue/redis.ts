/** BullMQ on Redis or Valkey. */
import { optional } from '../optional.ts'
import { within } from '../patience.ts'
import { FIRST_ANSWER, type OpenStore, queueOptions, workerOptions } from './backend.ts'

/** Before the names of all keys. */
const prefix = 'tweedie'

/**
 * @param silence - a socket that says nothing for so long while it is asked something is given up, ms
 * @throws Error where the store does not answer or refuses
 */
export const redisBackend: OpenStore = async (url, silence) => {
  const load = () => Promise.all([import('bullmq'), import('ioredis')])
  const [{ Queue, Worker }, { Redis }] = await optional(load, 'a queue', 'bullmq ioredis')
  let isOpen = false
  let reason: Error | undefined
  const connection = new Redis(url, {
    lazyConnect: true,
    connectTimeout: FIRST_ANSWER,
    socketTimeout: silence,
    maxRetriesPerRequest: null,
    // Once it has answered, it is waited for; who asks has patience or not.
    retryStrategy: (times) => (isOpen ? Math.min(200 * times, 2000) : null),
  })
  connection.on('error', (cause) => {
    reason ??= cause
  })
  try {
    await within(
      FIRST_ANSWER,
      connection.connect().then(() => connection.ping()),
    )
    isOpen = true
  } catch (cause) {
    connection.disconnect()
    throw reason ?? cause
  }
  return {
    queue: (name) => {
      const queue = new Queue(name, { connection, prefix, ...queueOptions })
      queue.on('error', () => {}) // what fails is thrown to who asked
      return queue
    },
    worker: (name, times) => {
      const worker = new Worker(name, null, { connection, prefix, ...workerOptions(times) })
      worker.on('error', () => {})
      return worker
    },
    close: async () => connection.disconnect(),
  }
}
