/**
 * Clean data from wherever they are: a data set by name, a file, or a folder in one of the layouts of the
 * field.
 */
import { TweedieError } from '../error.ts'
import { checkRegular, isAddress, isPlane, isThere } from '../formats/index.ts'
import { nearest } from '../nearest.ts'
import { bunnyDigits, onBunny } from './bunny.ts'
import { cifarLayout } from './cifar.ts'
import {
  type CleanData,
  type CleanSource,
  cleanSource,
  type DataSet,
  type SourceLayout,
  type Split,
  wholeClean,
} from './data-set.ts'
import { era5Layout } from './era5.ts'
import { fashionLayout } from './fashion.ts'
import { fastMriLayout } from './fastmri.ts'
import { arraysLayout, idxLayout, zarrLayout } from './files.ts'
import { imageFolderLayout } from './image-folder.ts'
import { manifold } from './manifold.ts'
import { mnist } from './mnist.ts'
import { macaque, mri } from './mri.ts'
import { photos } from './photos.ts'
import { asGrid } from './sphere.ts'
import { seaSurface, temperatures } from './temperature.ts'
import { readSlices, volumesLayout } from './volumes.ts'
import { winds } from './winds.ts'

/** The data sets with a name, in the order of the help. */
export const dataSets: readonly DataSet[] = [
  mnist,
  photos,
  mri,
  macaque,
  manifold,
  bunnyDigits,
  winds,
  temperatures,
  seaSurface,
]

/** Layouts of files and folders; the first that matches reads. */
export const layouts: readonly SourceLayout[] = [
  zarrLayout,
  volumesLayout,
  idxLayout,
  fastMriLayout,
  arraysLayout,
  era5Layout,
  cifarLayout,
  fashionLayout,
  imageFolderLayout,
]

/** Names of the data sets that ship with the package or are made by it. */
export const dataSetNames: readonly string[] = dataSets.map(({ name }) => name)

/**
 * Other views of a source, by the word before it: images on the bunny, and the sphere as a grid instead of a
 * list of vertices.
 */
const views: Readonly<Record<string, (data: CleanSource) => CleanSource>> = { bunny: onBunny, grid: asGrid }

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
 * | a name of {@link dataSets}, such as `mnist` | shipped with the package, or made by it |
 * | `.npy`, `.npz`, `.safetensors` | `x`, `images`, `data` or the split, else the first; uint8 is k / 255 |
 * | `.zarr`, a folder or the address of one (`https://…`, `s3://…`) | the same fields |
 * | `.nii`, `.nii.gz`, DICOM, or a folder of them | slices of volumes, each divided by its largest value |
 * | `.h5`, or a folder of them | fastMRI volumes |
 * | `…-idx3-ubyte`, also `.gz` | images of MNIST's format |
 * | folder with `data_batch_1.bin` … | CIFAR-10 |
 * | folder with `train-images-idx3-ubyte` … | MNIST's layout, such as Fashion-MNIST |
 * | folder with `.npz` maps, or `era5_…_train` … | ERA5 temperatures as GASP has them, on the sphere |
 * | any other folder | PNG and JPEG images |
 * | `axial:`, `coronal:`, `sagittal:` and volumes | slices along that plane of the body |
 * | `bunny:` and any of these with grey images | the images on the vertices of the bunny, [N, 1, 1896] |
 * | `grid:` and any of these on the sphere | fields [N, 1, 46, 90] instead of vertices [N, 1, 4144] |
 *
 * @returns images as [N, C, H, W]; grey [N, H, W] becomes [N, 1, H, W], signals [N, 1, V] stay
 * @throws TweedieError `input` when there is no such source, or it is damaged
 *
 * @example
 * ```ts
 * const { x, range } = await readClean('cifar-10-batches-bin', { split: 'test' })
 * ```
 */
export const readClean = async (source: string, part: CleanPart = {}): Promise<CleanData> =>
  wholeClean(await openClean(source, part))

/** Which items, and how many. */
export interface CleanPart {
  /** Part of data that come in parts; default `train`. Others are taken whole. */
  readonly split?: Split
  /** How many items are needed: a source may stop reading there, or give more. Default: all. */
  readonly most?: number
}

const layoutOf = (source: string): SourceLayout =>
  layouts.find(({ matches }) => matches(source)) ?? imageFolderLayout

/**
 * As {@link readClean}, of data whose items are read when they are asked for: they may be larger than memory.
 * Data sets with a name and volumes are read whole.
 *
 * @throws TweedieError `input` as {@link readClean}
 *
 * @example
 * ```ts
 * const { shape, rows } = await openClean('photos/')
 * ```
 */
export const openClean = async (
  source: string,
  { split = 'train', most }: CleanPart = {},
): Promise<CleanSource> => {
  const named = dataSets.find(({ name }) => name === source)
  if (named) return cleanSource(named.read(split))
  const [view, ...of] = source.split(':')
  if (of.length > 0 && Object.hasOwn(views, view))
    return views[view](await openClean(of.join(':'), { split, most }))
  if (of.length > 0 && isPlane(view)) {
    const path = of.join(':')
    if (!isThere(path)) throw unknown(path)
    return cleanSource(await readSlices(path, { plane: view, count: most }))
  }
  if (!isThere(source)) throw unknown(source)
  if (!isAddress(source)) checkRegular(source)
  return layoutOf(source).open(source, split, most)
}
