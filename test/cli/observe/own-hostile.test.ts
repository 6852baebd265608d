/** `tweedie observe --observed`: input that is refused, with one line that says why. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { coilSensitivities } from '../../../src/operators/index.ts'
import { normal, stream, uniform } from '../../../src/random/index.ts'
import { full, ndarray } from '../../../src/tensor/index.ts'
import { withElement } from '../hostile.ts'
import { observeLine } from './observing.ts'
import { coils, H, line, maps, mask, N, ownFolder, pairsOf, through, W, x } from './own-arrays.ts'

const { folder, save, saveComplex } = ownFolder()

describe('hostile input', async () => {
  const kspace = await through(coils, { mask, sensitivity: maps })
  const one = await through({ name: 'fourier', settings: {} }, { mask })
  const vectors = normal(stream(0, 'y'), [N, 4])
  const A = normal(stream(0, 'A'), [4, 6])
  const eye = ndarray([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], [4, 4])
  const blurred = '--operator blur kernel=kernel.npy --noise 0.05'
  const fourier = '--operator fourier mask=mask.npy --noise 0.05'
  const coiled = '--operator coils mask=mask.npy maps=maps.npy'
  const projected = '--operator projection matrix=A.npy'

  beforeEach(() => {
    save('x', x)
    save('mask', mask)
    save('maps', maps)
    save('A', A)
    save('kernel', full([3, 3], 1))
  })

  it.each<[string, string, () => void, RegExp]>([
    [
      'k-space as an image',
      '--noise 0.05',
      () => saveComplex('y', pairsOf(one)),
      /y\.npy: complex values: say how they were measured; k-space is --operator fourier mask=mask\.npy,/,
    ],
    [
      'k-space as an image of two channels',
      '--mask mask.npy --noise 0.05',
      () => save('y', one),
      /two channels, which may be real and imaginary parts: .*; an image of two channels --operator mask$/,
    ],
    [
      'complex y of a real operator',
      blurred,
      () => saveComplex('y', pairsOf(one)),
      /field 'y' is complex, operator 'blur' observes real numbers/,
    ],
    [
      'real y of a complex operator',
      fourier,
      () => save('y', x),
      /operator 'fourier' observes complex numbers: y must be complex, or have/,
    ],
    [
      'complex kernel',
      blurred,
      () => {
        save('y', x)
        saveComplex('kernel', full([3, 3, 2], 1))
      },
      /field 'kernel' must be real, got complex numbers/,
    ],
    [
      'NaN in y',
      fourier,
      () => save('y', withElement(one, 5, Number.NaN)),
      /field 'y' has 1 values that are NaN/,
    ],
    [
      'NaN in a kernel',
      blurred,
      () => {
        save('y', x)
        save('kernel', withElement(full([3, 3], 1), 4, Number.NaN))
      },
      /field 'kernel' has 1 values that are NaN/,
    ],
    [
      'a mask of grey',
      fourier,
      () => {
        save('y', one)
        save('mask', withElement(mask, 1, 0.5))
      },
      /field 'mask' must be 0 or 1 \(1 = observed\), got 0\.5 at \[0, 0, 0, 1\]/,
    ],
    [
      'a mask of another size',
      fourier,
      () => {
        save('y', one)
        save('mask', full([W + 1], 1))
      },
      /field 'mask' must have the shape \[1\|3, 1, 1\|16, 12\], got \[13\]/,
    ],
    [
      'maps of other coils',
      `${coiled} --noise 0.05`,
      () => {
        save('y', kspace)
        save('maps', coilSensitivities(3, { height: H, width: W }))
      },
      /field 'maps' must have the shape \[1\|3, 8, 16, 12\], got \[1,6,16,12\]/,
    ],
    [
      'a shape that can be read in two ways',
      blurred,
      () => {
        save('y', uniform(stream(0, 'y'), [3, 3, 8, 8]))
        save('kernel', full([3, 5, 5], 1))
      },
      /field 'kernel' of shape \[3,5,5\] may be \[3,1,5,5\] or \[1,3,5,5\]; save it with all its axes/,
    ],
    [
      'no mask',
      '--operator fourier --noise 0.05',
      () => save('y', one),
      /operator 'fourier': parameter 'mask' is missing/,
    ],
    [
      'no matrix',
      '--operator projection --noise 0.05',
      () => save('y', vectors),
      /operator 'projection': y of shape \[4\] does not tell the shape of one x; say it/,
    ],
    [
      'a matrix of other rows',
      `${projected} --noise 0.05`,
      () => save('y', normal(stream(0, 'y'), [N, 5])),
      /field 'matrix' must have the shape \[1\|3, 5, any\], got \[4,6\]/,
    ],
    [
      'an event that does not fit',
      `${projected} --event 1,2,2 --noise 0.05`,
      () => save('y', vectors),
      /matrices \[1,4,6\] do not act on events \[1,2,2\]/,
    ],
    [
      'no event',
      '--operator radon --noise 0.05',
      () => save('y', x),
      /operator 'radon': y of shape \[1,16,12\] does not tell the shape of one x; say it, for example/,
    ],
    [
      'a bad event',
      '--operator radon --event 1,2.5 --noise 0.05',
      () => save('y', x),
      /^--event: expected the shape of one x, such as 1,28,28, got '1,2\.5'/,
    ],
    [
      'angles in degrees',
      '--operator radon angles=angles.npy --event 1,8,8 --noise 0.05',
      () => {
        save('y', x)
        save('angles', ndarray([0, 45, 90]))
      },
      /angles are radians, between −4π and 4π, got '45'; are these degrees\?/,
    ],
    [
      'a stray setting',
      `${fourier} acceleration=4`,
      () => save('y', one),
      /operator 'fourier': setting 'acceleration' only simulates what 'mask' gives; leave it out/,
    ],
    [
      'a stray parameter',
      '--operator pool factor=2 kernel=kernel.npy --noise 0.05',
      () => save('y', x),
      /operator 'pool': unknown setting or parameter 'kernel'; did you mean 'factor'/,
    ],
    [
      'a misspelt parameter',
      '--operator blur kernal=kernel.npy --noise 0.05',
      () => save('y', x),
      /unknown setting or parameter 'kernal'; did you mean 'kernel'/,
    ],
    [
      'a number for an array',
      '--operator motion kernel=3 --noise 0.05',
      () => save('y', x),
      /'kernel=3': 'kernel' is an array, give its file, kernel=kernel\.npy/,
    ],
    [
      'a file for a number',
      '--operator blur sigma=kernel.npy --noise 0.05',
      () => save('y', x),
      /'sigma' is a setting of operator 'blur', not a file/,
    ],
    ['a key twice', `${fourier} --mask mask.npy`, () => save('y', one), /^'mask' is given twice/],
    [
      '--keep',
      '--operator identity --keep 0.5 --noise 0.05',
      () => save('y', x),
      /^--keep: not with --observed, what was seen is in --mask/,
    ],
    [
      '--photons',
      '--operator identity --photons 10 --noise 0.05',
      () => save('y', x),
      /^--photons: not with --observed/,
    ],
    [
      '--split',
      '--operator identity --split test --noise 0.05',
      () => save('y', x),
      /^--split: not with --observed/,
    ],
    [
      '--blind',
      '--operator identity --blind --noise 0.05',
      () => save('y', x),
      /^--blind: not with --observed/,
    ],
    [
      'too many observations',
      '--operator identity --count 9 --noise 0.05',
      () => save('y', x),
      /there are 3 observations, 0 to 9 were asked for/,
    ],
    [
      'a program',
      '--operator model.onnx --noise 0.05',
      () => save('y', x),
      /as a program or an ONNX file is not supported yet; a linear one is --operator projection/,
    ],
    ['no noise', '--operator identity', () => save('y', x), /^--observed needs --noise/],
    [
      'noise that is text',
      '--operator identity --noise big',
      () => save('y', x),
      /^--noise: expected a number above 0 or a file of numbers, got 'big'/,
    ],
    [
      'noise without end',
      '--operator identity --noise Infinity',
      () => save('y', x),
      /^--noise: expected a number above 0 or a file of numbers, got 'Infinity'/,
    ],
    [
      'noise of another shape',
      '--operator identity --noise std.npy',
      () => {
        save('y', x)
        save('std', full([5], 1))
      },
      /field 'noise' must be one number, \[3\], or of the shape of y/,
    ],
    [
      'noise of 0',
      '--operator identity --noise std.npy',
      () => {
        save('y', x)
        save('std', ndarray([1, 0, 1]))
      },
      /field 'noise' must be a positive standard deviation .* got 0 at \[1, 0, 0, 0\]/,
    ],
    [
      'noise of two meanings',
      '--operator identity --noise std.npy',
      () => {
        save('y', normal(stream(0, 'y'), [4, 4]))
        save('std', full([4], 1))
      },
      /'noise' of shape \[4\] may be of observations or of entries; save it as \[4,1\] or \[1,4\]/,
    ],
    [
      'noise twice',
      `${projected} --noise 1 --noise-covariance cov.npy`,
      () => save('y', vectors),
      /^give --noise or --noise-covariance, not both/,
    ],
    [
      'a singular covariance',
      `${projected} --noise-covariance cov.npy`,
      () => {
        save('y', vectors)
        save('cov', full([4, 4], 1))
      },
      /y\.npy: the noise covariance is singular or not a covariance: denseCholesky: pivot 1 of 4/,
    ],
    [
      'a singular covariance of coils',
      `${coiled} --noise-covariance cov.npy`,
      () => {
        save('y', kspace)
        save('cov', full([4, 4], 1))
      },
      /the noise covariance is singular or not a covariance: pivot 1 of 4/,
    ],
    [
      'a covariance of another size',
      `${coiled} --noise-covariance cov.npy`,
      () => {
        save('y', kspace)
        save('cov', full([8, 8], 1))
      },
      /a noise covariance of \[4, 4\] is needed, got \[8,8\]/,
    ],
    [
      'a covariance that is none',
      `${projected} --noise-covariance cov.npy`,
      () => {
        save('y', vectors)
        save('cov', withElement(eye, 1, 0.5))
      },
      /must equal its conjugate transpose, not at \[1, 0\]/,
    ],
    [
      'a covariance with NaN',
      `${projected} --noise-covariance cov.npy`,
      () => {
        save('y', vectors)
        save('cov', withElement(eye, 1, Number.NaN))
      },
      /a noise covariance must be finite/,
    ],
    [
      'a covariance of images',
      '--operator identity --noise-covariance cov.npy',
      () => {
        save('y', x)
        save('cov', eye)
      },
      /operator 'identity' takes no noise covariance, projection and coils do/,
    ],
    [
      'maps of nothing',
      '--operator blur kernel=estimate --noise 0.05',
      () => save('y', x),
      /operator 'blur': 'kernel' cannot be estimated/,
    ],
    [
      'maps from too few lines',
      '--operator coils mask=mask.npy maps=estimate --noise 0.05',
      () => {
        save('y', kspace)
        save('mask', ndarray([0, 0, 0, 1, 0, 1, 1, 1, 0, 1, 0, 0]))
      },
      /the fully sampled centre of k-space 0 has 16 × 3 frequencies, too few to estimate coil maps from/,
    ],
    [
      'k-space in units of its own',
      `${coiled} --noise 0.05`,
      () =>
        save(
          'y',
          ndarray(
            kspace.data.map((v) => 1e3 * v),
            kspace.shape,
          ),
        ),
      /y\.npy, back-projected: values lie between .*; say what clean data have: --range=/,
    ],
    [
      'a parameter under both its names',
      `${coiled} sensitivity=maps.npy --noise 0.05`,
      () => save('y', kspace),
      /'sensitivity' is given twice, also as 'sensitivity'/,
    ],
    [
      'angles and how many',
      '--operator radon at=0,1 angles=2 --event 1,8,8 --noise 0.05',
      () => save('y', x),
      /operator 'radon': give 'angles' or 'at', not both/,
    ],
    [
      'a stray setting of a part',
      "--operator compose 'of=[{kind: mask, keep: 0.5}]' 0.mask=mask.npy --noise 0.05",
      () => save('y', x),
      /setting 'keep' only simulates what '0\.mask' gives/,
    ],
    [
      'complex y without observations',
      fourier,
      () => saveComplex('y', full([5, 2], 1)),
      /field 'y' must be \[N, \.\.\.\], got \[5\]/,
    ],
    [
      'y without observations',
      '--operator pool factor=2 --noise 0.05',
      () => save('y', full([5], 1)),
      /field 'y' must be \[N, \.\.\.\], got \[5\]/,
    ],
    [
      'complex maps of one number',
      `${coiled} --noise 0.05`,
      () => {
        save('y', kspace)
        saveComplex('maps', full([1, 2], 1))
      },
      /field 'maps' must have the shape/,
    ],
    [
      'parts with parameters of nobody',
      "--operator compose 'of=[{kind: pool, factor: 2}]' 1.mask=mask.npy --noise 0.05",
      () => save('y', x),
      /operator 'compose': unknown setting or parameter '1\.mask'/,
    ],
    [
      'a blind part',
      "--operator compose 'of=[{kind: pool, factor: 2, blind: true}]' --noise 0.05",
      () => save('y', x),
      /'blind' is not with --observed/,
    ],
  ])('%s', async (_, command, files, message) => {
    files()
    const work = observeLine(line(command), folder)
    await expect(work).rejects.toThrow(message)
    await expect(work).rejects.not.toThrow(/\n/)
    expect(existsSync(join(folder, 'mine.npz'))).toBe(false)
  })

  it.each(['--event 1,16,12', '--noise-covariance cov.npy'])('%s of clean data', async (option) => {
    const work = observeLine(`tweedie observe x.npy ${option} -o mine.npz`, folder)
    await expect(work).rejects.toThrow(/goes with --observed/)
  })
})
