/** Configurations as tables: fields by their dotted path, and where several differ. */

/** A value as text. */
const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The fields of a configuration, `net.channels` and so on; lists are one value. */
const fieldsOf = (value: unknown, path = ''): [path: string, text: string][] => {
  if (!isRecord(value) || (Object.keys(value).length === 0 && path !== ''))
    return path === '' ? [] : [[path, textOf(value)]]
  return Object.entries(value).flatMap(([key, inner]) =>
    fieldsOf(inner, path === '' ? key : `${path}.${key}`),
  )
}

/** A field of several configurations. */
export interface FieldRow {
  readonly path: string
  /** Of each; undefined where it has none. */
  readonly values: readonly (string | undefined)[]
  readonly differs: boolean
}

/** Fields of several configurations side by side, in the order in which they come. */
export const fieldRows = (configs: readonly unknown[]): FieldRow[] => {
  const all = configs.map((config) => new Map(fieldsOf(config)))
  const paths = [...new Set(all.flatMap((fields) => [...fields.keys()]))]
  return paths.map((path) => {
    const values = all.map((fields) => fields.get(path))
    return { path, values, differs: values.some((value) => value !== values[0]) }
  })
}
