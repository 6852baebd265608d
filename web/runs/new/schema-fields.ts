/** Fields of a form from the JSON schema of a configuration. Pure: no page is needed. */

/** The part of JSON Schema that configurations are written in. */
export interface Schema {
  readonly $ref?: string
  readonly $defs?: Readonly<Record<string, Schema>>
  readonly type?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly oneOf?: readonly Schema[]
  readonly enum?: readonly string[]
  readonly const?: unknown
  readonly default?: unknown
  readonly description?: string
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
}

/** A configuration, or a part of it. */
export type Value = Readonly<Record<string, unknown>>

interface Common {
  readonly path: readonly string[]
  readonly name: string
  readonly description?: string
  readonly required: boolean
  /** What it is when nothing is said, as text. */
  readonly otherwise?: string
}

/** A field of the form. */
export type Field = Common &
  (
    | { readonly kind: 'group'; readonly optional: boolean; readonly fields: readonly Field[] }
    | {
        readonly kind: 'variants'
        readonly names: readonly string[]
        readonly chosen?: string
        readonly fields: readonly Field[]
      }
    | { readonly kind: 'choice'; readonly names: readonly string[] }
    | { readonly kind: 'flag' }
    | {
        readonly kind: 'number'
        readonly whole: boolean
        readonly min?: number
        readonly max?: number
      }
    | { readonly kind: 'text' }
    /** Anything else: YAML. */
    | { readonly kind: 'yaml' }
  )

export const isValue = (value: unknown): value is Value =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** What stands at a path of a configuration. */
export const valueAt = (value: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((inner, key) => (isValue(inner) ? inner[key] : undefined), value)

/** A configuration with another value at a path; undefined takes the field away. */
export const withValue = (value: Value, [key, ...rest]: readonly string[], next: unknown): Value => {
  const inner = value[key]
  const changed = rest.length === 0 ? next : withValue(isValue(inner) ? inner : {}, rest, next)
  const others = Object.fromEntries(Object.entries(value).filter(([name]) => name !== key))
  const isGone =
    changed === undefined || (rest.length > 0 && isValue(changed) && Object.keys(changed).length === 0)
  if (isGone) return others
  return key in value
    ? Object.fromEntries(Object.entries(value).map(([name, old]) => [name, name === key ? changed : old]))
    : { ...value, [key]: changed }
}

const textOf = (value: unknown): string | undefined =>
  value === undefined ? undefined : typeof value === 'string' ? value : JSON.stringify(value)

const kindOf = (schema: Schema): string | undefined => textOf(schema.properties?.kind?.const)

/** The names of variants, where each is told apart by its `kind`. */
const variantNames = (schemas: readonly Schema[]): string[] | undefined => {
  const names = schemas.flatMap((schema) => kindOf(schema) ?? [])
  return names.length === schemas.length ? names : undefined
}

/**
 * The fields of a schema.
 *
 * @param value - the configuration so far: it says which variants are chosen
 */
export const fieldsOf = (root: Schema, value: Value): Field[] => {
  const resolved = ({ $ref, ...own }: Schema): Schema => {
    const named = $ref === undefined ? undefined : root.$defs?.[$ref.replace('#/$defs/', '')]
    return named ? { ...named, ...own } : own
  }

  const ofObject = (schema: Schema, path: readonly string[]): Field[] =>
    Object.entries(schema.properties ?? {})
      .filter(([name, inner]) => !(name === 'kind' && inner.const !== undefined))
      .map(([name, inner]) => ofField(name, inner, [...path, name], schema.required?.includes(name) ?? false))

  const ofField = (name: string, given: Schema, path: readonly string[], required: boolean): Field => {
    const schema = resolved(given)
    const { description, default: otherwise } = schema
    const isPlain = !isValue(otherwise)
    const common = { path, name, description, required, otherwise: isPlain ? textOf(otherwise) : undefined }
    const names = schema.oneOf && variantNames(schema.oneOf.map(resolved))
    if (schema.oneOf && names) {
      const chosen = textOf(valueAt(value, [...path, 'kind'])) ?? textOf(valueAt(otherwise, ['kind']))
      const variant = schema.oneOf.map(resolved).find((option) => kindOf(option) === chosen)
      return { ...common, kind: 'variants', names, chosen, fields: variant ? ofObject(variant, path) : [] }
    }
    if (schema.enum) return { ...common, kind: 'choice', names: schema.enum }
    switch (schema.type) {
      case 'object':
        return { ...common, kind: 'group', optional: otherwise === undefined, fields: ofObject(schema, path) }
      case 'boolean':
        return { ...common, kind: 'flag' }
      case 'integer':
      case 'number':
        return {
          ...common,
          kind: 'number',
          whole: schema.type === 'integer',
          min: schema.minimum ?? schema.exclusiveMinimum,
          max:
            schema.maximum === Number.MAX_SAFE_INTEGER
              ? undefined
              : (schema.maximum ?? schema.exclusiveMaximum),
        }
      case 'string':
        return { ...common, kind: 'text' }
      default:
        return { ...common, kind: 'yaml' }
    }
  }

  return ofObject(root, [])
}
