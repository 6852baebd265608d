import { existsSync, statSync } from 'node:fs'
import { extname } from 'node:path'
import { TweedieError } from '../error.ts'
import { decodeIdx, decodeNifti, readArrays, readBytes, readImages, withChannel } from '../formats/index.ts'
import { nearest } from '../nearest.ts'
import { type DataRange, PRIOR_RANGE } from '../operators/index.ts'
import { NdArray, rows } from '../tensor/ndarray.ts'
import { bunnyValid, imagesOnBunny, loadBunnyDigits } from './bunny.ts'
import { isCifarFolder, readCifar } from './cifar.ts'
import { isEra5Folder, readEra5 } from './era5.ts'
import { isIdxFolder, readIdxImages } from './fashion.ts'
import { listVolumes, readFastMri } from './fastmri.ts'
import { smoothManifold } from './manifold.ts'
import { loadMnist } from './mnist.ts'
import { loadMri } from './mri.ts'
import { loadPhotos } from './photos.ts'
import { sphereGrid, sphereValid, sphereVector } from './sphere.ts'
import { loadTemperatures, seaValid } from './temperature.ts'
import { loadWinds } from './winds.ts'

/** Clean data from wherever they are: a data set by name, a file, or a folder in one of the layouts of the field. */

/** Clean data and their units. */
export interface CleanData {
  /** [N, …event]; images are [N, C, H, W]. */
  readonly x: NdArray<'float32'>
  readonly range: DataRange
  /** Of data on points [N, C, V]: [V], 1 where there is a point, 0 for padding and land, which are neither observed nor judged. */
  readonly valid?: NdArray<'float32'>
}

/** Part of data that come in parts. */
export type Split = 'train' | 'val' | 'test' | 'all'

/** Size and seed of the manifold experiment (DiEM 5.1). */
const MANIFOLD = { m: 1, n: 5, seed: 0 } as const
const MANIFOLD_POINTS = 65536

const manifoldPoints = (split: Split): NdArray<'float32'> => {
  const all = smoothManifold({ ...MANIFOLD, count: 2 * MANIFOLD_POINTS })
  return split === 'train' ? rows(all, 0, MANIFOLD_POINTS) : rows(all, MANIFOLD_POINTS, 2 * MANIFOLD_POINTS)
}

const UNIT: DataRange = [0, 1]

/** For data without validation items. @throws TweedieError `input` when they are asked for */
const noVal = (source: string, split: Split): Exclude<Split, 'val'> => {
  if (split !== 'val') return split
  throw new TweedieError(
    'input',
    `${source}: has no validation part; give validation images as a file or folder`,
  )
}

/** The data sets with a name. */
const dataSets: Readonly<Record<string, (split: Split) => CleanData>> = {
  mnist: (split) => ({ x: loadMnist({ split }).images, range: UNIT }),
  photos: (split) => ({ x: loadPhotos(split), range: UNIT }),
  mri: (split) => ({ x: loadMri(split), range: UNIT }),
  'mri-macaque': () => ({ x: loadMri('macaque'), range: UNIT }),
  manifold: (split) => ({ x: manifoldPoints(split), range: PRIOR_RANGE }),
  'bunny-mnist': (split) => ({ x: loadBunnyDigits(split), range: UNIT, valid: bunnyValid() }),
  winds: (split) => ({ x: loadWinds(split), range: UNIT, valid: sphereValid() }),
  temperatures: (split) => ({ x: loadTemperatures(split), range: UNIT, valid: seaValid() }),
  'sea-surface': () => ({ x: loadTemperatures('surface'), range: UNIT, valid: seaValid() }),
}

/** Names of the data sets that ship with the package or are made by it. */
export const dataSetNames: readonly string[] = Object.keys(dataSets)

/** Values as float32; bytes are k / 255. */
const toUnit = ({ dtype, shape, data }: NdArray, where: string): NdArray<'float32'> => {
  if (data instanceof Uint8Array && dtype === 'uint8')
    return new NdArray(
      'float32',
      shape,
      Float32Array.from(data, (byte) => byte / 255),
    )
  if (!(data instanceof Float32Array || data instanceof Float64Array))
    throw new TweedieError('input', `${where} must have dtype float32, float64 or uint8, got ${dtype}`)
  const bad = data.findIndex((value) => !Number.isFinite(value))
  if (bad >= 0) throw new TweedieError('input', `${where} is not finite at flat index ${bad}`)
  return new NdArray('float32', shape, data instanceof Float32Array ? data : Float32Array.from(data))
}

/** The array of a file that holds the data: by name, by split, or the first. */
const ofArrays = (path: string, split: Split): NdArray<'float32'> => {
  const arrays = Object.entries(readArrays(path))
  const names = ['x', 'images', 'data', split]
  const [name, array] = arrays.find(([key]) => names.includes(key)) ?? arrays[0] ?? []
  if (!array) throw new TweedieError('input', `${path}: holds no array`)
  return toUnit(array, `${path}: field '${name}'`)
}

/** Slices of a volume across its last axis, divided by its largest value. */
const ofVolume = (path: string): NdArray<'float32'> => {
  const { shape, data } = decodeNifti(readBytes(path), path).values
  const most = data.reduce((a, b) => Math.max(a, b), 0)
  if (shape.length !== 3 || most === 0)
    throw new TweedieError(
      'input',
      `${path}: expected a volume [Z, Y, X] with a value above zero, got [${shape}]`,
    )
  return new NdArray(
    'float32',
    shape,
    data.map((value) => value / most),
  )
}

const ofFile = (path: string, split: Split): NdArray<'float32'> => {
  const bare = path.toLowerCase().replace(/\.gz$/, '')
  if (extname(bare) === '.nii') return ofVolume(path)
  if (/idx\d-ubyte$/.test(bare)) return toUnit(decodeIdx(readBytes(path), path), `${path}: its elements`)
  return ofArrays(path, split)
}

const ofFolder = async (folder: string, split: Split, most?: number): Promise<NdArray<'float32'>> => {
  if (isCifarFolder(folder)) return readCifar(folder, noVal(folder, split))
  if (isIdxFolder(folder)) return readIdxImages(folder, noVal(folder, split))
  if (listVolumes(folder).length > 0) return readFastMri(folder, most)
  return readImages(folder).images
}

/** Other views of a source, by the word before it: images on the bunny, and the sphere as a grid instead of a list of vertices. */
const views: Readonly<Record<string, (data: CleanData) => CleanData>> = {
  bunny: ({ x, range }) => ({ x: imagesOnBunny(x), range, valid: bunnyValid() }),
  grid: ({ x, range, valid }) => ({ x: sphereGrid(x), range, valid: valid && sphereGrid(valid) }),
}

const unknown = (source: string): TweedieError => {
  const meant = nearest(source, dataSetNames)
  const hint = meant === undefined ? '' : `; did you mean '${meant}'?`
  return new TweedieError(
    'input',
    `${source}: no such file or folder, nor a data set (${dataSetNames.join(', ')})${hint}`,
  )
}

/**
 * Clean data by name, file or folder.
 *
 * | source | what it is |
 * |---|---|
 * | `mnist`, `photos`, `mri`, `mri-macaque`, `manifold`, `bunny-mnist`, `winds`, `temperatures`, `sea-surface` | shipped with the package, or made by it |
 * | `.npy`, `.npz`, `.safetensors` | field `x`, `images`, `data` or the split's name, else the first; uint8 is k / 255 |
 * | `.nii`, `.nii.gz` | slices of a volume, divided by its largest value |
 * | `…-idx3-ubyte`, also `.gz` | images of MNIST's format |
 * | folder with `data_batch_1.bin` … | CIFAR-10 |
 * | folder with `train-images-idx3-ubyte` … | MNIST's layout, such as Fashion-MNIST |
 * | folder with `.h5` | fastMRI volumes |
 * | folder with `.npz` maps, or `era5_…_train` … | ERA5 temperatures as GASP has them, on the sphere |
 * | any other folder | PNG and JPEG images |
 * | `bunny:` and any of these with grey images | the images on the vertices of the bunny, [N, 1, 1896] |
 * | `grid:` and any of these on the sphere | fields [N, 1, 46, 90] instead of vertices [N, 1, 4144] |
 *
 * @param split part of data that come in parts (default `train`); others are taken whole.
 * @param most how many items are needed: a source may stop reading there, or give more.
 * @returns images as [N, C, H, W]; grey [N, H, W] becomes [N, 1, H, W], signals [N, 1, V] stay.
 * @throws TweedieError `input` when there is no such source, or it is damaged.
 * @example
 * ```ts
 * const { x, range } = await readClean('cifar-10-batches-bin', { split: 'test' })
 * ```
 */
export const readClean = async (
  source: string,
  { split = 'train', most }: { split?: Split; most?: number } = {},
): Promise<CleanData> => {
  if (Object.hasOwn(dataSets, source)) return dataSets[source](split)
  const [view, ...of] = source.split(':')
  if (of.length > 0 && Object.hasOwn(views, view))
    return views[view](await readClean(of.join(':'), { split, most }))
  if (!existsSync(source)) throw unknown(source)
  if (isEra5Folder(source))
    return { x: sphereVector(readEra5(source, { split, most })), range: UNIT, valid: sphereValid() }
  const x = statSync(source).isDirectory() ? await ofFolder(source, split, most) : ofFile(source, split)
  return { x: withChannel(x), range: UNIT }
}
