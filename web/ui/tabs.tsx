/** Tabs by the pattern of the WAI-ARIA Authoring Practices: arrows move between them. */
import type { ComponentChildren } from 'preact'
import { useId, useRef } from 'preact/hooks'

/** A tab and what it shows. */
export interface Tab {
  readonly name: string
  readonly title: string
}

export const Tabs = <T extends Tab>({
  label,
  tabs,
  current,
  onTab,
  children,
}: {
  readonly label: string
  readonly tabs: readonly T[]
  readonly current: string
  readonly onTab: (tab: T) => void
  readonly children: ComponentChildren
}) => {
  const id = useId()
  const row = useRef<HTMLDivElement>(null)
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (step === undefined) return
    event.preventDefault()
    const next = (tabs.findIndex(({ name }) => name === current) + step + tabs.length) % tabs.length
    onTab(tabs[next])
    row.current?.querySelectorAll<HTMLElement>('[role=tab]')[next]?.focus()
  }
  return (
    <div class="tabs">
      <div role="tablist" aria-label={label} ref={row} onKeyDown={onKeyDown}>
        {tabs.map((tab) => (
          <button
            key={tab.name}
            type="button"
            role="tab"
            id={`${id}-${tab.name}`}
            aria-selected={tab.name === current}
            aria-controls={`${id}-panel`}
            tabIndex={tab.name === current ? 0 : -1}
            onClick={() => onTab(tab)}
          >
            {tab.title}
          </button>
        ))}
      </div>
      <div role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${current}`}>
        {children}
      </div>
    </div>
  )
}
