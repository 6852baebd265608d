/** Operators on a command line: settings as key=value. */
import { parse } from 'yaml'
import { TweedieError } from '../../error.ts'
import { isRecord } from '../../json.ts'

/** Whether a value is a list of operators, each with its settings. */
const areOperators = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.every(
    (part) =>
      isRecord(part) && typeof part.kind === 'string' && (part.of === undefined || areOperators(part.of)),
  )

/** The operators that one is made of, as YAML. */
const operatorsIn = (text: string): unknown => {
  try {
    const value: unknown = parse(text)
    if (areOperators(value)) return value
  } catch {
    // said below
  }
  throw new TweedieError(
    'input',
    `'of=${text}': expected a list of operators, of=[{kind: blur, sigma: 2}, …]`,
  )
}

/** A value of a setting: operators, a number, true or false, else text. */
export const settingValue = (key: string, text: string): unknown => {
  if (key === 'of') return operatorsIn(text)
  if (text === 'true' || text === 'false') return text === 'true'
  const number = Number(text)
  return text.trim() === '' || Number.isNaN(number) ? text : number
}

/** Arguments key=value, each key once. @throws TweedieError `input` for others */
export const pairsOf = (settings: readonly string[]): (readonly [key: string, text: string])[] => {
  const pairs = settings.map((text) => {
    const at = text.indexOf('=')
    if (at < 1) throw new TweedieError('input', `'${text}': expected a setting of the operator, key=value`)
    return [text.slice(0, at), text.slice(at + 1)] as const
  })
  const keys = pairs.map(([key]) => key)
  const twice = keys.find((key, i) => keys.indexOf(key) < i)
  if (twice !== undefined) throw new TweedieError('input', `'${twice}' is given twice`)
  return pairs
}

/** @throws TweedieError `input` for a model file in the place of an operator's name */
export const checkOperatorName = (name: string): void => {
  if (!/\.(onnx|pt|pth|py|js|ts)$/i.test(name)) return
  throw new TweedieError(
    'input',
    `--operator ${name}: an operator of your own as a program or an ONNX file is not supported yet; ` +
      'a linear one is --operator projection matrix=A.npy, its columns the operator on unit vectors',
  )
}
