/** The error of a command in its log. */
import { statSync } from 'node:fs'
import { bytesFrom } from './journal-lines.ts'

/** The line that begins with `tweedie:` among the last of a log, without that word. */
export const lastWords = (log: string): string | undefined => {
  const { size } = statSync(log)
  const text = bytesFrom(log, Math.max(0, size - 4096), 4096).toString('utf8')
  const said = text
    .trim()
    .split('\n')
    .findLast((line) => line.startsWith('tweedie: '))
  return said?.slice('tweedie: '.length)
}
