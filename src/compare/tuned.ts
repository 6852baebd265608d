/** The file of tuned settings: method → task → settings. */
import { existsSync } from 'node:fs'
import { z } from 'zod'
import { TweedieError } from '../error.ts'
import { readText, writeAtomic } from '../formats/index.ts'
import { parseJson } from '../json.ts'
import { methodNamed } from '../posterior/index.ts'
import type { Tuned } from './grid.ts'

const tunedSchema = z.record(z.string(), z.record(z.string(), z.record(z.string(), z.number().positive())))

/**
 * Reads a file of tuned settings.
 *
 * @throws TweedieError `input` when the file is missing, not JSON, or names unknown methods
 */
export const readTuned = (path: string): Tuned => {
  if (!existsSync(path)) throw new TweedieError('input', `${path}: no such file; 'tweedie tune' makes it`)
  const found = tunedSchema.safeParse(parseJson(readText(path), path))
  if (!found.success) {
    const { path: field, message } = found.error.issues[0]
    throw new TweedieError('input', `${path}: field '${field.join('.')}': ${message}`)
  }
  for (const method of Object.keys(found.data)) methodNamed(method)
  return found.data
}

/** Adds one finding to a file, which is made when absent. */
export const addTuned = (
  path: string,
  method: string,
  task: string,
  settings: Record<string, number>,
): void => {
  const before = existsSync(path) ? readTuned(path) : {}
  const mine = before[method] ?? {}
  const after: Tuned = { ...before, [method]: { ...mine, [task]: { ...mine[task], ...settings } } }
  writeAtomic(path, new TextEncoder().encode(`${JSON.stringify(after, null, 2)}\n`))
}
