/** Values on the vertices of a mesh, seen from one side: lit, and linear on each triangle. */
import { inPixels, inView, lightOn, normalsOf } from '../../../src/report/mesh-render.ts'
import { visibleFaces } from '../../../src/report/raster.ts'
import { NdArray } from '../../../src/tensor/ndarray.ts'
import { OUTSIDE } from '../../canvas/scale.ts'
import type { Look } from '../../posterior/draws.ts'
import { pixelsOf, type Raster } from './raster.ts'
import type { RasterMaker } from './rasters.ts'

type Mesh = Extract<Look, { readonly kind: 'mesh' }>

const SIZE = 280
const MARGIN = 0.03

export const meshRaster = ({ vertices, faces }: Mesh, detail = 1): RasterMaker => {
  const side = Math.round(detail * SIZE)
  const count = vertices.length / 3
  const points = new NdArray('float32', [count, 3], vertices)
  const corners = new NdArray('int32', [faces.length / 3, 3], Int32Array.from(faces))
  return ({ azimuth, elevation }): Raster => {
    const turned = inView(points, { azimuth, elevation })
    const normals = normalsOf(turned, corners)
    const { face, second, third } = visibleFaces(inPixels(turned, side, MARGIN), corners, side)
    const places = new Int32Array(side * side).fill(-1)
    const light = new Float32Array(side * side)
    const cornersAt = (i: number) =>
      [faces[3 * face[i]], faces[3 * face[i] + 1], faces[3 * face[i] + 2]] as const
    for (let i = 0; i < places.length; i++) {
      if (face[i] < 0) continue
      const [p, q, r] = cornersAt(i)
      const [b, c] = [second[i], third[i]]
      const a = 1 - b - c
      places[i] = a >= b && a >= c ? p : b >= c ? q : r
      const normal = (k: number) => a * normals[3 * p + k] + b * normals[3 * q + k] + c * normals[3 * r + k]
      light[i] = lightOn(normal(0), normal(1), normal(2))
    }
    return {
      width: side,
      height: side,
      places,
      light,
      sample: (values, channels) => {
        const out = new Float32Array(channels * places.length).fill(OUTSIDE)
        for (let n = 0; n < channels; n++)
          for (let i = 0; i < places.length; i++) {
            if (face[i] < 0) continue
            const [p, q, r] = cornersAt(i)
            const [b, c] = [second[i], third[i]]
            const mixed =
              (1 - b - c) * values[n * count + p] + b * values[n * count + q] + c * values[n * count + r]
            // Next to a corner without a value, that of the nearest.
            out[n * places.length + i] = Number.isFinite(mixed) ? mixed : values[n * count + places[i]]
          }
        return out
      },
      pixelOf: pixelsOf(places, side, count),
    }
  }
}
