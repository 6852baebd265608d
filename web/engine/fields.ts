/** Fields of a manifest, checked: what is wrong is said in one line. */

/** Lowest and highest value, both included. */
export type Range = readonly [low: number, high: number]

export type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export const wrong = (what: string): Error => new Error(`the sampler's manifest: ${what}`)

export const fieldsOf = (value: unknown, where: string): Fields => {
  if (isFields(value)) return value
  throw wrong(`${where} must be an object`)
}

export const listOf = <T>(value: unknown, where: string, item: (value: unknown, where: string) => T): T[] => {
  if (Array.isArray(value)) return value.map((v, i) => item(v, `${where}[${i}]`))
  throw wrong(`${where} must be a list`)
}

export const numberOf = (value: unknown, where: string): number => {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw wrong(`${where} must be a number`)
}

export const textOf = (value: unknown, where: string): string => {
  if (typeof value === 'string') return value
  throw wrong(`${where} must be text`)
}

const ascending = (low: number, high: number, where: string): Range => {
  if (low <= high) return [low, high]
  throw wrong(`${where} must be two numbers that ascend`)
}

/** `[low, high]`. */
export const pairOf = (value: unknown, where: string): Range => {
  const [low, high, ...rest] = listOf(value, where, numberOf)
  if (rest.length === 0 && high !== undefined) return ascending(low, high, where)
  throw wrong(`${where} must be two numbers that ascend`)
}

/** `{ from, to }`. */
export const rangeOf = (value: unknown, where: string): Range => {
  const { from, to } = fieldsOf(value, where)
  return ascending(numberOf(from, `${where}.from`), numberOf(to, `${where}.to`), where)
}

export const sizeIn = (value: unknown, where: string): number => {
  const size = numberOf(value, where)
  if (Number.isInteger(size) && size >= 1 && size <= 1e7) return size
  throw wrong(`${where} must be a positive whole number`)
}
