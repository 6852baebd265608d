import { readFileSync } from 'node:fs'
import { packaged } from './packaged.ts'

/** Version of the package. */
export const readVersion = (): string => {
  const { version } = JSON.parse(readFileSync(packaged('package.json'), 'utf8'))
  return String(version)
}
