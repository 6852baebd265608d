/** The servers of queues that the bench starts for itself, as they are installed. */
import {
  hasPostgres,
  hasRedis,
  postgresServer,
  type QueueServer,
  redisServer,
} from '../../test/run/shards/queue/servers.ts'

/** A queue by its address. */
export interface Queue {
  readonly name: string
  readonly url: string
}

/** Does something with the queues of this machine, which are away afterwards. */
export const withQueues = async <T>(work: (queues: readonly Queue[]) => Promise<T>): Promise<T> => {
  const servers: { name: string; server: QueueServer }[] = []
  try {
    if (hasRedis) servers.push({ name: 'Redis', server: await redisServer() })
    if (hasPostgres) servers.push({ name: 'PostgreSQL', server: await postgresServer({ keeps: true }) })
    return await work(servers.map(({ name, server }) => ({ name, url: server.url() })))
  } finally {
    for (const { server } of servers) await server.stop()
  }
}
