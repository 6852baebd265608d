/** The file of tuned settings: method → task → settings. */
import { existsSync, readFileSync } from 'node:fs'
import { z } from 'zod'
import type { Tuned } from '../compare/index.ts'
import { TweedieError } from '../error.ts'
import { writeAtomic } from '../formats/index.ts'
import { methodNamed } from '../posterior/index.ts'

const tunedSchema = z.record(z.string(), z.record(z.string(), z.record(z.string(), z.number().positive())))

const parsed = (path: string): unknown => {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new TweedieError('input', `${path}: not JSON`, { cause })
  }
}

/** @throws TweedieError `input` when the file is missing, no JSON, or names methods that there are not */
export const readTuned = (path: string): Tuned => {
  if (!existsSync(path)) throw new TweedieError('input', `${path}: no such file; 'tweedie tune' makes it`)
  const found = tunedSchema.safeParse(parsed(path))
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
