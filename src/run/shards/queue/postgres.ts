/** BullMQ on PostgreSQL. */
import { Socket } from 'node:net'
import { optional } from '../optional.ts'
import { FIRST_ANSWER, type OpenStore, queueOptions, workerOptions } from './backend.ts'

/** Where all tables are. */
const schema = 'tweedie'

/** How long the tables may take, which are made once, ms: whoever comes second waits for the first. */
const MAKING_TABLES = 30_000

/**
 * @param silence - a question that is not answered for so long has failed, ms
 * @throws Error where the store does not answer or refuses
 */
export const postgresBackend: OpenStore = async (url, silence) => {
  const load = () => Promise.all([import('bullmq'), import('pg')])
  const [bullmq, { default: pg }] = await optional(load, 'a queue', 'bullmq pg')
  const sockets = new Set<Socket>()
  const connection = {
    connectionString: url,
    connectionTimeoutMillis: FIRST_ANSWER,
    query_timeout: silence,
    keepAlive: true,
    max: 1,
    // Closed by hand in the end: a pool waits for connections that nobody answers.
    stream: () => {
      const socket = new Socket()
      sockets.add(socket)
      socket.once('close', () => sockets.delete(socket))
      return socket
    },
  }
  const client = new pg.Client({ ...connection, query_timeout: MAKING_TABLES })
  client.on('error', () => {})
  try {
    await client.connect()
    const version = { skipVersionCheck: true }
    await bullmq
      .assertSchemaCompatibility(client, schema, version)
      .catch(() => bullmq.runMigrations(client, schema, version))
  } finally {
    for (const socket of sockets) socket.destroy()
  }
  const { Queue, Worker } = bullmq.withBackend(bullmq.createPostgresBackend)
  const inSchema = { ...connection, schema, skipVersionCheck: true }
  return {
    queue: (name) => {
      const queue = new Queue(name, { connection: inSchema, ...queueOptions })
      queue.on('error', () => {}) // what fails is thrown to who asked
      return queue
    },
    worker: (name, times) => {
      const worker = new Worker(name, null, { connection: inSchema, ...workerOptions(times) })
      worker.on('error', () => {})
      return worker
    },
    close: async () => {
      for (const socket of sockets) socket.destroy()
    },
  }
}
