// In typedoc's menu, which its own script makes, a link stands within the control that opens what is below:
// of the two a reader of screens hears one. Here the link goes beside the control.
const apart = () => {
  for (const link of document.querySelectorAll('.tsd-navigation summary > a')) {
    const summary = link.parentElement
    summary.setAttribute('aria-label', `Below ${link.textContent}`)
    summary.parentElement.before(link)
  }
}
new MutationObserver(apart).observe(document.documentElement, { childList: true, subtree: true })
