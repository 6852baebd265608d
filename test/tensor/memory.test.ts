import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

test('resident memory stays flat while an MLP trains', async () => {
  const script = fileURLToPath(new URL('../../bench/step-memory.ts', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script, '1500'])
  const growth = Number(/growth from step 500 to 1500: (-?[\d.]+) MiB/.exec(stdout)?.[1])
  expect(growth, stdout).toBeLessThan(25)
})
