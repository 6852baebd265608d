import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { decodeCifar, readCifar } from '../../src/datasets/index.ts'
import { cifarBatch, writeCifarFolder } from './layouts.ts'

const folder = mkdtempSync(join(tmpdir(), 'tweedie-cifar-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('CIFAR-10', () => {
  it('records are a label, then red, green and blue planes', () => {
    const bytes = new Uint8Array(2 * 3073)
    bytes[3073] = 9
    bytes[3073 + 1] = 200 // red of the first pixel
    bytes[3073 + 1 + 1024 + 33] = 100 // green, second row, second column
    bytes[2 * 3073 - 1] = 50 // blue of the last pixel
    const { images, labels } = decodeCifar(bytes, 'b.bin')
    expect(images.shape).toEqual([2, 3, 32, 32])
    expect(Array.from(labels.data)).toEqual([0, 9])
    const second = images.data.subarray(3072)
    expect([second[0], second[1024 + 33], second[3071]]).toEqual([200, 100, 50])
    expect(second.reduce((a, b) => a + b, 0)).toBe(350)
    expect(images.data.subarray(0, 3072).every((v) => v === 0)).toBe(true)
  })

  it('refuses every truncation, labels above 9, and nothing', () => {
    const bytes = cifarBatch(2)
    for (const length of [0, 1, 3072, 3074, 6145])
      expect(() => decodeCifar(bytes.subarray(0, length), 'b.bin')).toThrow(
        new RegExp(
          `^b.bin: truncated, or no CIFAR-10 batch: size must be a multiple of 3073 bytes, got ${length}$`,
        ),
      )
    expect(() => decodeCifar(bytes.with(3073, 10), 'b.bin')).toThrow(
      /label of record 1 must be 0 … 9, got 10/,
    )
  })

  it('is read from its folder by split, in [0, 1]', () => {
    expect(() => readCifar(folder, 'test')).toThrow(/expected test_batch.bin for split 'test'/)
    writeCifarFolder(folder, 3)
    expect(readCifar(folder).shape).toEqual([15, 3, 32, 32])
    expect(readCifar(folder, 'test').shape).toEqual([3, 3, 32, 32])
    expect(readCifar(folder, 'all').shape).toEqual([18, 3, 32, 32])
    const { data } = readCifar(folder, 'test')
    expect(data[3072 + 10]).toBeCloseTo((7 + 10) / 255, 7)
    writeFileSync(join(folder, 'data_batch_3.bin'), new Uint8Array(100))
    expect(() => readCifar(folder)).toThrow(/data_batch_3.bin: truncated/)
  })
})
