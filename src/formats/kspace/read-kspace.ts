/** K-space from files and folders. */
import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { LongCall } from '../../progress.ts'
import { wrong } from '../bytes/bytes.ts'
import { unreadable } from '../bytes/descriptor.ts'
import { loadedHdf5, type WithHdf5 } from '../hdf5.ts'
import { fastMriScan, KSPACE } from './fastmri.ts'
import { ismrmrdScan, type LastFile, rawDataIn } from './ismrmrd.ts'
import { type FileRows, joinedScans, type KSpace, type Scan } from './kspace.ts'

const isHdf5 = (path: string): boolean => /\.(h5|hdf5|mrd)$/i.test(path)

/** The files of k-space at a path, sorted by name. */
const filesAt = (path: string): string[] => {
  try {
    if (!statSync(path).isDirectory()) return [path]
    return readdirSync(path)
      .filter((name) => isHdf5(name) && !name.startsWith('.'))
      .map((name) => join(path, name))
      .sort()
  } catch (error) {
    throw unreadable(path, error)
  }
}

/** Whether a path, which exists, may hold k-space: an HDF5 file by its extension, or a folder with some. */
export const isKspace = (path: string): boolean => filesAt(path).some(isHdf5)

/** The k-space of one file, by its layout. */
const scanOf = (withHdf5: WithHdf5, path: string, most: number, last: LastFile): Scan =>
  withHdf5(path, (file) => {
    if (file.root.keys().includes(KSPACE)) return fastMriScan(file, withHdf5, most)
    const group = rawDataIn(file)
    if (group) return ismrmrdScan(file, withHdf5, { group, most, last })
    const held = file.root.keys().join(', ') || 'nothing'
    throw wrong(
      path,
      `holds neither 'kspace' (fastMRI) nor a group with 'data' and 'xml' (ISMRMRD), but ${held}`,
    )
  })

/** What opening k-space takes. */
export interface KspaceOptions extends LongCall {
  /** Enough images: reading stops there. */
  readonly most?: number
}

/**
 * Opens measured k-space, see {@link readKspace}, whose images are read when they are asked for: slice by
 * slice of fastMRI's files, file by file of ISMRMRD's. All are gone through once, for what their masks have
 * in common.
 *
 * @throws TweedieError `input` as {@link readKspace}; `interrupted`
 *
 * @example
 * ```ts
 * const { kspace, mask } = await openKspace('scans/')
 * const first = kspace.rows(0, 8) // [8, 2 coils, H, W]
 * ```
 */
export const openKspace = async (
  path: string,
  { most = Number.POSITIVE_INFINITY, ...call }: KspaceOptions = {},
): Promise<KSpace<FileRows>> => {
  const files = filesAt(path)
  if (files.length === 0) throw wrong(path, 'no .h5 file in this folder')
  const withHdf5 = await loadedHdf5()
  const scans: Scan[] = []
  const last: LastFile = {}
  for (let count = 0; scans.length < files.length && count < most; ) {
    const scan = scanOf(withHdf5, files[scans.length], most - count, last)
    scans.push(scan)
    count += scan.shape[0]
  }
  return joinedScans(scans, path, call)
}

/**
 * Measured k-space: fastMRI's files of one or several coils, or ISMRMRD's Cartesian raw data in the plane.
 * It stays in the units of the files, and so does the oversampling of the readout: `rows` says how much of it
 * is the image. Axes and centre are those of `multiCoilFourier`, so that `kspace` is its y and `mask` its
 * mask.
 *
 * @param path - HDF5 file, or a folder of `.h5`, `.hdf5` or `.mrd`
 * @param most - enough images: reading stops there
 * @returns slice after slice, file after file
 * @throws TweedieError `input` when a file is damaged, of another layout, not finite, or coils and sizes
 * differ
 *
 * @example
 * ```ts
 * const { kspace, mask, noiseCovariance } = await readKspace('scans/') // kspace: [N, 2 coils, H, W]
 * ```
 */
export const readKspace = async (path: string, most?: number): Promise<KSpace> => {
  const { kspace, mask, ...rest } = await openKspace(path, { most })
  return { ...rest, kspace: kspace.whole(), mask: mask.whole() }
}
