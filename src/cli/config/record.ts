import { isRecord, type Json, type JsonRecord, parseJson } from '../../json.ts'

/** A configuration as plain JSON: what is undefined is left out, as in the file that keeps it. */
export const recordOf = (value: object): JsonRecord => {
  const plain: Json = parseJson(JSON.stringify(value), 'configuration')
  if (!isRecord(plain)) throw new Error('a configuration is an object')
  return plain as JsonRecord
}
