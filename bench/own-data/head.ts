/** Slices of a head, and of another species' brain, as k-space of one coil. */
import { join } from 'node:path'
import { type Axis, readVolume, type Slice, slices } from '../../scripts/volume.ts'
import { observe } from '../../src/observations/index.ts'
import { type Cut, type OwnSet, shuffled, stacked } from './own-set.ts'
import { debianPackage } from './packages.ts'

/** How a volume becomes observations. */
interface Scan {
  readonly name: string
  readonly side: number
  /** Millimetres that a slice covers, between slices, and of a slab, which is one part. */
  readonly field: number
  readonly step: number
  readonly slab: number
  readonly axes: readonly Axis[]
  readonly acceleration: number
  /** In units of the image, whose white is 1. */
  readonly noise: number
  readonly judged: number
}

/** Standard deviation of the phase of the image, in radians: known, as from a calibration. */
const PHASE = 0.5

const slabOf = ({ across, millimetres }: Slice, slab: number): string =>
  `${across} ${Math.floor(millimetres / slab)}`

/** All slices are learned from; some of them are judged. */
const scanned = async (path: string, scan: Scan): Promise<Cut> => {
  const { name, side, acceleration, noise, judged } = scan
  const cut = shuffled(slices(readVolume(path), scan, scan.axes), name).map((slice) => ({
    values: slice.pixels,
    part: slabOf(slice, scan.slab),
  }))
  const event = [1, side, side]
  const operator = { name: 'fourier', settings: { acceleration, phase: PHASE } }
  const last = cut.slice(-judged)
  return {
    set: await observe(stacked(cut, event), { operator, noise, range: [0, 1], seed: 0 }),
    learned: cut.length,
    truth: stacked(last, event),
    parts: last.map(({ part }) => part),
  }
}

/**
 * A head that no data of the package show: those that ship are of Colin27 (data/README.md), and so is all of
 * `mricron-data` but the macaque.
 */
export const head: OwnSet = {
  name: 'head',
  summary:
    'slices of a head (T1, 4 mm, 64×64) as k-space of one coil at R = 4 with a smooth phase, noise 0.02; ' +
    'deb insighttoolkit5-examples',
  unit: 'dB',
  cut: () =>
    scanned(
      join(
        debianPackage('insighttoolkit5-examples'),
        'usr/share/doc/insighttoolkit5-examples/examples/Data/KmeansTest_T1UCharRaw.nii.gz',
      ),
      {
        name: 'head',
        side: 64,
        field: 256,
        step: 2,
        slab: 12,
        axes: ['z', 'y', 'x'],
        acceleration: 4,
        noise: 0.02,
        judged: 48,
      },
    ),
}

export const macaque: OwnSet = {
  name: 'macaque',
  summary:
    "slices of a macaque's brain (T1, 2 mm, 48×48) as k-space of one coil at R = 3 with a smooth phase, " +
    'noise 0.03; deb mricron-data',
  unit: 'dB',
  cut: () =>
    scanned(join(debianPackage('mricron-data'), 'usr/share/mricron/templates/inia19-t1-brain.nii.gz'), {
      name: 'macaque',
      side: 48,
      field: 96,
      step: 1,
      slab: 6,
      axes: ['z', 'y', 'x'],
      acceleration: 3,
      noise: 0.03,
      judged: 48,
    }),
}
