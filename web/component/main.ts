import { TweedieRestore } from './restore-element.tsx'

if (!customElements.get('tweedie-restore')) customElements.define('tweedie-restore', TweedieRestore)
