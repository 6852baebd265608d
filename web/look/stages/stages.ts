/** The stage of each kind of signal. */
import { FieldStage } from './field-stage.tsx'
import { PointsStage } from './points-stage.tsx'
import { SeriesStage } from './series-stage.tsx'
import type { Stage, StageKind } from './stage.ts'

export const stages: Readonly<Record<StageKind, Stage>> = {
  image: FieldStage,
  sphere: FieldStage,
  mesh: FieldStage,
  series: SeriesStage,
  points: PointsStage,
}
