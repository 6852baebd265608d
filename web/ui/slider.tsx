import { useId } from 'preact/hooks'
import { shown } from './number.ts'

/** A slider with its name and its value. */
export const Slider = ({
  label,
  value,
  min,
  max,
  step,
  onValue,
  text = shown(value),
}: {
  readonly label: string
  readonly value: number
  readonly min: number
  readonly max: number
  readonly step: number
  readonly onValue: (value: number) => void
  /** The value as it is read out; default the number. */
  readonly text?: string
}) => {
  const id = useId()
  return (
    <div class="slider">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="range"
        min={min}
        max={max}
        step={step}
        value={value}
        aria-valuetext={text}
        onInput={({ currentTarget }) => onValue(currentTarget.valueAsNumber)}
      />
      <output for={id}>{text}</output>
    </div>
  )
}
