import { Panel } from '../panel.tsx'
import type { StageProps } from './stage.ts'

/** Linked pictures. */
export const FieldStage = ({ viewing, stroke, views }: StageProps) => (
  <div class={viewing.look.value.kind === 'image' ? 'panels' : 'panels wide'}>
    {views.map((view) => (
      <Panel key={view.name} view={view} viewing={viewing} stroke={stroke} />
    ))}
  </div>
)
