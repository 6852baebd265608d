/** Buttons that turn what is seen, in place of dragging. */
import { turnedBy } from '../../look/rasters/turned.ts'
import type { Sight } from '../view/sight.ts'
import { TURN_STEP } from './tool.ts'

/** Ways to turn: to the right and down. */
const turns = [
  { title: 'Turn left', sign: '←', right: -1, down: 0 },
  { title: 'Turn right', sign: '→', right: 1, down: 0 },
  { title: 'Turn up', sign: '↑', right: 0, down: -1 },
  { title: 'Turn down', sign: '↓', right: 0, down: 1 },
]

export const Turns = ({ sight }: { readonly sight: Sight }) => (
  <div class="pad-turns">
    {turns.map(({ title, sign, right, down }) => (
      <button
        key={title}
        type="button"
        aria-label={title}
        onClick={() => {
          sight.turn.value = turnedBy(sight.turn.value, TURN_STEP * right, TURN_STEP * down)
        }}
      >
        {sign}
      </button>
    ))}
  </div>
)
