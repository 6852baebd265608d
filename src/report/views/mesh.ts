/** Values on the vertices of a mesh: surfaces from one side. */
import { meshNamed } from '../../datasets/index.ts'
import { clay } from '../colormap.ts'
import { meshRenderer, type PointRenderer, placedRenderer } from '../point-strip.ts'
import type { PlacedPoints } from '../strip.ts'
import { pointPart, SIZE } from './points.ts'
import type { ViewLook } from './view-look.ts'

/** Pictures on a mesh of one's own, or on one that a data set names. */
export const meshPictures = (name: string, own: PlacedPoints | undefined): PointRenderer =>
  own ? placedRenderer(own, { size: SIZE }) : meshRenderer(meshNamed(name), { size: SIZE })

export const meshLook: ViewLook<'mesh'> = (restoration, { mesh }) =>
  pointPart('surfaces', restoration, meshPictures(mesh, restoration.mesh), { colormap: clay })
