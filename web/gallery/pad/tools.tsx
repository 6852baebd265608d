/** What can be done to an observation: brush, masks, noise, another example, other draws. */

import { Slider } from '../../ui/slider.tsx'
import { firstMasks } from '../first-masks.ts'
import type { Restoring } from '../restoring.ts'
import { hasFarSide, type Sight } from '../view/sight.ts'
import type { Tool } from './tool.ts'

const NOISE = { min: 0.01, max: 0.3, step: 0.01 }

const actions = { erase: 'Erase', restore: 'Restore', turn: 'Turn' } as const

const actionsOf = (sight: Sight): (keyof typeof actions)[] =>
  hasFarSide(sight) ? ['erase', 'restore', 'turn'] : ['erase', 'restore']

const Brush = ({ tool, sight }: { readonly tool: Tool; readonly sight: Sight }) => (
  <fieldset>
    <legend>Brush</legend>
    <div class="row">
      {actionsOf(sight).map((action) => (
        <button
          key={action}
          type="button"
          aria-pressed={tool.action.value === action}
          onClick={() => {
            tool.action.value = action
          }}
        >
          {actions[action]}
        </button>
      ))}
    </div>
    <Slider
      label="Size"
      value={tool.size.value}
      {...tool.brush.sizes}
      text={tool.brush.words(tool.size.value)}
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
      {firstMasks(restoring.domain).map(({ name, title }) => (
        <button key={name} type="button" onClick={() => restoring.take(name)}>
          {title}
        </button>
      ))}
    </div>
  </fieldset>
)

export const Tools = ({
  restoring,
  sight,
  tool,
  noun,
}: {
  readonly restoring: Restoring
  readonly sight: Sight
  readonly tool: Tool
  /** `digit`. */
  readonly noun: string
}) => {
  const { noise, index, seed, count } = restoring
  return (
    <div class="restore-tools">
      <Brush {...{ tool, sight }} />
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
