import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

/** Starts a TypeScript file of the tests in a process of its own and waits until it has printed `ready`. */
export const startChild = async (script: URL, ...args: string[]): Promise<ChildProcess> => {
  const child = spawn(process.execPath, ['--import', 'tsx', fileURLToPath(script), ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let complaint = ''
  child.stderr.on('data', (text) => {
    complaint += text
  })
  await Promise.race([
    once(child.stdout, 'data'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`${script.pathname} ended with code ${code} before it was ready: ${complaint}`)
    }),
  ])
  return child
}

/** Kills a process as a power cut would, and waits until it is gone. */
export const killChild = async (child: ChildProcess): Promise<void> => {
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}
