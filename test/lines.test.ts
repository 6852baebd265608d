/** No line is too long to be read beside another file: code, comments and strings alike. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const root = join(import.meta.dirname, '..')

/** As in biome.json, which breaks code but neither comments nor strings. */
const LONGEST = 110

const rooms = ['bench', 'scripts', 'src', 'test']

const files = rooms.flatMap((room) =>
  readdirSync(join(root, room), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.m?[jt]s$/.test(file) && !/fixtures|node_modules/.test(file))
    .map((file) => join(room, file)),
)

it(`no line is longer than ${LONGEST} columns`, () => {
  const long = files.flatMap((file) =>
    readFileSync(join(root, file), 'utf8')
      .split('\n')
      .map((line, i) => ({ at: `${file}:${i + 1}`, columns: [...line].length }))
      .filter(({ columns }) => columns > LONGEST),
  )
  expect(files.length).toBeGreaterThan(400)
  expect(long).toEqual([])
})
