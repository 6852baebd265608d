/** Noise of own observations: a level for each entry or observation, or a covariance. */
import { TweedieError } from '../../error.ts'
import { asFloat32, type FileNumbers, type NumberRows, wrong } from '../../formats/index.ts'
import type { ComplexMatrix } from '../../linalg/index.ts'
import { families, familyOf, type OperatorSpec } from '../../operators/index.ts'
import { type NdArray, reshaped, type Shape, sizeOf, toNumbers } from '../../tensor/index.ts'
import { repeated } from './axes.ts'
import { type SetArray, setArray } from './set-array.ts'

/** Drops the channel axis of one y where it is 1. */
const withoutChannel = ([channels, ...rest]: Shape): Shape[] =>
  channels === 1 && rest.length > 0 ? [rest] : []

/**
 * The shapes that standard deviations may have, each with the axes of y that it stands for.
 *
 * @param complex - whether y holds complex numbers: then one level may serve both parts
 */
const formsOf = ([count, ...item]: Shape, complex: boolean): (readonly [given: Shape, full: Shape])[] => {
  const ones = item.map(() => 1)
  const [channels, ...rest] = item
  const items = complex ? [item, [channels / 2, ...rest]] : [item]
  const shared = items.flatMap((one) => [one, ...withoutChannel(one)].map((given) => [given, one] as const))
  return [
    [[count], [count, ...ones]],
    ...shared.map(([given, one]) => [given, [1, ...one]] as const),
    ...shared.map(
      ([given, one]) =>
        [
          [count, ...given],
          [count, ...one],
        ] as const,
    ),
    ...shared.map(
      ([given, one]) =>
        [
          [1, ...given],
          [1, ...one],
        ] as const,
    ),
    [
      [count, ...ones],
      [count, ...ones],
    ],
  ]
}

/** The levels of complex numbers for both parts, which stand one after the other. */
const forBothParts = (levels: NdArray<'float32'>, [, channels]: Shape): NdArray<'float32'> => {
  const [count, own, ...rest] = levels.shape
  if (own === channels || own === 1) return levels
  const paired = reshaped(levels, [count, 1, own, ...rest])
  return reshaped(repeated(paired, [count, 2, own, ...rest]), [count, channels, ...rest])
}

/**
 * The axes of y that standard deviations stand for.
 *
 * @param noise - of the shape of y, of one of its items, or [N]; of complex y that of each part
 * @param y - shape of the observations
 * @throws TweedieError `input` for other shapes, and for [N] where it may as well be an item
 */
const formOf = (noise: NumberRows, y: Shape, complex: boolean, where: string): Shape => {
  if (noise.complex) throw wrong(where, "field 'noise' must be real, got complex numbers")
  const { shape } = noise
  const forms = formsOf(y, complex).filter(([given]) => String(given) === String(shape))
  const full = [...new Map(forms.map(([, axes]) => [String(axes), axes])).values()]
  if (full.length === 0)
    throw wrong(
      where,
      `field 'noise' must be one number, [${y[0]}], or of the shape of y, [${y}], or of one of its items, ` +
        `got [${shape}]`,
    )
  if (full.length > 1)
    throw wrong(
      where,
      `field 'noise' of shape [${shape}] may be of observations or of entries; save it as ` +
        full.map((axes) => `[${axes}]`).join(' or '),
    )
  return full[0]
}

/**
 * The standard deviation of each entry of y, [N, ...] or [1, ...], as sets have it.
 *
 * @throws TweedieError `input` as {@link formOf}
 */
export const stdOf = (noise: NumberRows, y: Shape, complex: boolean, where: string): SetArray => {
  const [count, ...axes] = formOf(noise, y, complex, where)
  return setArray(noise, [count, ...y.slice(1)], y[0], (array) => {
    const levels = asFloat32(array, 'noise', false, where)
    const item = reshaped(levels, [levels.size / sizeOf(axes), ...axes])
    const both = forBothParts(item, y)
    return repeated(both, [both.shape[0], ...y.slice(1)])
  })
}

const ROUNDING = 1e-5

/**
 * A covariance [n, n].
 *
 * @throws TweedieError `input` unless it has that shape, is finite and Hermitian, and the operator takes one
 */
export const covarianceOf = (
  covariance: FileNumbers,
  { name }: OperatorSpec,
  y: Shape,
  where: string,
): ComplexMatrix => {
  const { whitening } = familyOf(name)
  if (!whitening) {
    const takers = families.flatMap((family) => (family.whitening ? [family.name] : [])).join(' and ')
    throw new TweedieError(
      'input',
      `operator '${name}' takes no noise covariance, ${takers} do; the matrix of y = x + noise is np.eye(D)`,
    )
  }
  const n = whitening.size(y)
  const width = covariance.complex ? 2 : 1
  const shape = covariance.complex ? covariance.array.shape.slice(0, -1) : covariance.array.shape
  if (String(shape) !== `${n},${n}`)
    throw wrong(where, `a noise covariance of [${n}, ${n}] is needed, got [${shape}]`)
  const values = toNumbers(covariance.array)
  const part = (of: number) =>
    Float64Array.from({ length: n * n }, (_, i) => (of < width ? values[i * width + of] : 0))
  const C = { re: part(0), im: part(1) }
  if (values.some((v) => !Number.isFinite(v))) throw wrong(where, 'a noise covariance must be finite')
  const scale = ROUNDING * Math.max(...Array.from({ length: n }, (_, i) => C.re[i * n + i]))
  for (let i = 0; i < n; i++)
    for (let j = 0; j <= i; j++) {
      const [a, b] = [i * n + j, j * n + i]
      if (!(Math.abs(C.re[a] - C.re[b]) <= scale && Math.abs(C.im[a] + C.im[b]) <= scale))
        throw wrong(where, `a noise covariance must equal its conjugate transpose, not at [${i}, ${j}]`)
    }
  return C
}
