/** What the gallery shows. A new entry is a folder of `web/public/models/` and its line here. */

/** A sampler with something to restore. */
export interface Entry {
  /** In the address: `#/gallery/digits`. */
  readonly name: string
  readonly title: string
  /** One sentence under the title. */
  readonly about: string
  /** `a digit`: for buttons. */
  readonly noun: string
  /**
   * Folder of `sampler.onnx`, its manifest `sampler.json`, and `examples.npz`: what can be damaged, and draws
   * of what is shown first (see examples.ts).
   */
  readonly folder: string
  /** The mask that is shown first, by its name in masks.ts. */
  readonly mask: string
  /** σ that is shown first, in the units of the data. */
  readonly noise: number
}

export const gallery: readonly Entry[] = [
  {
    name: 'digits',
    title: 'Erase a digit',
    about:
      'A sampler that learned from damaged digits alone draws what may have stood where you erase: ' +
      'each draw is a possible digit.',
    noun: 'digit',
    folder: 'models/digits/',
    mask: 'few',
    noise: 0.05,
  },
]
