import type { z } from 'zod'
import { isRecord, type Json, type JsonRecord } from '../../json.ts'
import { nearest } from '../../nearest.ts'

type Issue = z.core.$ZodIssue
type Path = readonly string[]

/** Where the field at a path came from: a file or an override. */
export type Origin = (path: Path) => string

/**
 * The first problem in one line; those after it are counted. Unknown keys come first: a typo explains what is
 * missing.
 */
export const describeIssues = (
  issues: readonly Issue[],
  schema: JsonRecord,
  input: Json,
  origin: Origin,
): string => {
  const flat = issues.flatMap((issue) => flatten(issue, []))
  const [first, ...others] = [...flat.filter(isUnknown), ...flat.filter((issue) => !isUnknown(issue))]
  const path = first.path.map(String)
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`
  if (first.code === 'unrecognized_keys') {
    const [key] = first.keys
    const [field, where] = [dotted([...path, key]), origin([...path, key])]
    if (Object.hasOwn(renamedFields, field))
      return `${where}: field '${field}' is '${renamedFields[field]}' since version 0.2${more}`
    return `${where}: unknown field '${field}'${hint(key, fieldsAt(schema, schema, path, input))}${more}`
  }
  const value = at(input, path)
  const subject =
    path.length === 0 ? '' : `field '${dotted(path)}'${value === undefined ? ' is missing' : ''}: `
  return `${origin(path)}: ${subject}${expected(first, value)}${more}`
}

/** Fields of version 0.1, and what they are called now. */
const renamedFields: Readonly<Record<string, string>> = {
  'em.sampling.method': 'em.sampling.step',
  'monitor.method': 'monitor.step',
  tell: 'condition',
}

const isUnknown = (issue: Issue): boolean => issue.code === 'unrecognized_keys'

const dotted = (path: Path): string => path.join('.')

/**
 * Of a union that nothing fits, the issues of the alternative that came closest: one whose outermost type
 * fits, if any.
 */
const flatten = (issue: Issue, prefix: readonly PropertyKey[]): Issue[] => {
  const path = [...prefix, ...issue.path]
  if (issue.code !== 'invalid_union' || issue.errors.length === 0) return [{ ...issue, path }]
  const badness = (alternative: readonly Issue[]): number =>
    alternative.length +
    (alternative.some((inner) => inner.path.length === 0 && !isUnknown(inner)) ? 1000 : 0)
  const sorted = [...issue.errors].sort((a, b) => badness(a) - badness(b))
  if (badness(sorted[0]) >= 1000) return [{ ...issue, path }]
  return sorted[0].flatMap((inner) => flatten(inner, path))
}

const expected = (issue: Issue, value: Json | undefined): string => {
  const got = value === undefined ? '' : `, got ${show(value)}`
  if (issue.code === 'invalid_union') return `${alternatives(issue)}${got}`
  const at = issue.message.indexOf('expected ')
  if (at === -1) return `${issue.message}${got}`
  return `${issue.message.slice(at).replace(/, received .*$/, '')}${got}`
}

const alternatives = (issue: Issue & { code: 'invalid_union' }): string => {
  if ('options' in issue && Array.isArray(issue.options))
    return `expected one of ${issue.options.map(show).join('|')}`
  const types = issue.errors.flatMap(([first]) => (first?.code === 'invalid_type' ? [first.expected] : []))
  return types.length === 0 ? 'no alternative fits' : `expected ${[...new Set(types)].join(' or ')}`
}

const show = (value: unknown): string => {
  if (typeof value === 'number') return String(value) // NaN and Infinity, which JSON does not know
  const text = JSON.stringify(value)
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`
}

const hint = (key: string, valid: readonly string[]): string => {
  const close = nearest(key, valid)
  if (close !== undefined) return `; did you mean '${close}'?`
  return valid.length === 0 ? '' : `; valid here: ${valid.join(', ')}`
}

const at = (value: Json | undefined, path: Path): Json | undefined => {
  if (path.length === 0) return value
  const [key, ...rest] = path
  if (!isContainer(value) || !Object.hasOwn(value, key)) return undefined
  return at(Object.entries(value).find(([name]) => name === key)?.[1], rest)
}

const isContainer = (value: Json | undefined): value is JsonRecord | readonly Json[] =>
  typeof value === 'object' && value !== null

/**
 * Names of the fields that the JSON Schema allows at a path; where alternatives exist, of those that the
 * input chose.
 */
const fieldsAt = (root: JsonRecord, schema: JsonRecord, path: Path, input: Json | undefined): string[] => {
  const nodes = alternativesOf(root, schema).filter((node) => chosen(node, input))
  if (path.length === 0) return [...new Set(nodes.flatMap((node) => Object.keys(recordOf(node.properties))))]
  const [key, ...rest] = path
  return nodes.flatMap((node) => {
    const properties = recordOf(node.properties)
    const next = Object.hasOwn(properties, key) ? properties[key] : (node.items ?? node.additionalProperties)
    return fieldsAt(root, recordOf(next), rest, at(input, [key]))
  })
}

/** The schema behind `{ $ref: '#/$defs/NAME' }`: schemas that are used twice, or within themselves. */
const dereferenced = (root: JsonRecord, schema: JsonRecord): JsonRecord => {
  if (typeof schema.$ref !== 'string') return schema
  const [, ...keys] = schema.$ref.split('/')
  return keys.reduce((node, key) => recordOf(node[key]), root)
}

const alternativesOf = (root: JsonRecord, node: JsonRecord): JsonRecord[] => {
  const schema = dereferenced(root, node)
  const list = [schema.anyOf, schema.oneOf, schema.allOf].flatMap((group) =>
    Array.isArray(group) ? group : [],
  )
  return list.length === 0 ? [schema] : list.flatMap((one: Json) => alternativesOf(root, recordOf(one)))
}

/** False for an alternative whose constant fields (`kind: mask`) contradict the input. */
const chosen = (schema: JsonRecord, input: Json | undefined): boolean =>
  Object.entries(recordOf(schema.properties)).every(([key, field]) => {
    const constant = recordOf(field).const
    return constant === undefined || at(input, [key]) === undefined || at(input, [key]) === constant
  })

const recordOf = (value: Json | undefined): JsonRecord =>
  value !== undefined && isRecord(value) ? value : {}
