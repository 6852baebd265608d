/**
 * The schema of a configuration's field from what its owner says of the setting: operators, methods and
 * networks alike.
 */
import { z } from 'zod'
import { meshNames } from '../../datasets/index.ts'
import { OWN_MESH } from '../../observations/index.ts'
import type { ValueSpec, ValueSpecs } from '../../settings.ts'

type Bounded = Extract<ValueSpec, { kind: 'number' | 'integer' | 'integers' | 'pair' }>

const numberSchema = (kind: 'number' | 'integer', { min, max, above, below }: Bounded): z.ZodNumber => {
  let schema: z.ZodNumber = kind === 'integer' ? z.int() : z.number()
  if (min !== undefined) schema = schema.min(min)
  if (max !== undefined) schema = schema.max(max)
  if (above !== undefined) schema = schema.gt(above)
  if (below !== undefined) schema = schema.lt(below)
  return schema
}

const formSchema = (spec: ValueSpec): z.ZodType => {
  switch (spec.kind) {
    case 'flag':
      return z.boolean()
    case 'text':
      return z.string()
    case 'choice':
      return z.enum(spec.choices)
    case 'number':
    case 'integer':
      return numberSchema(spec.kind, spec)
    case 'integers': {
      const list = z.array(numberSchema('integer', spec))
      return spec.least === undefined ? list : list.min(spec.least)
    }
    case 'pair':
      return z.tuple([numberSchema('integer', spec), numberSchema('integer', spec)])
    case 'points': // in a configuration a mesh by its name: one that ships, or that of the observations
      return z.enum([...meshNames, OWN_MESH]).default(meshNames[0])
  }
}

/** A field: with the default of the setting, needed when it is required, else optional. */
const settingSchema = (spec: ValueSpec): z.ZodType => {
  const form = formSchema(spec)
  const field =
    spec.default === undefined ? (spec.required ? form : form.optional()) : form.default(spec.default)
  return field.describe(spec.description)
}

/** The fields of settings by name. */
export const settingFields = (specs: ValueSpecs): Record<string, z.ZodType> =>
  Object.fromEntries(Object.entries(specs).map(([name, spec]) => [name, settingSchema(spec)]))
