/**
 * `<tweedie-restore src="sampler.onnx">`: the brush, the draws and the trust line in any page, by one script
 * tag. What it needs lies beside the model: `sampler.json` and `examples.npz`.
 *
 * | attribute | means |
 * |---|---|
 * | `src` | the sampler, of the page's own origin |
 * | `manifest`, `examples` | where these are, if not beside it |
 * | `engine` | folder of ONNX Runtime; default `../engine/` from the script |
 * | `mask`, `noise` | what is shown first, as `examples.npz` has it; default `few`, 0.05 |
 * | `noun` | what is restored, default `image` |
 */
import { render } from 'preact'
import type { SamplerFiles } from '../gallery/fetch-restoring.ts'
import { RestorePanel } from '../gallery/restore-panel.tsx'
import { Notice } from '../ui/notice.tsx'
import { styleText } from './style.ts'

/** Kept in a variable: a bundler would look for a file of that name. */
const script = import.meta.url

export class TweedieRestore extends HTMLElement {
  static readonly observedAttributes = ['src', 'manifest', 'examples', 'engine', 'mask', 'noise', 'noun']

  readonly #root = this.attachShadow({ mode: 'open' })
  readonly #place = document.createElement('div')

  constructor() {
    super()
    // A sheet of its own needs no leave of the page's content security policy, as an inline style would.
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(styleText)
    this.#root.adoptedStyleSheets = [sheet]
    this.#root.append(this.#place)
  }

  connectedCallback(): void {
    this.#show()
  }

  disconnectedCallback(): void {
    render(null, this.#place)
  }

  attributeChangedCallback(): void {
    if (this.isConnected) this.#show()
  }

  #files(src: string): SamplerFiles {
    const model = new URL(src, document.baseURI)
    const file = (name: string, beside: string): URL => {
      const given = this.getAttribute(name)
      return given === null ? new URL(beside, model) : new URL(given, document.baseURI)
    }
    const engine = this.getAttribute('engine')
    return {
      model,
      manifest: file(
        'manifest',
        model.pathname
          .split('/')
          .at(-1)
          ?.replace(/\.onnx$/, '.json') ?? 'sampler.json',
      ),
      examples: file('examples', 'examples.npz'),
      engine: engine === null ? new URL('../engine/', script) : new URL(engine, document.baseURI),
    }
  }

  #show(): void {
    const src = this.getAttribute('src')
    const noise = Number(this.getAttribute('noise') ?? 0.05)
    if (src === null || !(noise > 0)) {
      const fault = src === null ? 'src: which sampler?' : 'noise must be a positive number'
      render(<Notice title="tweedie-restore">{fault}</Notice>, this.#place)
      return
    }
    const first = { name: 'draws', mask: this.getAttribute('mask') ?? 'few', noise }
    const noun = this.getAttribute('noun') ?? 'image'
    render(<RestorePanel files={this.#files(src)} first={first} noun={noun} />, this.#place)
  }
}
