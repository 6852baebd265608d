import { useSignal } from '@preact/signals'
import type { Ends } from '../ends.ts'
import type { Viewing } from '../viewing.ts'

/** A value on the scale of a viewing: half-way until it is chosen, and again when the scale changes. */
export const useLevel = ({ ends }: Viewing): readonly [level: number, choose: (value: number) => void] => {
  const chosen = useSignal<{ readonly value: number; readonly on: Ends } | undefined>(undefined)
  const { value: own } = chosen
  const { low, high } = ends.value
  const level = own?.on === ends.value ? own.value : 0.5 * (low + high)
  return [
    level,
    (value) => {
      chosen.value = { value, on: ends.value }
    },
  ]
}
