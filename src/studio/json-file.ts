/** JSON files that anybody may have written. */
import { readFileSync, statSync } from 'node:fs'
import type { z } from 'zod'
import { parseJson } from '../json.ts'
import { inside } from './inside.ts'
import { Refusal } from './refusal.ts'

/** Most bytes of such a file. */
const MOST = 2 ** 25

/**
 * A JSON file below a folder.
 *
 * @throws Refusal that names the field; TweedieError `input` for what is no JSON
 */
export const jsonBelow = <T>(folder: string, path: string, schema: z.ZodType<T>, what: string): T => {
  const file = inside(folder, path)
  const { size } = statSync(file)
  if (size > MOST) throw new Refusal(413, `${path}: has ${size} bytes, ${what} has at most ${MOST}`)
  const parsed = schema.safeParse(parseJson(readFileSync(file, 'utf8'), path))
  if (parsed.success) return parsed.data
  const [{ path: field, message }] = parsed.error.issues
  throw new Refusal(400, `${path}: not ${what}: field '${field.join('.')}': ${message}`)
}
