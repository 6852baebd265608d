/** Python for the tests of python/tweedie_prior.py. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect } from 'vitest'

/** Debian's python3-torch belongs to /usr/bin/python3, which need not come first on the path. */
const having = (modules: string): string | undefined =>
  ['python3', '/usr/bin/python3'].find((path) => spawnSync(path, ['-c', `import ${modules}`]).status === 0)

/** A Python with NumPy and PyTorch. */
export const torch = having('numpy, torch')

/** A Python with NumPy, which reads files. */
export const numpy = torch ?? having('numpy')

/** What titles say where tests are skipped. */
export const said = torch ? '' : ' (skipped: python3 with numpy and torch is absent)'

/** Runs evaluate.py with a Python. @returns its output */
const evaluated = (path: string, ...args: readonly string[]): string => {
  const script = join(import.meta.dirname, 'evaluate.py')
  const env = { ...process.env, OMP_NUM_THREADS: '1' }
  const { stdout, stderr } = spawnSync(path, [script, ...args], { encoding: 'utf8', env })
  expect(stderr).toBe('')
  return stdout
}

/** Evaluates all files of a folder. */
export const evaluateAll = (folder: string): void => {
  if (torch) evaluated(torch, 'values', folder)
}

/** Exit code, stdout and stderr of a command of tweedie_prior.py for each of some files. */
export const commandOf = (
  path: string,
  command: 'check' | 'show',
  files: readonly string[],
): Readonly<Record<string, readonly [number, string, string]>> =>
  JSON.parse(evaluated(path, 'mains', command, ...files))
