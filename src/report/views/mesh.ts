/** Values on the vertices of a mesh: surfaces from one side. */
import { meshNamed } from '../../datasets/index.ts'
import { clay } from '../colormap.ts'
import { meshRenderer } from '../point-strip.ts'
import { pointPart, SIZE } from './points.ts'
import type { ViewLook } from './view-look.ts'

export const meshLook: ViewLook<'mesh'> = (restoration, { mesh }) =>
  pointPart('surfaces', restoration, meshRenderer(meshNamed(mesh), { size: SIZE }), { colormap: clay })
