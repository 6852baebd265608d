import type { ComponentType } from 'preact'
import type { Look } from '../../posterior/draws.ts'
import type { Stroke } from '../region/stroke.ts'
import type { Viewing } from '../viewing.ts'
import type { View } from '../views.ts'

/** What a stage shows. */
export interface StageProps {
  readonly viewing: Viewing
  readonly stroke: Stroke
  readonly views: readonly View[]
}

/** How the views of one kind of signal are laid out. */
export type Stage = ComponentType<StageProps>

export type StageKind = Look['kind']
