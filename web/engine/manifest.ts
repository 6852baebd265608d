/**
 * The manifest beside a sampler's `.onnx`, as `exportSampler` of `tweedie/amortize` writes it, and what was
 * measured of the sampler on data that it has not seen (`validation`, by `scripts/prepare-gallery.ts`).
 */

/** Lowest and highest value, both included. */
export type Range = readonly [low: number, high: number]

/** One array that goes in or comes out. */
interface ManifestArray {
  readonly name: string
  readonly shape: readonly number[]
}

/** A kind of mask, by how much it keeps and how that lies; what was measured on such observations. */
export interface Cell {
  /** `random pixels`, `a box`: as a sentence has it. */
  readonly kind: string
  /** Number of observations. */
  readonly count: number
  /** Ranges over these observations. */
  readonly kept: Range
  readonly noise: Range
  readonly hole: Range
  readonly edges: Range
  readonly residual: Range
  readonly logq?: Range
  /** Share of the deleted entries whose 90 % interval held the truth, and its standard error. */
  readonly coverage: number
  readonly standardError: number
  /** Of the mean, dB. */
  readonly psnr: number
}

/** What was measured on data with known truth. */
export interface Validation {
  /** `held-out digits`: as a sentence has it. */
  readonly data: string
  readonly cells: readonly Cell[]
}

export interface Manifest {
  readonly inputs: readonly ManifestArray[]
  readonly outputs: readonly ManifestArray[]
  /** Draws K of one run. */
  readonly draws: number
  readonly range: Range
  /** Bytes of the model. */
  readonly bytes?: number
  /** Absent of a sampler that nobody has measured. */
  readonly validation?: Validation
}

type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const wrong = (what: string): Error => new Error(`the sampler's manifest: ${what}`)

const fieldsOf = (value: unknown, where: string): Fields => {
  if (isFields(value)) return value
  throw wrong(`${where} must be an object`)
}

const listOf = <T>(value: unknown, where: string, item: (value: unknown, where: string) => T): T[] => {
  if (Array.isArray(value)) return value.map((v, i) => item(v, `${where}[${i}]`))
  throw wrong(`${where} must be a list`)
}

const numberOf = (value: unknown, where: string): number => {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw wrong(`${where} must be a number`)
}

const textOf = (value: unknown, where: string): string => {
  if (typeof value === 'string') return value
  throw wrong(`${where} must be text`)
}

const rangeOf = (value: unknown, where: string): Range => {
  const [low, high, ...rest] = listOf(value, where, numberOf)
  if (rest.length === 0 && low <= high) return [low, high]
  throw wrong(`${where} must be two numbers that ascend`)
}

const sizeIn = (value: unknown, where: string): number => {
  const size = numberOf(value, where)
  if (Number.isInteger(size) && size >= 1 && size <= 1e7) return size
  throw wrong(`${where} must be a positive whole number`)
}

const arrayOf = (value: unknown, where: string): ManifestArray => {
  const { name, shape, dtype } = fieldsOf(value, where)
  if (dtype !== 'float32') throw wrong(`${where} must be of float32`)
  return { name: textOf(name, `${where}.name`), shape: listOf(shape, `${where}.shape`, sizeIn) }
}

const cellOf = (value: unknown, where: string): Cell => {
  const fields = fieldsOf(value, where)
  const range = (name: string) => rangeOf(fields[name], `${where}.${name}`)
  const number = (name: string) => numberOf(fields[name], `${where}.${name}`)
  return {
    kind: textOf(fields.kind, `${where}.kind`),
    count: number('count'),
    kept: range('kept'),
    noise: range('noise'),
    hole: range('hole'),
    edges: range('edges'),
    residual: range('residual'),
    ...(fields.logq === undefined ? {} : { logq: range('logq') }),
    coverage: number('coverage'),
    standardError: number('standardError'),
    psnr: number('psnr'),
  }
}

const validationOf = (value: unknown): Validation => {
  const { data, cells } = fieldsOf(value, 'validation')
  return { data: textOf(data, 'validation.data'), cells: listOf(cells, 'validation.cells', cellOf) }
}

/**
 * What a manifest says, checked.
 *
 * @param value - parsed JSON
 * @throws Error in one line, for anything that is no manifest of a sampler
 */
export const manifestOf = (value: unknown): Manifest => {
  const { format, version, inputs, outputs, draws, range, bytes, validation } = fieldsOf(value, 'it')
  if (format !== 'tweedie-sampler') throw wrong("format must be 'tweedie-sampler'")
  if (version !== 2 && version !== 3) throw wrong(`version must be 2 or 3, got ${version}`)
  return {
    inputs: listOf(inputs, 'inputs', arrayOf),
    outputs: listOf(outputs, 'outputs', arrayOf),
    draws: sizeIn(draws, 'draws'),
    range: rangeOf(range, 'range'),
    ...(bytes === undefined ? {} : { bytes: sizeIn(bytes, 'bytes') }),
    ...(validation === undefined ? {} : { validation: validationOf(validation) }),
  }
}

/** Shape of one x, [C, H, W], of a sampler of images. @throws Error for any other */
export const imageShape = ({
  outputs,
}: Manifest): readonly [channels: number, height: number, width: number] => {
  const [, channels, height, width, ...rest] = outputs.find(({ name }) => name === 'x')?.shape ?? []
  if (width !== undefined && rest.length === 0) return [channels, height, width]
  throw wrong('its x is no image')
}
