/** The XML header of an ISMRMRD file (ismrmrd.xsd): what Cartesian k-space in the plane needs of it. */
import { wrong } from '../bytes/bytes.ts'

export interface IsmrmrdHeader {
  /** Readout, phase encoding. */
  readonly matrix: readonly [number, number]
  /** Rows of the image, see {@link rowsOf}. */
  readonly rows: number
  /** Step of the phase encoding that is frequency 0; half the matrix when the header does not say it. */
  readonly centre: number
  /** Noise bandwidth of the receiver relative to the nominal one, default 1. */
  readonly relativeBandwidth: number
}

/** The content of the first element of a name, with or without the prefix of a namespace. */
const inside = (xml: string, name: string): string | undefined =>
  new RegExp(`<(?:[\\w-]+:)?${name}(?:\\s[^>]*)?>([\\s\\S]*?)</(?:[\\w-]+:)?${name}\\s*>`).exec(xml)?.[1]

const numberIn = (xml: string | undefined, name: string): number | undefined => {
  const text = xml === undefined ? undefined : inside(xml, name)
  return text === undefined || text.trim() === '' ? undefined : Number(text)
}

const isSize = (n: number | undefined): n is number => n !== undefined && n > 0 && Number.isFinite(n)

/**
 * Rows of the image, without the oversampling of the readout: the part of the encoded rows that the image's
 * field of view is of the encoded one, or the image's matrix where a header does not say these. All rows when
 * it says neither, or no fewer.
 */
const rowsOf = (encoding: string, encodedRows: number): number => {
  const [encoded, image] = ['encodedSpace', 'reconSpace'].map((space) => {
    const of = (name: string) => numberIn(inside(inside(encoding, space) ?? '', name), 'x')
    return { matrix: of('matrixSize'), view: of('fieldOfView_mm') }
  })
  const rows =
    isSize(encoded.view) && isSize(image.view)
      ? Math.round((encodedRows * image.view) / encoded.view)
      : image.matrix
  return isSize(rows) && Number.isInteger(rows) && rows < encodedRows ? rows : encodedRows
}

const withoutComments = (text: string): string => text.replace(/<!--[\s\S]*?-->/g, '')

/** Rows of the image of so many encoded ones; all of them for a header of another matrix. */
export const imageRows = (text: string, encodedRows: number): number => {
  const encoding = inside(withoutComments(text), 'encoding') ?? ''
  const matrix = inside(inside(encoding, 'encodedSpace') ?? '', 'matrixSize')
  return numberIn(matrix, 'x') === encodedRows ? rowsOf(encoding, encodedRows) : encodedRows
}

/**
 * @param where - file and dataset, for messages
 * @throws TweedieError `input` when the header lacks the matrix, or the data are not Cartesian in the plane
 */
export const parseIsmrmrdHeader = (text: string, where: string): IsmrmrdHeader => {
  const xml = withoutComments(text)
  const encoding = inside(xml, 'encoding') ?? ''
  const trajectory = inside(encoding, 'trajectory')?.trim() ?? 'none'
  if (trajectory !== 'cartesian')
    throw wrong(where, `field 'trajectory' must be cartesian, got ${trajectory}; grid the data first`)
  const matrix = inside(inside(encoding, 'encodedSpace') ?? '', 'matrixSize')
  const [x, y, z] = ['x', 'y', 'z'].map((axis) => numberIn(matrix, axis) ?? Number.NaN)
  if (![x, y, z].every((n) => Number.isInteger(n) && n > 0))
    throw wrong(where, `field 'encodedSpace.matrixSize' must be three positive integers, got ${[x, y, z]}`)
  if (z !== 1)
    throw wrong(
      where,
      `field 'encodedSpace.matrixSize.z' must be 1, got ${z}: only two-dimensional data are read`,
    )
  const limits = inside(inside(encoding, 'encodingLimits') ?? '', 'kspace_encoding_step_1')
  const centre = numberIn(limits, 'center') ?? Math.floor(y / 2)
  const relativeBandwidth = numberIn(xml, 'relativeReceiverNoiseBandwidth') ?? 1
  if (!Number.isInteger(centre) || !(relativeBandwidth > 0 && Number.isFinite(relativeBandwidth)))
    throw wrong(where, `has a centre of k-space ${centre} or a relative bandwidth ${relativeBandwidth}`)
  return { matrix: [x, y], rows: rowsOf(encoding, x), centre, relativeBandwidth }
}
