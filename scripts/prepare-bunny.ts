/**
 * The Stanford bunny at the resolution of the paper on amortized posterior sampling.
 *
 *   apt-get download opencv-doc && dpkg -x opencv-doc_*.deb opencv
 *   npx tsx scripts/prepare-bunny.ts opencv/usr/share/doc/opencv-doc/examples/viz/data/bunny.ply
 *
 * Writes data/bunny.npz: `vertices` float32 [1889, 3] and `faces` int32 [3851, 3], in the order of the file;
 * the same bytes everywhere.
 */
import { fileURLToPath } from 'node:url'
import { TweedieError } from '../src/error.ts'
import { encodeNpz, readBytes, writeAtomic } from '../src/formats/index.ts'
import { ndarray } from '../src/tensor/ndarray.ts'

/** The counts that a header of PLY tells, and the lines after it. */
const parsePly = (path: string): { vertices: number[][]; faces: number[][] } => {
  const lines = new TextDecoder().decode(readBytes(path)).split(/\r?\n/)
  const start = lines.indexOf('end_header') + 1
  const header = lines.slice(0, start)
  const count = (element: string) =>
    Number(header.find((line) => line.startsWith(`element ${element} `))?.split(' ')[2])
  const [points, triangles] = [count('vertex'), count('face')]
  if (header[0] !== 'ply' || !header[1]?.startsWith('format ascii') || !(points > 0 && triangles > 0))
    throw new TweedieError('input', `${path}: expected an ASCII PLY file with vertices and faces`)
  const body = lines
    .slice(start, start + points + triangles)
    .map((line) => line.trim().split(/\s+/).map(Number))
  return { vertices: body.slice(0, points), faces: body.slice(points) }
}

/**
 * Distance of consecutive vertices beside the diagonal of the bounding box: how local the order of the file
 * is.
 */
const orderReport = (vertices: readonly number[][]): string => {
  const steps = vertices.slice(1).map((v, i) => Math.hypot(...[0, 1, 2].map((k) => v[k] - vertices[i][k])))
  const extent = [0, 1, 2].map((k) => {
    const along = vertices.map((v) => v[k])
    return Math.max(...along) - Math.min(...along)
  })
  const median = steps.sort((a, b) => a - b)[Math.floor(steps.length / 2)]
  const share = ((100 * median) / Math.hypot(...extent)).toFixed(1)
  return `consecutive vertices lie ${share} % of the diagonal apart (median)`
}

const [path] = process.argv.slice(2)
if (path === undefined)
  throw new TweedieError('input', 'which file? npx tsx scripts/prepare-bunny.ts …/bunny.ply')
const { vertices, faces } = parsePly(path)
if (faces.some(([corners]) => corners !== 3))
  throw new TweedieError('input', `${path}: a face is no triangle`)
const bytes = encodeNpz(
  {
    vertices: ndarray(
      vertices.flatMap((v) => v.slice(0, 3)),
      [vertices.length, 3],
    ),
    faces: ndarray(
      faces.flatMap(([, ...corners]) => corners),
      [faces.length, 3],
      'int32',
    ),
  },
  { level: 9 },
)
writeAtomic(fileURLToPath(new URL('../data/bunny.npz', import.meta.url)), bytes)
console.log(
  `data/bunny.npz: ${vertices.length} vertices, ${faces.length} faces, ${(bytes.length / 1e3).toFixed(0)} kB`,
)
console.log(`  ${orderReport(vertices)}`)
