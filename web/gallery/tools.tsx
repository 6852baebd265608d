/** What can be done to an observation: brush, masks, noise, another example, other draws. */
import { Slider } from '../ui/slider.tsx'
import { maskKinds } from './masks.ts'
import type { Restoring } from './restoring.ts'
import type { Tool } from './tool.ts'

const NOISE = { min: 0.01, max: 0.3, step: 0.01 }

const Brush = ({ tool }: { readonly tool: Tool }) => (
  <fieldset>
    <legend>Brush</legend>
    <div class="row">
      {(['erase', 'restore'] as const).map((action) => (
        <button
          key={action}
          type="button"
          aria-pressed={tool.action.value === action}
          onClick={() => {
            tool.action.value = action
          }}
        >
          {action === 'erase' ? 'Erase' : 'Restore'}
        </button>
      ))}
    </div>
    <Slider
      label="Size"
      value={tool.size.value}
      min={1}
      max={12}
      step={1}
      text={`${tool.size.value} px`}
      onValue={(size) => {
        tool.size.value = size
      }}
    />
  </fieldset>
)

const Masks = ({ restoring }: { readonly restoring: Restoring }) => (
  <fieldset>
    <legend>Begin with</legend>
    <div class="row">
      {maskKinds.map(({ name, title }) => (
        <button key={name} type="button" onClick={() => restoring.take(name)}>
          {title}
        </button>
      ))}
    </div>
  </fieldset>
)

export const Tools = ({
  restoring,
  tool,
  noun,
}: {
  readonly restoring: Restoring
  readonly tool: Tool
  /** `digit`. */
  readonly noun: string
}) => {
  const { noise, index, seed, count } = restoring
  return (
    <div class="restore-tools">
      <Brush tool={tool} />
      <Masks restoring={restoring} />
      <fieldset>
        <legend>Noise and draws</legend>
        <div class="row">
          <button
            type="button"
            onClick={() => {
              index.value = (index.value + 1) % count
            }}
          >
            Another {noun}
          </button>
          <button
            type="button"
            onClick={() => {
              seed.value++
            }}
          >
            Draw again
          </button>
        </div>
        <Slider
          label="Noise"
          value={noise.value}
          {...NOISE}
          text={`σ ${noise.value.toFixed(2)}`}
          onValue={(level) => {
            noise.value = level
          }}
        />
      </fieldset>
    </div>
  )
}
