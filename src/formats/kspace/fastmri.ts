/**
 * K-space of fastMRI's files (J. Zbontar et al. 2018): `kspace`, complex [slices, coils, H, W], or
 * [slices, H, W] of a single coil, and where columns were left out `mask` [W].
 *
 * What all coils have as exactly zero was not measured: columns that were left out or padded.
 */
import type { Dataset } from 'h5wasm/node'
import { NdArray } from '../../tensor/ndarray.ts'
import { wrong } from '../bytes/bytes.ts'
import { datasetIn, H5T, type Hdf5, textIn, type WithHdf5, withEntries } from '../hdf5.ts'
import { imageRows } from './ismrmrd-header.ts'
import { allocated, type Images, type Scan } from './kspace.ts'

export const KSPACE = 'kspace'

const HEADER = 'ismrmrd_header'

/** Numbers from the bytes of complex ones: real and imaginary part in turn. */
type Numbers = (bytes: Uint8Array) => Float32Array | Float64Array

/** How complex numbers are stored: two floats, as h5py and MATLAB have them. */
const numbersOf = (dataset: Dataset, path: string): Numbers => {
  const { type, size, compound_type: compound } = dataset.metadata
  const [re, im, ...more] = compound?.members ?? []
  const isFloat = [re, im].every(
    (part) => part?.type === H5T.float && part.littleEndian && part.size * 2 === size,
  )
  if (type !== H5T.compound || !isFloat || more.length > 0 || re.offset !== 0 || ![8, 16].includes(size))
    throw wrong(path, `dataset '${KSPACE}' must have dtype complex64 or complex128`)
  return (bytes) => {
    const { buffer } = bytes.slice()
    return size === 8 ? new Float32Array(buffer) : new Float64Array(buffer)
  }
}

/** The mask of the file, [W]; undefined when it has none. */
const maskIn = (file: Hdf5, width: number): number[] | undefined => {
  if (!file.root.keys().includes('mask')) return undefined
  const { dataset, shape } = datasetIn(file, file.root, 'mask')
  const { value } = dataset
  const values = ArrayBuffer.isView(value) && 'length' in value ? Array.from(value, Number) : []
  const bad = values.find((v) => v !== 0 && v !== 1)
  if (values.length !== width || bad !== undefined)
    throw wrong(file.path, `dataset 'mask' must be ${width} numbers 0 or 1, got ${bad ?? `[${shape}]`}`)
  return values
}

/** Rows of the image, as the header of the scanner's file says it, which comes along in `ismrmrd_header`. */
const rowsIn = (file: Hdf5, height: number): number => {
  const there = file.root.keys().includes(HEADER)
  const text = there ? textIn(file, file.root, HEADER) : undefined
  return text === undefined ? height : imageRows(text, height)
}

/** What a file has. */
const contentOf = (file: Hdf5) => {
  const { path } = file
  const { dataset, shape } = datasetIn(file, file.root, KSPACE)
  const numbers = numbersOf(dataset, path)
  const [slices, coils, height, width] = shape.length === 3 ? [shape[0], 1, ...shape.slice(1)] : shape
  if (![3, 4].includes(shape.length) || shape.some((n) => n === 0))
    throw wrong(path, `dataset '${KSPACE}' must be [slices, coils, H, W] or [slices, H, W], got [${shape}]`)
  return { dataset, numbers, slices, coils, height, width, columns: maskIn(file, width) }
}

/** Slices `from … to − 1` of a file. */
const slicesOf = (file: Hdf5, from: number, to: number): Images => {
  const { dataset, numbers, coils, height, width, columns } = contentOf(file)
  const count = to - from
  const size = height * width
  const kspace = allocated(count * 2 * coils * size, file.path)
  const mask = allocated(count * size, file.path)
  for (let n = 0; n < count; n++) {
    const parts = withEntries(file, dataset, [from + n, from + n + 1], numbers)
    for (let c = 0; c < coils; c++)
      for (let p = 0; p < size; p++) {
        const at = 2 * (c * size + p)
        const [re, im] = [parts[at], parts[at + 1]]
        if ((re === 0 && im === 0) || columns?.[p % width] === 0) continue
        kspace[(2 * n * coils + c) * size + p] = re
        kspace[((2 * n + 1) * coils + c) * size + p] = im
        mask[n * size + p] = 1
      }
  }
  return {
    kspace: new NdArray('float32', [count, 2 * coils, height, width], kspace),
    mask: new NdArray('float32', [count, 1, height, width], mask),
  }
}

/** The k-space of a file: its slices are read when they are asked for. @param most - where to stop */
export const fastMriScan = (file: Hdf5, withHdf5: WithHdf5, most: number): Scan => {
  const { path } = file
  const { slices, coils, height, width } = contentOf(file)
  return {
    name: path,
    shape: [Math.min(slices, most), 2 * coils, height, width],
    rows: rowsIn(file, height),
    images: (from, to) => withHdf5(path, (again) => slicesOf(again, from, to)),
  }
}
