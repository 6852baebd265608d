/** Temporary files that only a descriptor leads to: nothing is left of them, however the process ends. */
import { randomUUID } from 'node:crypto'
import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TweedieError } from '../../error.ts'
import { systemReason } from './atomic.ts'
import type { Scratch } from './byte-source.ts'
import { fileOf } from './descriptor.ts'

const namelessFile = (folder: string): number => {
  const path = join(folder, `tweedie-${randomUUID()}`)
  const descriptor = openSync(path, 'wx+', 0o600)
  unlinkSync(path)
  return descriptor
}

const writeFully = (descriptor: number, bytes: Uint8Array, at: number): void => {
  for (let done = 0; done < bytes.length; )
    done += writeSync(descriptor, bytes, done, bytes.length - done, at + done)
}

/** A temporary file (in `TMPDIR`), as {@link ByteSource.scratch} describes. */
export const temporaryFile = (size: number, where: string): Scratch => {
  const writing = <T>(work: () => T): T => {
    try {
      return work()
    } catch (cause) {
      throw new TweedieError(
        'io',
        `${where}: its ${size} bytes cannot be unpacked into ${tmpdir()}: ${systemReason(cause)}; ` +
          'name another folder by TMPDIR, or store the file uncompressed',
        { cause },
      )
    }
  }
  const descriptor = writing(() => namelessFile(tmpdir()))
  return {
    write: (bytes, at) => writing(() => writeFully(descriptor, bytes, at)),
    file: (written) => fileOf(descriptor, written, where),
    close: () => closeSync(descriptor),
  }
}
