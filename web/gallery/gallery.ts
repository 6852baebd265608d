/**
 * What the gallery can show. A new entry is a folder of `web/public/models/` and its line here; a page shows
 * those whose folders were there when it was built (see vite-plugin.ts).
 */

/** A sampler with something to restore. */
export interface Entry {
  /** In the address: `#/gallery/digits`. */
  readonly name: string
  readonly title: string
  /** Its word in the list of entries. */
  readonly word: string
  /** Sentences under the title. */
  readonly about: string
  /** `a digit`: for buttons. */
  readonly noun: string
  /**
   * Folder of `sampler.onnx`, its manifest `sampler.json`, and `examples.npz`: what can be damaged, and draws
   * of what is shown first (see examples.ts).
   */
  readonly folder: string
  /** The mask that is shown first, by its name in masks.ts or point-masks.ts. */
  readonly mask: string
  /** σ that is shown first, in the units of the data. */
  readonly noise: number
}

export const gallery: readonly Entry[] = [
  {
    name: 'digits',
    title: 'Erase a digit',
    word: 'Digits',
    about:
      'A sampler that learned from damaged digits alone draws what may have stood where you erase: ' +
      'each draw is a possible digit.',
    noun: 'digit',
    folder: 'models/digits/',
    mask: 'few',
    noise: 0.05,
  },
  {
    name: 'photos',
    title: 'Erase a photograph',
    word: 'Photographs',
    about:
      'Pieces of 32 × 32 pixels of photographs that the sampler has not seen, in colour: each draw fills in ' +
      'what may have been there.',
    noun: 'photograph',
    folder: 'models/photos/',
    mask: 'few',
    noise: 0.05,
  },
  {
    name: 'winds',
    title: 'Erase the winds of a month',
    word: 'Winds',
    about:
      'Monthly means of the eastward or the northward wind near the ground, of a year that the sampler has not ' +
      'seen. Values 0 to 1 are −26 to 20 m/s eastward, −22 to 22 northward.',
    noun: 'wind field',
    folder: 'models/winds/',
    mask: 'few',
    noise: 0.05,
  },
  {
    name: 'bunny',
    title: 'Erase a digit on the bunny',
    word: 'Bunny',
    about:
      'Digits that the sampler has not seen, cast on the 1,889 vertices of the Stanford bunny. They go through ' +
      'the mesh: turn it, and the far side shows the same one.',
    noun: 'digit',
    folder: 'models/bunny/',
    mask: 'few',
    noise: 0.05,
  },
]
