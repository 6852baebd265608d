/** How the tests of a diagnosis are read: two sentences each, by the name of the finding. */

/** What stands beside a finding. */
export interface Reading {
  /** Two sentences. */
  readonly words: string
  /** Names of its charts: those of the server, `sbc` for one of each quantity. */
  readonly charts: readonly string[]
}

const NONE: Reading = { words: '', charts: [] }

const readings: Readonly<Record<string, Reading>> = {
  'Fit to the observations': {
    words:
      'The observations less A x of a draw, in units of the noise, should be noise: of mean square 1, and ' +
      'without correlation between neighbours. Above 1 the draws miss what was seen; below 1, or with ' +
      'correlation, they fit its noise.',
    charts: ['residuals'],
  },
  'Intervals of single entries': {
    words:
      'The share of the entries whose truth lies in the interval that the draws span, against the level ' +
      'of that interval. On the diagonal the sampler is calibrated; below it, it is overconfident.',
    charts: ['coverage', 'pit'],
  },
  'Spread against error': {
    words:
      'The spread of the draws over the error of their mean, both as root mean squares. 1 is calibrated, ' +
      'below 1 the draws are too narrow, above 1 too wide.',
    charts: [],
  },
  'Ranks (SBC)': {
    words:
      'The rank of the truth among the draws, over many problems; the grey band holds all bars of a ' +
      'calibrated sampler together, 99 times in 100. A bowl says too narrow, a hill too wide, a slope ' +
      'shifted.',
    charts: ['sbc'],
  },
  'Random points (TARP)': {
    words:
      'The rank of the truth by its distance to random points, which sees the spread of the whole signal. ' +
      'Read it as the histograms above; a shift of all draws hardly shows here.',
    charts: ['tarp'],
  },
  'Distance from the centre': {
    words:
      'The share of the truths in balls about the centre of the draws, the line "as a whole" among the ' +
      'intervals above. Below the diagonal the whole signal is too sure of itself, even where single ' +
      'entries are not.',
    charts: [],
  },
  'Density regions (HPD)': {
    words:
      'The rank of log q of the truth among that of its draws: do the densest regions hold the truth? ' +
      'Many low ranks say that the truth lies where the sampler hardly draws.',
    charts: ['hpd'],
  },
  'Cells given y': {
    words:
      'Signals and observations are cut into cells, and truths are counted beside draws in each. A ' +
      'difference means that draws are wrong for some observations, even when they are right on average.',
    charts: [],
  },
  'Classifier given y': {
    words:
      'A small network learns to tell truths from draws, given the observation. If it can, they differ; ' +
      'if it cannot, they may still differ in what it did not learn.',
    charts: [],
  },
  'Repaired intervals': {
    words:
      'Intervals that were repaired by held-out truths or observations, judged beside those of the draws. ' +
      'They should hold their level on average.',
    charts: [],
  },
  'Against a reference': {
    words:
      'Draws of a slower sampler of the same prior, beside these. A difference is an error of the fast ' +
      'one, as far as the slow one can be trusted.',
    charts: [],
  },
}

/** How a finding is read, and with which charts. */
export const readingOf = (name: string): Reading => readings[name] ?? NONE
