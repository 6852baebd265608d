/** An electrocardiogram with dropouts. */
import { join } from 'node:path'
import { decodeNpz, readBytes } from '../../src/formats/index.ts'
import { toNumbers } from '../../src/tensor/index.ts'
import { type OwnSet, shuffled } from './own-set.ts'
import { debianPackage } from './packages.ts'
import { windowSet, windowsOf } from './series.ts'

/** Samples a second are 360; the mean of three is taken. */
const POOLED = 3
const WINDOW = 128

/** Windows to learn from overlap; those that are judged are some of them, and do not. */
const STRIDE = 32
const JUDGED = 96

/** Millivolts. */
const NOISE = 0.05

const GAPS = { runs: { least: 6, most: 24, share: 0.25 }, singles: 0.2 } as const

/** The record in millivolts: 11 bits over 10 mV, 1024 is 0. */
const record = (): Float32Array => {
  const path = join(debianPackage('python3-scipy'), 'usr/lib/python3/dist-packages/scipy/misc/ecg.dat')
  const levels = toNumbers(decodeNpz(readBytes(path), path).ecg)
  const millivolts = Float32Array.from(levels, (v) => (v - 1024) / 200)
  return Float32Array.from({ length: Math.floor(millivolts.length / POOLED) }, (_, i) => {
    const own = millivolts.subarray(POOLED * i, POOLED * (i + 1))
    return own.reduce((a, b) => a + b, 0) / POOLED
  })
}

export const heart: OwnSet = {
  name: 'heart',
  summary:
    'five minutes of an electrocardiogram at 120 Hz (record 208 of the MIT-BIH arrhythmia database), ' +
    'windows of 1.07 s, 40 % missing (dropouts of 50 to 200 ms, single values), noise 0.05 mV; ' +
    'deb python3-scipy',
  unit: 'mV',
  cut: async () => {
    const recording = { name: 'heart', size: WINDOW, stride: STRIDE, gaps: GAPS, noise: NOISE }
    const windows = windowsOf([record()], recording)
    const apart = windows.filter(({ from }) => from % WINDOW === 0)
    const judged = shuffled(apart, 'heart judged').slice(0, JUDGED)
    return windowSet(windows, judged, { event: [1, WINDOW], noise: NOISE, range: [-3.5, 3.5] })
  },
}
