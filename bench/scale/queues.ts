/** The servers of queues that the bench starts for itself, as they are installed. */
import { readFileSync } from 'node:fs'
import {
  hasPostgres,
  hasRedis,
  postgresServer,
  type QueueServer,
  redisServer,
} from '../../test/run/shards/queue/servers.ts'
import { cpuOf } from '../studio/cpu.ts'

/** A queue by its address. */
export interface Queue {
  readonly name: string
  readonly url: string
  /** Seconds of CPU that the server has taken until now, with the processes that it has now. */
  readonly cpu: () => number
}

const cpuWithChildren = (pid: number): number => {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean)
  return [pid, ...children.map(Number)].reduce((sum, each) => sum + cpuOf(each), 0)
}

/** Does something with the queues of this machine, which are away afterwards. */
export const withQueues = async <T>(work: (queues: readonly Queue[]) => Promise<T>): Promise<T> => {
  const servers: { name: string; server: QueueServer }[] = []
  try {
    if (hasRedis) servers.push({ name: 'Redis', server: await redisServer() })
    if (hasPostgres) servers.push({ name: 'PostgreSQL', server: await postgresServer({ keeps: true }) })
    return await work(
      servers.map(({ name, server }) => ({
        name,
        url: server.url(),
        cpu: () => cpuWithChildren(server.pid()),
      })),
    )
  } finally {
    for (const { server } of servers) await server.stop()
  }
}
