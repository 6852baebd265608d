/** Names of the folders of `models/` that held a sampler when the page was built. */
declare const __SHIPPED__: readonly string[]
