import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readArrays, readText } from '../../src/formats/index.ts'
import { isDicom } from '../../src/formats/volumes/dicom.ts'
import { scratch } from '../run/scratch.ts'

describe.skipIf(process.platform === 'win32')('what is no file', () => {
  it('is refused, and not waited for', () => {
    const folder = scratch()
    const [arrays, text, scan] = ['a.npy', 'a.yaml', '1.2.3'].map((name) => join(folder, name))
    execFileSync('mkfifo', [arrays, text, scan])
    for (const read of [() => readArrays(arrays), () => readText(text), () => isDicom(scan)])
      expect(read).toThrow(
        expect.objectContaining({
          code: 'input',
          message: expect.stringMatching(/: expected a file, got a pipe; /),
        }),
      )
    expect(() => readText('/dev/zero')).toThrow(/^\/dev\/zero: expected a file, got a device or socket; /)
  })
})
