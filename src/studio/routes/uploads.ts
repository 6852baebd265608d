/** Files of arrays that are sent to the studio: into `uploads/` below the folder, piece by piece. */
import { linkSync, mkdirSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { extname, join } from 'node:path'
import { TweedieError } from '../../error.ts'
import { arrayExtensions, openArrays } from '../../formats/index.ts'
import { UPLOADS } from '../door.ts'
import { inside, newInside } from '../inside.ts'
import { Refusal } from '../refusal.ts'
import type { Family } from './family.ts'

const FOLDER = 'uploads'

/** @throws Refusal 400 for what is no plain name of a file of arrays */
const checkedName = (name: string): string => {
  const extensions = arrayExtensions()
  if (!/^\w[\w.-]{0,100}$/.test(name) || !extensions.includes(extname(name).toLowerCase()))
    throw new Refusal(
      400,
      `${JSON.stringify(name.slice(0, 120))}: expected a plain name that ends in ${extensions.join(', ')}`,
    )
  return name
}

/** Writes a stream to a file. @throws Refusal 413 for more bytes than `most` */
const written = async (body: ReadableStream<Uint8Array>, path: string, most: number): Promise<number> => {
  const file = await open(path, 'wx')
  let bytes = 0
  try {
    for await (const piece of body) {
      bytes += piece.length
      if (bytes > most) throw new Refusal(413, `a file has at most ${most} bytes`)
      await file.write(piece)
    }
    await file.sync()
  } finally {
    await file.close()
  }
  return bytes
}

/** Reads what the file says of itself. @throws TweedieError in the words of the command line */
const checkArrays = (path: string, name: string): void => {
  try {
    openArrays(path).close()
  } catch (error) {
    if (!(error instanceof TweedieError)) throw error
    throw new TweedieError(error.code, error.message.replaceAll(path, name), { cause: error })
  }
}

/** Gives a file its name, unless something has it: link(2) fails then. @throws Refusal 409 */
const placed = (temporary: string, path: string, name: string): void => {
  try {
    linkSync(temporary, path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST')
      throw new Refusal(409, `${name}: there is a file of this name already`)
    throw error
  }
}

export const uploads: Family = (app, { folder, uploadBytes = 2 ** 32 }) => {
  let last = 0
  app.post(UPLOADS, async (c) => {
    const name = checkedName(c.req.query('name') ?? '')
    const body = c.req.raw.body
    if (!body) throw new Refusal(400, `${name}: nothing was sent`)
    if (Number(c.req.header('content-length') ?? 0) > uploadBytes)
      throw new Refusal(413, `a file has at most ${uploadBytes} bytes`)
    mkdirSync(join(folder, FOLDER), { recursive: true })
    const place = inside(folder, FOLDER)
    // Hidden until it is whole and sound; it keeps its extension, by which it is read.
    const temporary = join(place, `.${process.pid}-${++last}-${name}`)
    try {
      const bytes = await written(body, temporary, uploadBytes)
      checkArrays(temporary, name)
      placed(temporary, newInside(folder, `${FOLDER}/${name}`), name)
      return c.json({ path: join(folder, FOLDER, name), bytes })
    } finally {
      rmSync(temporary, { force: true })
    }
  })
}
