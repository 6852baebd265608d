/** The operators of the configuration: one alternative for each family, made of its settings. */
import { z } from 'zod'
import type { OperatorSetting } from '../../observations/index.ts'
import { type Family, families } from '../../operators/index.ts'
import type { Settings } from '../../settings.ts'
import { settingFields } from './setting-schema.ts'

const familySchema = ({ name, summary, settings }: Family) =>
  z
    .strictObject({
      kind: z.literal(name),
      ...settingFields(settings),
      blind: z
        .boolean()
        .optional()
        .describe('draw parameters for each observation, but give the sampler nominal ones'),
    })
    .describe(summary)

const [first, ...others] = families.map(familySchema)

/** `{ kind: motion, size: 9 }`: an operator with its settings. */
export const operatorSchema = z.discriminatedUnion('kind', [first, ...others])

const isPlain = (value: unknown): value is Settings[string] =>
  ['number', 'string', 'boolean'].includes(typeof value)

/** The operator of a configuration as `observe` takes it. */
export const operatorSettingOf = ({
  kind,
  blind,
  ...rest
}: z.output<typeof operatorSchema>): OperatorSetting => ({
  name: kind,
  blind,
  settings: Object.fromEntries(
    Object.entries(rest).flatMap(([key, value]) => (isPlain(value) ? [[key, value] as const] : [])),
  ),
})
