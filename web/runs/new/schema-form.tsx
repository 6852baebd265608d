/** The form of a configuration: each field with its type, default and description. */
import { parse, stringify } from 'yaml'
import { type Field, isValue, type Value, valueAt } from './schema-fields.ts'

/** Sets the value at a path; undefined goes back to the default. */
export type Change = (path: readonly string[], value: unknown) => void

interface FieldProps<F extends Field = Field> {
  readonly field: F
  readonly value: Value
  readonly change: Change
}

const idOf = ({ path }: Field): string => `field-${path.join('-')}`

const numberFrom = (text: string): number | string | undefined => {
  if (text.trim() === '') return undefined
  return Number.isFinite(Number(text)) ? Number(text) : text // what is no number is refused by the command
}

/** A value as one line of YAML. */
const lineOf = (value: unknown): string =>
  value === undefined ? '' : stringify(value, { collectionStyle: 'flow', lineWidth: 0 }).trim()

const parsed = (text: string): unknown => {
  if (text.trim() === '') return undefined
  try {
    return parse(text)
  } catch {
    return text
  }
}

const Input = ({ field, value, change }: FieldProps) => {
  const id = idOf(field)
  const now = valueAt(value, field.path)
  const described = field.description ? `${id}-about` : undefined
  const common = { id, 'aria-describedby': described, 'aria-required': field.required }
  const otherwise = field.otherwise ?? ''
  switch (field.kind) {
    case 'choice':
    case 'flag': {
      const names = field.kind === 'flag' ? ['true', 'false'] : field.names
      return (
        <select
          {...common}
          value={now === undefined ? '' : String(now)}
          onChange={({ currentTarget: { value: text } }) =>
            change(field.path, text === '' ? undefined : field.kind === 'flag' ? text === 'true' : text)
          }
        >
          <option value="">{otherwise === '' ? 'not set' : `${otherwise} (default)`}</option>
          {names.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      )
    }
    case 'number':
      return (
        <input
          {...common}
          type="text"
          inputMode="decimal"
          value={now === undefined ? '' : String(now)}
          placeholder={otherwise}
          onChange={(event) => change(field.path, numberFrom(event.currentTarget.value))}
        />
      )
    case 'yaml':
      return (
        <input
          {...common}
          type="text"
          class="mono"
          value={lineOf(now)}
          placeholder={otherwise}
          onChange={(event) => change(field.path, parsed(event.currentTarget.value))}
        />
      )
    default:
      return (
        <input
          {...common}
          type="text"
          value={now === undefined ? '' : String(now)}
          placeholder={otherwise}
          onChange={(event) => change(field.path, event.currentTarget.value || undefined)}
        />
      )
  }
}

const boundsOf = (field: Field): string => {
  if (field.kind !== 'number') return ''
  const { min, max, whole } = field
  const kind = whole ? 'a whole number' : 'a number'
  if (min === undefined && max === undefined) return kind
  return `${kind}, ${min ?? '…'} to ${max ?? '…'}`
}

const Plain = (props: FieldProps) => {
  const { field } = props
  const about = [field.description, boundsOf(field)].filter(Boolean).join('; ')
  return (
    <div class="form-field">
      <label for={idOf(field)}>
        {field.name}
        {field.required && <span class="quiet"> (needed)</span>}
      </label>
      <Input {...props} />
      {about && (
        <p class="quiet small" id={`${idOf(field)}-about`}>
          {about}
        </p>
      )}
    </div>
  )
}

const Variants = ({ field, value, change }: FieldProps<Field & { readonly kind: 'variants' }>) => (
  <>
    <div class="form-field">
      <label for={idOf(field)}>{field.name}: kind</label>
      <select
        id={idOf(field)}
        value={field.chosen ?? ''}
        onChange={({ currentTarget: { value: kind } }) =>
          change(field.path, kind === '' ? undefined : { kind })
        }
      >
        <option value="">not set</option>
        {field.names.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </div>
    <Fields fields={field.fields} value={value} change={change} />
  </>
)

const Group = ({ field, value, change }: FieldProps<Field & { readonly kind: 'group' }>) => {
  const isSet = isValue(valueAt(value, field.path))
  return (
    <fieldset>
      <legend>
        {field.optional ? (
          <label class="inline">
            <input
              type="checkbox"
              checked={isSet}
              onChange={(event) => change(field.path, event.currentTarget.checked ? {} : undefined)}
            />
            {field.name}
          </label>
        ) : (
          field.name
        )}
      </legend>
      {field.description && <p class="quiet small">{field.description}</p>}
      {(isSet || !field.optional) && <Fields fields={field.fields} value={value} change={change} />}
    </fieldset>
  )
}

/** Fields below each other, plain ones in columns. */
const Fields = ({
  fields,
  value,
  change,
}: {
  readonly fields: readonly Field[]
  readonly value: Value
  readonly change: Change
}) => (
  <div class="form-fields">
    {fields.map((field) => {
      const key = field.path.join('.')
      if (field.kind === 'group') return <Group key={key} field={field} value={value} change={change} />
      if (field.kind === 'variants') return <Variants key={key} field={field} value={value} change={change} />
      return <Plain key={key} field={field} value={value} change={change} />
    })}
  </div>
)

/** How many fields of a part are set. */
const countOf = (value: unknown): number =>
  isValue(value) ? Object.values(value).reduce<number>((sum, inner) => sum + countOf(inner), 0) : 1

/** The whole form: a part that folds for each field that holds others. */
export const SchemaForm = ({
  fields,
  value,
  change,
}: {
  readonly fields: readonly Field[]
  readonly value: Value
  readonly change: Change
}) => {
  const plain = fields.filter(({ kind }) => kind !== 'group' && kind !== 'variants')
  // What is seldom wanted is last.
  const isSeldom = (field: Field): boolean => field.kind === 'group' && field.optional
  const parts = fields
    .filter(({ kind }) => kind === 'group' || kind === 'variants')
    .sort((a, b) => Number(isSeldom(a)) - Number(isSeldom(b)))
  return (
    <>
      {parts.map((field) => {
        const own = valueAt(value, field.path)
        const words = own === undefined ? 'defaults' : `${countOf(own)} set`
        return (
          <details key={field.name} open={field.name === 'data' || field.required}>
            <summary>
              {field.name} <span class="quiet small">{words}</span>
            </summary>
            {field.kind === 'variants' ? (
              <Variants field={field} value={value} change={change} />
            ) : (
              field.kind === 'group' && <Group field={field} value={value} change={change} />
            )}
          </details>
        )
      })}
      <details>
        <summary>others</summary>
        <Fields fields={plain} value={value} change={change} />
      </details>
    </>
  )
}
