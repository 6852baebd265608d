/** Private servers of queues on free ports, in folders of their own, and a link to them that can be cut. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

/** A server that runs. */
export interface QueueServer {
  readonly port: number
  /** The process, as of now. */
  pid(): number
  /** Address of the queue, by this port or another way to it. */
  url(port?: number): string
  /** Ends as by a power cut, and starts again. */
  restart(): Promise<void>
  /** Ends for good. */
  stop(): Promise<void>
}

export const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

/** Waits until somebody listens. */
const listening = async (port: number): Promise<void> => {
  for (let i = 0; i < 600; i++) {
    const socket = connect(port, '127.0.0.1')
    const isThere = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (isThere) return
    await wait(50)
  }
  throw new Error(`nobody listens at port ${port}`)
}

const isThere = (command: string): boolean =>
  spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0

/** A folder of the server, which another user may enter. */
const folderFor = (name: string): string => mkdtempSync(join(tmpdir(), `tweedie-${name}-`))

export const hasRedis = isThere('redis-server')

export interface RedisOptions {
  /** Whether a restart finds what was there before (default false). */
  readonly keeps?: boolean
  readonly password?: string
}

export const redisServer = async ({ keeps = false, password }: RedisOptions = {}): Promise<QueueServer> => {
  const folder = folderFor('redis')
  const port = await freePort()
  const args = [
    ...['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', ''],
    ...(keeps ? ['--appendonly', 'yes', '--appendfsync', 'always'] : []),
    ...(password === undefined ? [] : ['--requirepass', password]),
  ]
  let child: ChildProcess
  const start = async (): Promise<void> => {
    child = spawn('redis-server', args, { stdio: 'ignore' })
    await listening(port)
  }
  const end = async (): Promise<void> => {
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }
  await start()
  return {
    port,
    pid: () => child.pid ?? 0,
    url: (at = port) => `redis://127.0.0.1:${at}`,
    restart: async () => {
      await end()
      await start()
    },
    stop: async () => {
      await end()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

const POSTGRES = '/usr/lib/postgresql'

/** Debian keeps each version's programs apart, and off the path. */
const postgresBin = (): string | undefined => {
  try {
    const [newest] = readdirSync(POSTGRES).sort((a, b) => Number(b) - Number(a))
    const bin = join(POSTGRES, newest ?? '', 'bin')
    return isThere(join(bin, 'initdb')) ? bin : undefined
  } catch {
    return undefined
  }
}

export const hasPostgres = postgresBin() !== undefined

/** PostgreSQL does not start as root. */
const owner = (): { uid?: number; gid?: number } => {
  if (process.getuid?.() !== 0) return {}
  const of = (flag: string): number => Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
  return { uid: of('-u'), gid: of('-g') }
}

export const PASSWORD = 'secret'

export interface PostgresOptions {
  /** Whether what was said is on the disk before the answer, as by default elsewhere (default false). */
  readonly keeps?: boolean
}

export const postgresServer = async ({ keeps = false }: PostgresOptions = {}): Promise<QueueServer> => {
  const bin = postgresBin()
  if (bin === undefined) throw new Error('PostgreSQL is not installed')
  const folder = folderFor('postgres')
  const as = owner()
  if (as.uid !== undefined && as.gid !== undefined) chownSync(folder, as.uid, as.gid)
  const data = join(folder, 'data')
  const port = await freePort()
  const run = (program: string, ...args: string[]): void => {
    execFileSync(join(bin, program), args, { ...as, cwd: folder, stdio: 'ignore' })
  }
  const passwords = join(folder, 'password')
  execFileSync('sh', ['-c', `printf ${PASSWORD} > ${passwords}`], { ...as })
  run('initdb', '-D', data, '-U', 'tweedie', '-A', 'scram-sha-256', `--pwfile=${passwords}`, '--no-sync')
  const fsync = keeps ? 'on' : 'off'
  const settings = `-p ${port} -k ${folder} -c listen_addresses=127.0.0.1 -c fsync=${fsync}`
  const start = (): void =>
    run('pg_ctl', '-D', data, '-w', '-l', join(folder, 'log'), '-o', settings, 'start')
  const end = (): void => run('pg_ctl', '-D', data, '-w', '-m', 'immediate', 'stop')
  start()
  return {
    port,
    pid: () => Number.parseInt(readFileSync(join(data, 'postmaster.pid'), 'utf8'), 10),
    url: (at = port) => `postgres://tweedie:${PASSWORD}@127.0.0.1:${at}/postgres`,
    restart: async () => {
      end()
      start()
    },
    stop: async () => {
      end()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A way to a port that can be cut: what is sent goes nowhere, and nobody is told. */
export interface Link {
  readonly port: number
  cut(): void
  /** Lets through what comes from now on; connections of before stay dead. */
  mend(): void
  close(): void
}

export const linkTo = async (port: number): Promise<Link> => {
  let isCut = false
  const sockets = new Set<Socket>()
  const server: Server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket)
      let isDead = isCut
      const look = (): boolean => {
        isDead ||= isCut
        return isDead
      }
      socket.on('data', (bytes) => {
        if (!look()) other.write(bytes)
      })
      socket.on('error', () => {})
      socket.on('close', () => {
        sockets.delete(socket)
        if (!look()) other.destroy()
      })
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port: own } = server.address() as AddressInfo
  return {
    port: own,
    cut: () => {
      isCut = true
    },
    mend: () => {
      isCut = false
    },
    close: () => {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** Kinds of servers, where they are installed. */
export const stores = [
  { name: 'Redis', isInstalled: hasRedis, start: () => redisServer() },
  { name: 'PostgreSQL', isInstalled: hasPostgres, start: () => postgresServer() },
] as const

for (const { name, isInstalled } of stores)
  if (!isInstalled) console.warn(`${name} is not installed: the tests of queues on it are skipped`)

/** Makes the folder of a file. */
export const folderAt = (path: string): string => {
  mkdirSync(path, { recursive: true })
  return path
}
