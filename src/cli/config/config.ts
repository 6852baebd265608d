import { parseDocument } from 'yaml'
import { z } from 'zod'
import { TweedieError } from '../../error.ts'
import { readText } from '../../formats/index.ts'
import { isRecord, type Json, type JsonRecord, parseJson } from '../../json.ts'
import { describeIssues, type Origin } from './config-issues.ts'

/** An override, `em.laps=4`: a dotted path and a value read as YAML. */
interface Override {
  readonly text: string
  readonly path: readonly string[]
  readonly value: Json
}

/**
 * Reads a YAML configuration, applies `key=value` overrides and checks the result.
 *
 * Keys are dotted paths, list elements by their number; values are YAML: `train.lr=1e-3`,
 * `net.channels=[32, 64]`; `name=null` takes the field away. Fields that are absent get the schema's
 * defaults.
 *
 * @param path file, or undefined to start from nothing.
 * @returns what the schema makes of it.
 * @throws TweedieError `input`, one line that names the file or the override, the field, what was expected
 * and what came; for an unknown key the nearest valid one.
 *
 * @example
 * ```ts
 * const config = loadConfig(experimentSchema, 'experiments/digits.yaml', ['em.laps=4'])
 * ```
 */
export const loadConfig = <S extends z.ZodType>(
  schema: S,
  path: string | undefined,
  overrides: readonly string[] = [],
): z.output<S> => {
  const start = path === undefined ? {} : readYaml(path)
  return loadRecord(schema, start, path ?? 'configuration', overrides)
}

/**
 * The same of fields that were read already.
 *
 * @param where - what they are of, for messages
 */
export const loadRecord = <S extends z.ZodType>(
  schema: S,
  record: Json,
  where: string,
  overrides: readonly string[] = [],
): z.output<S> => {
  const parsed = overrides.map(parseOverride)
  const input = parsed.reduce<Json>(apply, record)
  const result = schema.safeParse(input, { reportInput: true })
  if (result.success) return result.data
  const origin: Origin = (field) =>
    parsed.findLast(({ path }) => startsWith(field, path) || startsWith(path, field))?.text ?? where
  throw new TweedieError('input', describeIssues(result.error.issues, jsonSchemaOf(schema), input, origin), {
    cause: result.error,
  })
}

/**
 * Splits the arguments `[config] [key=value...]` of a command: the first one is a file unless it is an
 * override.
 */
export const splitConfigArguments = (
  args: readonly string[],
): { path?: string; overrides: readonly string[] } => {
  const [first, ...rest] = args
  return first === undefined || isOverride(first) ? { overrides: args } : { path: first, overrides: rest }
}

/** The JSON Schema (draft 2020-12) of what a configuration file may hold, for editors. */
export const jsonSchemaOf = (schema: z.ZodType): JsonRecord => {
  const plain = parseJson(
    JSON.stringify(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })),
    'schema',
  )
  return isRecord(plain) ? plain : {}
}

/**
 * The value of a YAML file; an empty one has no fields.
 *
 * @throws TweedieError `input` with the line of the mistake.
 */
export const readYaml = (path: string): Json => yamlValue(readText(path), `${path}: not YAML`) ?? {}

/**
 * The value of YAML text. Aliases (`*a`) are followed as long as they do not blow it up, and not in circles.
 *
 * @param problem - how the message begins
 * @throws TweedieError `input`
 */
const yamlValue = (text: string, problem: string): Json => {
  const document = parseDocument(text)
  const [mistake] = document.errors
  if (mistake !== undefined) throw new TweedieError('input', `${problem}: ${firstLine(mistake.message)}`)
  try {
    const value: Json = document.toJS()
    JSON.stringify(value) // refuses circles
    return value
  } catch (error) {
    if (!(error instanceof Error)) throw error
    throw new TweedieError('input', `${problem}: ${firstLine(error.message)}`, { cause: error })
  }
}

const firstLine = (text: string): string => text.split('\n')[0].replace(/:$/, '')

const isOverride = (text: string): boolean => /^[\w-]+(\.[\w-]+)*=/.test(text)

const parseOverride = (text: string): Override => {
  if (!isOverride(text))
    throw new TweedieError('input', `'${text}': expected an override, key=value or key.key=value`)
  const equals = text.indexOf('=')
  const value = yamlValue(text.slice(equals + 1), `'${text}': the value is not YAML`) ?? null
  return { text, path: text.slice(0, equals).split('.'), value }
}

const apply = (config: Json, { text, path, value }: Override): Json => {
  const put = (node: Json | undefined, [key, ...rest]: readonly string[], depth: number): Json => {
    if (key === undefined) return value
    if (Array.isArray(node)) {
      const list: readonly Json[] = node
      if (!/^\d+$/.test(key) || Number(key) >= list.length) {
        throw new TweedieError(
          'input',
          `'${text}': '${path.slice(0, depth).join('.')}' has ${list.length} elements`,
        )
      }
      return list.with(Number(key), put(list[Number(key)], rest, depth + 1))
    }
    if (isRecord(node) && rest.length === 0 && value === null)
      return Object.fromEntries(Object.entries(node).filter(([name]) => name !== key))
    if (isRecord(node))
      return { ...node, [key]: put(Object.hasOwn(node, key) ? node[key] : undefined, rest, depth + 1) }
    if (node === undefined || node === null) return { [key]: put(undefined, rest, depth + 1) }
    const here = path.slice(0, depth).join('.')
    throw new TweedieError('input', `'${text}': '${here}' is ${JSON.stringify(node)} and has no fields`)
  }
  return put(config, path, 0)
}

const startsWith = (path: readonly string[], start: readonly string[]): boolean =>
  start.every((key, i) => path[i] === key)
