/** How values at points in space are looked at: a mesh where there are faces, else the sphere around the origin. */
import type { Look } from './draws.ts'

const degrees = (radians: number): number => (radians * 180) / Math.PI

/**
 * @param coordinates - [N, 3]; without faces only their directions count: z is the north
 * @param faces - [F, 3], indices of points
 */
export const lookOfPoints = (channels: number, coordinates: Float32Array, faces?: Uint32Array): Look => {
  if (faces) return { kind: 'mesh', channels, vertices: coordinates, faces }
  const count = coordinates.length / 3
  const each = (of: (x: number, y: number, z: number) => number) =>
    Float32Array.from({ length: count }, (_, i) =>
      degrees(of(coordinates[3 * i], coordinates[3 * i + 1], coordinates[3 * i + 2])),
    )
  return {
    kind: 'sphere',
    channels,
    count,
    latitude: each((x, y, z) => Math.atan2(z, Math.hypot(x, y))),
    longitude: each((x, y) => Math.atan2(y, x)),
  }
}
