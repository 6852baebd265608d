/** Client of the peer server (peer.py): one request, one answer, and no CPU used in between. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

/** The tuned PyTorch process. */
export interface Peer {
  readonly version: string
  /** Variants (memory formats, traced or not) of each case. */
  readonly variants: Readonly<Record<string, readonly string[]>>
  /** Milliseconds of some calls in a row, after one to warm up. */
  time(name: string, variant: string, calls: number): Promise<number[]>
  stop(): void
}

const Hello = z.union([z.object({ torch: z.string() }), z.object({ missing: z.string() })])
const Variants = z.record(z.string(), z.array(z.string()))
const Times = z.object({ ms: z.array(z.number()) })

/**
 * Starts the peer.
 * @returns the peer, or in words why there is none
 */
export const startPeer = async (python: string, threads: number): Promise<Peer | string> => {
  const script = fileURLToPath(new URL('./peer.py', import.meta.url))
  const child = spawn(python, [script, '--threads', `${threads}`], { stdio: ['pipe', 'pipe', 'ignore'] })
  const failed = new Promise<never>((_, reject) => child.on('error', reject))
  failed.catch(() => undefined)
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const answer = async (): Promise<unknown> => {
    const { value, done } = await Promise.race([lines.next(), failed])
    if (done) throw new Error('the peer has ended')
    return JSON.parse(value)
  }
  const ask = (request: object): Promise<unknown> => {
    child.stdin.write(`${JSON.stringify(request)}\n`)
    return answer()
  }
  try {
    const hello = Hello.parse(await answer())
    if ('missing' in hello) return `${python} has no ${hello.missing}`
    const variants = Variants.parse(await ask({ case: 'variants' }))
    return {
      version: hello.torch,
      variants,
      time: async (name, variant, calls) => Times.parse(await ask({ case: name, variant, calls })).ms,
      stop: () => child.stdin.end(),
    }
  } catch (cause) {
    return `${python} did not start the peer (${cause instanceof Error ? cause.message : cause})`
  }
}
