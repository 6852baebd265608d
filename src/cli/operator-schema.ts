/** The operators of the configuration: one alternative for each family, made of its settings. */
import { z } from 'zod'
import { isRecord } from '../json.ts'
import type { OperatorSetting } from '../observations/index.ts'
import { type Family, families } from '../operators/index.ts'
import type { SettingSpec, Settings } from '../settings.ts'

const numberSchema = (spec: Extract<SettingSpec, { kind: 'number' | 'integer' }>): z.ZodType => {
  const { kind, min = -Infinity, max = Infinity, above = -Infinity } = spec
  let schema: z.ZodNumber = kind === 'integer' ? z.int() : z.number()
  if (min > -Infinity) schema = schema.min(min)
  if (max < Infinity) schema = schema.max(max)
  if (above > -Infinity) schema = schema.gt(above)
  return schema.default(spec.default).describe(spec.description)
}

const settingSchema = (spec: SettingSpec): z.ZodType => {
  switch (spec.kind) {
    case 'flag':
      return z.boolean().default(spec.default).describe(spec.description)
    case 'text':
      return z.string().default(spec.default).describe(spec.description)
    case 'choice':
      return z.enum(spec.choices).default(spec.default).describe(spec.description)
    default:
      return numberSchema(spec)
  }
}

/** The operators that an operator is made of. */
const partsSchema = ({ parts }: Family) => {
  if (!parts) return {}
  const list = z.array(z.lazy((): z.ZodType => operatorSchema)).min(parts.least)
  return { of: (parts.most === undefined ? list : list.max(parts.most)).describe('the operators, in order') }
}

const familySchema = (family: Family) =>
  z
    .strictObject({
      kind: z.literal(family.name),
      ...Object.fromEntries(Object.entries(family.settings).map(([key, spec]) => [key, settingSchema(spec)])),
      ...partsSchema(family),
      blind: z
        .boolean()
        .optional()
        .describe('draw parameters for each observation, but give the sampler nominal ones'),
    })
    .describe(family.summary)

const [first, ...others] = families.map(familySchema)

/** `{ kind: motion, size: 9 }`: an operator with its settings. */
export const operatorSchema = z.discriminatedUnion('kind', [first, ...others]).meta({ id: 'operator' })

const isPlain = (value: unknown): value is Settings[string] =>
  ['number', 'string', 'boolean'].includes(typeof value)

/** What `observe` takes, of what the configuration says. */
export const operatorSettingOf = ({
  kind,
  blind,
  of,
  ...rest
}: Readonly<Record<string, unknown>>): OperatorSetting => ({
  name: String(kind),
  ...(blind === true ? { blind } : {}),
  settings: Object.fromEntries(
    Object.entries(rest).flatMap(([key, value]) => (isPlain(value) ? [[key, value] as const] : [])),
  ),
  ...(Array.isArray(of) ? { of: of.filter(isRecord).map(operatorSettingOf) } : {}),
})
