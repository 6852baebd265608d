/** The operator of own observations, and its parameters as files, as a command line says them. */
import { TweedieError } from '../../error.ts'
import { type NumberRows, namesArrays, readOneArray } from '../../formats/index.ts'
import { nearestName } from '../../nearest.ts'
import type { OwnMeasurements } from '../../observations/index.ts'
import { familyOf, type OperatorSpec, parameterOf } from '../../operators/index.ts'
import { type NdArray, toNumbers } from '../../tensor/index.ts'
import type { OptionsOf } from '../commands.ts'
import { operatorSettingOf } from '../config/operator-schema.ts'
import { checkOperatorName, pairsOf, settingValue } from './operator-arguments.ts'
import type { OwnFiles } from './own-files.ts'

/** Keys that an operator takes: of parameters as files, and settings. */
const keysOf = ({ name }: OperatorSpec): string[] => {
  const { parameters, settings } = familyOf(name)
  return [
    ...Object.entries(parameters).map(([own, { key }]) => key ?? own),
    ...Object.keys(settings),
    ...(familyOf(name).parts ? ['of'] : []),
  ]
}

/** The parameter that a key names, of the operator or of a part of it. */
const parameterNamed = (spec: OperatorSpec, key: string): string | undefined => {
  if (parameterOf(spec, key)) return key
  const own = Object.entries(familyOf(spec.name).parameters).find(([, parameter]) => parameter.key === key)
  return own?.[0]
}

/** The numbers of a file as a setting of text. */
const listedIn = (path: string): string => toNumbers(realArray(path)).join(',')

const realArray = (path: string): NdArray => {
  const { array, complex } = readOneArray(path)
  if (complex) throw new TweedieError('input', `${path}: holds complex numbers, real ones are needed here`)
  return array
}

type Given = Pick<OwnMeasurements<NumberRows>, 'operator' | 'parameters'>

type Opening = OwnFiles['open']

/** What one argument says. @throws TweedieError `input` when the operator has nothing of that name */
const saidBy = (spec: OperatorSpec, key: string, text: string, open: Opening) => {
  const { name } = spec
  const { settings, listed } = familyOf(name)
  const parameter = parameterNamed(spec, key)
  const file = namesArrays(text)
  if (parameter !== undefined && (file || text === 'estimate'))
    return { parameter, value: file ? open(text) : ('estimate' as const) }
  if (file && Object.hasOwn(listed, key)) return { setting: listed[key], value: listedIn(text) }
  const isSetting = Object.hasOwn(settings, key)
  if (isSetting && !file) return { setting: key, value: settingValue(key, text) }
  if (parameter !== undefined)
    throw new TweedieError(
      'input',
      `'${key}=${text}': '${key}' is an array, give its file, ${key}=${key}.npy`,
    )
  if (isSetting)
    throw new TweedieError(
      'input',
      `'${key}=${text}': '${key}' is a setting of operator '${name}', not a file`,
    )
  const keys = keysOf(spec)
  const hint = keys.length > 0 ? `; did you mean '${nearestName(key, keys)}'?` : ', it has none'
  throw new TweedieError('input', `operator '${name}': unknown setting or parameter '${key}'${hint}`)
}

/**
 * The operator with what arguments and --mask say of it.
 *
 * @throws TweedieError `input` for what the operator does not have
 */
export const operatorFrom = (
  { operator, mask }: Pick<OptionsOf<'observe'>, 'operator' | 'mask'>,
  args: readonly string[],
  open: Opening,
): Given => {
  const name = operator ?? (mask === undefined ? 'identity' : 'mask')
  checkOperatorName(name)
  const pairs = pairsOf([...args, ...(mask === undefined ? [] : [`mask=${mask}`])])
  const parts = pairs.find(([key]) => key === 'of')
  const { of } = operatorSettingOf({ kind: name, ...(parts ? { of: settingValue('of', parts[1]) } : {}) })
  const spec: OperatorSpec = { name, settings: {}, ...(of ? { of: of.map(specOf) } : {}) }
  const settings: Record<string, unknown> = {}
  const parameters: Record<string, NumberRows | 'estimate'> = {}
  for (const [key, text] of pairs) {
    if (key === 'of') continue
    const said = saidBy(spec, key, text, open)
    const [given, as] = said.parameter === undefined ? [settings, said.setting] : [parameters, said.parameter]
    if (Object.hasOwn(given, as)) throw new TweedieError('input', `'${as}' is given twice, also as '${key}'`)
    if (said.parameter === undefined) settings[said.setting] = said.value
    else parameters[said.parameter] = said.value
  }
  const both = Object.entries(familyOf(name).listed).find((keys) => keys.every((key) => key in settings))
  if (both) throw new TweedieError('input', `operator '${name}': give '${both[0]}' or '${both[1]}', not both`)
  const own = operatorSettingOf({ kind: name, ...settings })
  return { operator: { ...spec, settings: own.settings ?? {} }, parameters }
}

/** A part as plain data. @throws TweedieError `input` when it is to be blind */
const specOf = ({ name, settings = {}, of, blind }: ReturnType<typeof operatorSettingOf>): OperatorSpec => {
  if (blind) throw new TweedieError('input', `operator '${name}': 'blind' is not with --observed`)
  return { name, settings, ...(of ? { of: of.map(specOf) } : {}) }
}
