/**
 * What the command line says to damaged, absurd and contradictory files: one line, the right code, nothing
 * left behind.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { zipSync } from 'fflate'
import { describe } from 'vitest'
import { encodeNpy, encodeNpz, encodeSafetensors } from '../../src/formats/index.ts'
import { full, ndarray, scalar } from '../../src/tensor/ndarray.ts'
import { encodeNifti } from '../datasets/layouts.ts'
import { encodeDicom } from '../formats/volumes/dicom-writer.ts'
import {
  type Case,
  eachCase,
  HUGE,
  half,
  learn,
  mask,
  N,
  noise,
  npyWith,
  observe,
  own,
  png,
  safetensorsWith,
  set,
  withElement,
  y,
} from './hostile.ts'

const arrayFiles: Case[] = [
  {
    name: 'a truncated .npy',
    files: own({ 'y.npy': half(encodeNpy(y)) }),
    args: observe,
    says: /^y\.npy: truncated/,
  },
  {
    name: 'a .npy whose header asks for 4 TB',
    files: own({ 'y.npy': npyWith(HUGE, 64) }),
    args: observe,
    says: /^y\.npy: truncated: .*needs 4000000000000 bytes of data, the file has 64$/,
  },
  {
    name: 'a .npy of integers',
    files: own({ 'y.npy': encodeNpy(full([N, 1, 8, 8], 3, 'int32')) }),
    args: observe,
    says: /field 'y' must have dtype float32 or float64, got int32/,
  },
  {
    name: 'a .npy that is something else',
    files: own({ 'y.npy': 'hello' }),
    args: observe,
    says: /^y\.npy: /,
  },
  {
    name: 'a truncated .npz',
    files: { 'set.npz': half(set({})) },
    args: learn('set.npz'),
    says: /^set\.npz: /,
  },
  {
    name: 'a .npz whose member asks for 4 TB',
    files: { 'set.npz': zipSync({ 'y.npy': npyWith(HUGE, 64) }) },
    args: learn('set.npz'),
    says: /^set\.npz.*needs 4000000000000 bytes/,
  },
  {
    name: 'a .npz of integers',
    files: { 'set.npz': set({ y: full([N, 1, 8, 8], 3, 'int64') }) },
    args: learn('set.npz'),
    says: /^set\.npz: field 'y' must have dtype float32 or float64, got int64/,
  },
  {
    name: 'a truncated .safetensors',
    files: { 'set.safetensors': half(encodeSafetensors({ y, mask, noise })) },
    args: learn('set.safetensors'),
    says: /^set\.safetensors: /,
  },
  {
    name: 'a .safetensors whose header has 2^60 bytes',
    files: { 'set.safetensors': safetensorsWith({}, 2n ** 60n) },
    args: learn('set.safetensors'),
    says: /^set\.safetensors: .*1152921504606846976/,
  },
  {
    name: 'a .safetensors of an unknown dtype',
    files: {
      'set.safetensors': safetensorsWith({ y: { dtype: 'F8_E4M3', shape: [0], data_offsets: [0, 0] } }),
    },
    args: learn('set.safetensors'),
    says: /^set\.safetensors: .*F8_E4M3/,
  },
  {
    name: 'a .safetensors of integers',
    files: { 'set.safetensors': encodeSafetensors({ y: full([N, 4], 3, 'int32'), noise }) },
    args: learn('set.safetensors'),
    says: /field 'y' must have dtype float32 or float64, got int32/,
  },
  { name: 'a missing file', args: learn('nowhere.npz'), says: /^nowhere\.npz: cannot read: no such file/ },
  { name: 'an unknown format', args: learn('set.txt'), says: /^set\.txt: extension must be one of/ },
]

const observations: Case[] = [
  {
    name: 'NaN among the observations',
    files: own({ 'y.npy': encodeNpy(withElement(y, 70, Number.NaN)) }),
    args: observe,
    says: /field 'y' has 1 values that are NaN or infinite, the first at \[1, 0, 0, 6\]/,
  },
  {
    name: 'NaN in an observation set',
    files: { 'set.npz': set({ y: withElement(y, 0, Number.POSITIVE_INFINITY) }) },
    args: learn('set.npz'),
    says: /^set\.npz: field 'y' has 1 values that are NaN or infinite/,
  },
  {
    name: 'a mask of grey',
    files: own({ 'mask.npy': encodeNpy(withElement(mask, 1, 0.5)) }),
    args: observe,
    says: /field 'mask' must be 0 or 1 \(1 = observed\), got 0\.5 at \[0, 0, 0, 1\]/,
  },
  {
    name: 'a mask of another size',
    files: own({ 'mask.npy': encodeNpy(full([N, 1, 8, 9], 1, 'uint8')) }),
    args: observe,
    says: /field 'mask' must have the shape \[1\|6, 1, 8, 8\], got \[6,1,8,9\]/,
  },
  {
    name: 'no noise',
    files: own({}),
    args: observe.with(observe.indexOf('0.05'), '0'),
    says: /^--noise: expected a number above 0 or a file of numbers, got '0'$/,
  },
  {
    name: 'negative noise',
    files: own({}),
    args: observe.with(observe.indexOf('0.05'), '-1'),
    says: /^--noise: expected a number above 0 or a file of numbers, got '-1'$/,
  },
  {
    name: 'observations of unknown noise',
    files: own({}),
    args: ['observe', 'y.npy', '--observed', '-o', 'out.npz'],
    says: /^--observed needs --noise/,
  },
  {
    name: 'a range upside down',
    files: own({}),
    args: [...observe, '--range=1,0'],
    says: /^--range: expected two numbers, low,high, got '1,0'/,
  },
  {
    name: 'no noise in an observation set',
    files: { 'set.npz': set({ noise: scalar(0, 'float64') }) },
    args: learn('set.npz'),
    says: /^set\.npz: field 'noise' must be a positive/,
  },
  {
    name: 'a set without noise',
    files: { 'set.npz': encodeNpz({ y, mask }) },
    args: learn('set.npz'),
    says: /^set\.npz: an observation set needs the field 'noise'/,
  },
  {
    name: 'a field that no set has',
    files: { 'set.npz': encodeNpz({ y, maks: mask, noise }) },
    args: learn('set.npz'),
    says: /^set\.npz: unknown field 'maks'; did you mean 'mask'\?/,
  },
  {
    name: 'an operator that is not linear, with a start that needs one',
    files: { 'x.npy': encodeNpy(y) },
    args: ['learn', 'config.yaml', 'data.clean=x.npy', 'data.observe.operator.kind=clip', '-o', 'run'],
    says: /^field 'gaussian\.eStep': 'exact' needs a linear operator, 'clip' is not linear; use diffusion/,
  },
  {
    name: 'an operator that is not linear, with a closed form',
    files: { 'x.npy': encodeNpy(y) },
    args: [
      ...['learn', 'config.yaml', 'data.clean=x.npy', 'data.observe.operator.kind=clip'],
      ...['gaussian.eStep=moments', '-o', 'run'],
    ],
    says: /^field 'gaussian\.eStep': 'moments' needs a linear operator, 'clip' is not linear; use diffusion/,
  },
  {
    name: 'a set of an operator that nobody knows',
    files: {
      'set.npz': encodeNpz({
        y,
        noise,
        operator: ndarray(
          [...Buffer.from('{"name":"blurr","linear":true,"event":[1,8,8],"settings":{}}')],
          undefined,
          'uint8',
        ),
      }),
    },
    args: learn('set.npz'),
    says: /^set\.npz: unknown operator 'blurr'; did you mean 'blur'\?/,
  },
  {
    name: 'an operator that does not fit the data',
    files: { 'x.npy': encodeNpy(y) },
    args: ['observe', 'x.npy', 'factor=3', '--operator', 'pool', '-o', 'out.npz'],
    says: /^average-pool: factor 3 does not divide images of 8×8/,
  },
  {
    name: 'images without masks',
    files: { 'damaged/a.png': png(0.5) },
    args: ['observe', 'damaged', '--observed', '--noise', '0.05', '-o', 'out.npz'],
    says: /^damaged: a folder of damaged images needs --mask/,
  },
  {
    name: 'an image without its mask',
    files: { 'damaged/a.png': png(0.5), 'damaged/b.png': png(0.5), 'masks/a.png': png(1) },
    args: ['observe', 'damaged', '--observed', '--mask', 'masks', '--noise', '0.05', '-o', 'out.npz'],
    says: /^masks\/b\.png: missing; images and masks need the same names/,
  },
  {
    name: 'images of two sizes',
    files: {
      'damaged/a.png': png(0.5),
      'damaged/b.png': png(0.5, 4),
      'masks/a.png': png(1),
      'masks/b.png': png(1),
    },
    args: ['observe', 'damaged', '--observed', '--mask', 'masks', '--noise', '0.05', '-o', 'out.npz'],
    says: /^damaged\/b\.png: image of shape \[1,4,4\], but a\.png has \[1,8,8\]/,
  },
  {
    name: 'a grey mask image',
    files: { 'damaged/a.png': png(0.5), 'masks/a.png': png(0.5) },
    args: ['observe', 'damaged', '--observed', '--mask', 'masks', '--noise', '0.05', '-o', 'out.npz'],
    says: /field 'mask' must be 0 or 1 \(1 = observed\)/,
  },
]

const observeScans = (path: string) => ['observe', path, '--noise', '0.05', '-o', 'out.npz']
const nifti = (shape: readonly number[]) => encodeNifti(full(shape, 1))

/** The same files as measured data. */
const observeMeasured = (path: string, ...more: string[]) => [
  ...['observe', path, '--observed', '--noise', '0.05', ...more, '-o', 'out.npz'],
]
const maskOf = (shape: number[]) => encodeNpy(full(shape, 1, 'uint8'))
const rawData = readFileSync(join(import.meta.dirname, '../formats/fixtures/kspace-ismrmrd.h5'))
const spiral = Buffer.from(rawData.toString('latin1').replace('>cartesian<', '>spiral   <'), 'latin1')

const measured: Case[] = [
  {
    name: 'a truncated NIfTI file, measured',
    files: { 'head.nii': half(nifti([2, 8, 8])), 'mask.npy': maskOf([2, 8, 8]) },
    args: observeMeasured('head.nii', '--mask', 'mask.npy'),
    says: /^head\.nii: truncated: dimensions \[8,8,2\] of f4 need 512 bytes, the file has \d+$/,
  },
  {
    name: 'masks of another size than the slices of a NIfTI file',
    files: { 'head.nii': nifti([2, 8, 8]), 'mask.npy': maskOf([2, 8, 7]) },
    args: observeMeasured('head.nii', '--mask', 'mask.npy'),
    says: /^head\.nii: field 'mask' must have the shape/,
  },
  {
    name: 'a compressed DICOM file, measured',
    files: { 'scan/IM1': encodeDicom({ uid: '1.2.840.10008.1.2.4.70' }) },
    args: observeMeasured('scan', '--operator', 'identity'),
    says: /^scan\/IM1: its pixels are compressed \(.*\.4\.70\); unpack them with `gdcmconv --raw IN OUT`$/,
  },
  {
    name: 'a DICOM file of four billion pixels, measured',
    files: { 'big.dcm': encodeDicom({ rows: 65535, columns: 65535 }) },
    args: observeMeasured('big.dcm', '--operator', 'identity'),
    says: /^big\.dcm: truncated: \[1,65535,65535\] pixels need 8589672450 bytes, the file has 12$/,
  },
  {
    name: 'half of a scan',
    files: { 'scan.h5': half(rawData) },
    args: observeMeasured('scan.h5'),
    says: /^scan\.h5: cannot be read as HDF5: /,
  },
  {
    name: 'a scan along spirals',
    files: { 'scan.h5': spiral },
    args: observeMeasured('scan.h5'),
    says: /^scan\.h5: .*'trajectory' must be cartesian, got spiral; grid/,
  },
  {
    name: 'a scan whose coil maps nothing tells',
    files: { 'scan.h5': rawData },
    args: observeMeasured('scan.h5'),
    says: /fully sampled centre of k-space 0 has .* too few to estimate coil maps from/,
  },
]

const volumes: Case[] = [
  {
    name: 'a truncated NIfTI file',
    files: { 'head.nii': half(nifti([2, 8, 8])) },
    args: observeScans('head.nii'),
    says: /^head\.nii: truncated: dimensions \[8,8,2\] of f4 need 512 bytes, the file has \d+$/,
  },
  {
    name: 'a folder of NIfTI files of two sizes',
    files: { 'heads/a.nii': nifti([1, 8, 8]), 'heads/b.nii': nifti([1, 8, 9]) },
    args: observeScans('heads'),
    says: /^heads\/b\.nii: slices of 8×9, but a\.nii has 8×8; all must agree$/,
  },
  {
    name: 'a volume that does not know how it lies',
    files: { 'head.nii': nifti([2, 8, 8]) },
    args: observeScans('axial:head.nii'),
    says: /^head\.nii: says no orientation, .*: it cannot be cut axial$/,
  },
  {
    name: 'a compressed DICOM file',
    files: { 'scan/IM1': encodeDicom({ uid: '1.2.840.10008.1.2.4.70' }) },
    args: observeScans('scan'),
    says: /^scan\/IM1: its pixels are compressed \(.*\.4\.70\); unpack them with `gdcmconv --raw IN OUT`$/,
  },
  {
    name: 'a DICOM file of four billion pixels',
    files: { 'big.dcm': encodeDicom({ rows: 65535, columns: 65535 }) },
    args: observeScans('big.dcm'),
    says: /^big\.dcm: truncated: \[1,65535,65535\] pixels need 8589672450 bytes, the file has 12$/,
  },
  {
    name: 'text that calls itself .h5',
    files: { 'scan.h5': 'hello' },
    args: observeScans('scan.h5'),
    says: /^scan\.h5: cannot be read as HDF5: .*signature not found$/,
  },
]

describe.concurrent.each([
  ['files of arrays', arrayFiles],
  ['observations', observations],
  ['volumes', volumes],
  ['files of scanners as measured data', measured],
])('%s', (_, cases) => eachCase(cases))
