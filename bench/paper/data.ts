/**
 * Files of public data sets in their own layouts, every item of its own size, with random content and as few
 * items as are needed.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { File, ready } from 'h5wasm/node'
import { encodeNpz, encodePng } from '../../src/formats/index.ts'
import { stream, uniform } from '../../src/random/index.ts'
import { NdArray } from '../../src/tensor/index.ts'
import { encodeIdx } from '../../test/datasets/layouts.ts'

/** Items of each file or folder: as many as one E-step shard of two rows, twice. */
export const ITEMS = 4

/** Uniform numbers of a shape. */
const random = (name: string, shape: readonly number[]): NdArray<'float32'> =>
  new NdArray('float32', shape, Float32Array.from(uniform(stream(0, name), shape).data))

const bytes = (name: string, shape: readonly number[]): NdArray<'uint8'> =>
  new NdArray(
    'uint8',
    shape,
    Uint8Array.from(random(name, shape).data, (v) => Math.floor(256 * v)),
  )

/** Records of a label and 3,072 pixels. */
const cifar = (folder: string): void => {
  for (const name of ['data_batch_1.bin', 'test_batch.bin']) {
    const records = bytes(name, [ITEMS, 3073]).data
    for (let i = 0; i < ITEMS; i++) records[3073 * i] = i
    writeFileSync(join(folder, name), records)
  }
}

/** A volume of which slices 10 … 40 are read: magnitudes of 320×320. */
const fastMri = async (folder: string): Promise<void> => {
  await ready
  const shape = [10 + ITEMS, 320, 320]
  const file = new File(join(folder, 'file1.h5'), 'w')
  file.create_dataset({ name: 'reconstruction_rss', data: random('mri', shape).data, shape, dtype: '<f' })
  file.close()
}

/** PNGs of 32×32. */
const faces = (folder: string): void => {
  for (let i = 0; i < ITEMS; i++)
    writeFileSync(
      join(folder, `${String(i).padStart(6, '0')}.png`),
      encodePng(random(`face ${i}`, [3, 32, 32])),
    )
}

/** One map a file, in kelvin, with its axes. */
const era5 = (folder: string): void => {
  const axis = (count: number, from: number, step: number) =>
    new NdArray(
      'float64',
      [count],
      Float64Array.from({ length: count }, (_, i) => from + step * i),
    )
  for (const part of ['train', 'test']) {
    const within = join(folder, `era5_temp2m_16x_${part}`)
    mkdirSync(within)
    for (let i = 0; i < ITEMS; i++) {
      const kelvin = random(`${part} ${i}`, [46, 90]).data.map((v) => 210 + 100 * v)
      const arrays = {
        latitude: axis(46, 90, -4),
        longitude: axis(90, 0, 4),
        temperature: new NdArray('float32', [46, 90], kelvin),
      }
      writeFileSync(join(within, `map_${i}.npz`), encodeNpz(arrays))
    }
  }
}

/** The four IDX files of MNIST. */
const mnist = (folder: string): void => {
  for (const part of ['train', 't10k']) {
    writeFileSync(join(folder, `${part}-images-idx3-ubyte`), encodeIdx(bytes(part, [ITEMS, 28, 28])))
    writeFileSync(
      join(folder, `${part}-labels-idx1-ubyte`),
      encodeIdx(new NdArray('uint8', [ITEMS], new Uint8Array(ITEMS))),
    )
  }
}

/** Layouts, by the name of the folder in the configurations. */
const writers: Readonly<Record<string, (folder: string) => void | Promise<void>>> = {
  'cifar-10-batches-bin': cifar,
  singlecoil_train: fastMri,
  'celeba-train-32': faces,
  'celeba-test-32': faces,
  era5_temp2m_16x: era5,
  'mnist-idx': mnist,
}

/**
 * Writes what a configuration calls its clean data.
 *
 * @param source - such as `bunny:mnist-idx`; data sets that ship stay as they are
 * @returns the source as a path
 */
export const madeData = async (source: string, scratch: string): Promise<string> => {
  const [name, ...views] = source.split(':').reverse()
  const write = writers[name]
  if (!write) return source
  const folder = join(scratch, name)
  if (mkdirSync(folder, { recursive: true }) !== undefined) await write(folder)
  return [...views.reverse(), folder].join(':')
}
