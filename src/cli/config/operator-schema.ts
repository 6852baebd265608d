/** The operators of the configuration: one alternative for each family, made of its settings. */
import { z } from 'zod'
import { isRecord } from '../../json.ts'
import type { OperatorSetting } from '../../observations/index.ts'
import { type Family, families } from '../../operators/index.ts'
import type { Settings } from '../../settings.ts'
import { settingFields } from './setting-schema.ts'

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
      ...settingFields(family.settings),
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

/** The operator of a configuration as `observe` takes it. */
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
