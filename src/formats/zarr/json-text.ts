import { isRecord, parseJson } from '../../json.ts'
import { wrong } from '../bytes/bytes.ts'

/** JSON as Python writes it: NaN and infinities stand there without quotes, of which JSON knows nothing. */
const quoted = (text: string): string =>
  text.replace(/"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/gs, (token) =>
    token.startsWith('"') ? token : `"${token}"`,
  )

/**
 * The object that bytes of JSON hold; NaN and infinities in it are texts.
 *
 * @throws TweedieError `input` when they hold none
 */
export const jsonObject = (bytes: Uint8Array, where: string): Readonly<Record<string, unknown>> => {
  const value: unknown = parseJson(quoted(new TextDecoder().decode(bytes)), where)
  if (!isRecord(value)) throw wrong(where, 'must be a JSON object')
  return value
}
