import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A fresh folder that goes away with the test. */
export const scratch = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'tweedie-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
