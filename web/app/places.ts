/** The pages of the studio, in the order of the menu. A new one is one file and its line here. */
import type { ComponentType } from 'preact'
import type { Address } from './address.ts'

/** What a page is given: the words of the address behind its name, and its query. */
export interface PageProps {
  readonly address: Address
}

/** A page of the studio. */
export interface Place {
  /** First word of its address: `#/gallery/…`. */
  readonly name: string
  /** Its word in the menu. */
  readonly title: string
  /** Whether it needs the server of `tweedie studio`: a static site leaves it out. */
  readonly server: boolean
  /** Its code, loaded when it is first looked at. */
  readonly load: () => Promise<{ readonly default: ComponentType<PageProps> }>
}

/** The first is what a bare address shows. */
export const places: readonly Place[] = [
  { name: 'gallery', title: 'Gallery', server: false, load: () => import('../gallery/gallery-page.tsx') },
  { name: 'look', title: 'Look', server: false, load: () => import('../look/look-page.tsx') },
  { name: 'runs', title: 'Runs', server: true, load: () => import('../runs/runs-page.tsx') },
]
