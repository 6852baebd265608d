/** The other side of worker-session.ts: owns one session, answers one message after the other. */
import { parentPort, workerData } from 'node:worker_threads'
import { TweedieError } from '../../error.ts'
import { revive } from './clone.ts'
import { openSession } from './session.ts'
import type { Reply, Request } from './worker-session.ts'

const send = (reply: Reply): void => parentPort?.postMessage(reply)

const fail = (id: number, cause: unknown): void =>
  send({
    id,
    kind: 'failed',
    message: cause instanceof Error ? cause.message : `${cause}`,
    code: cause instanceof TweedieError ? cause.code : undefined,
  })

try {
  const session = await openSession(workerData.model, workerData.execute)
  parentPort?.on('message', (request: Request) => {
    if (request.kind === 'close') {
      session.release().finally(() => process.exit()) // of this thread only
      return
    }
    const { id, feeds } = request
    session.run(revive(feeds)).then(
      (arrays) => send({ id, kind: 'result', arrays }),
      (cause: unknown) => fail(id, cause),
    )
  })
  send({ id: 0, kind: 'ready', inputs: [...session.inputs], outputs: [...session.outputs] })
} catch (cause) {
  fail(0, cause)
}
