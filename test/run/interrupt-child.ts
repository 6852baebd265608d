/**
 * Saves nothing, takes long to stop: what Ctrl-C meets. With the argument `stubborn` it never stops by
 * itself.
 */
import { interruptible } from '../../src/run/index.ts'

const { signal, dispose } = interruptible((name) => process.stdout.write(`${name}\n`))
const alive = setInterval(() => {}, 1000)
signal.addEventListener('abort', () => {
  if (process.argv[2] === 'stubborn') return
  clearInterval(alive)
  dispose()
  process.exitCode = 42
})
process.stdout.write('ready\n')
