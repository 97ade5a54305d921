// Runs before the first paint, so that no page flashes in the wrong theme. components/frame/preferences.ts writes these keys.
;(() => {
  const root = document.documentElement
  const read = (key) => {
    try {
      return localStorage.getItem(key)
    } catch {
      return null
    }
  }
  const system = matchMedia('(prefers-color-scheme: dark)')
  const apply = () => {
    const theme = read('sluice.theme')
    root.classList.toggle('dark', theme === 'dark' || (theme !== 'light' && system.matches))
    root.dataset.density = read('sluice.density') === 'dense' ? 'dense' : 'comfortable'
    root.dataset.rail = read('sluice.rail') === 'narrow' ? 'narrow' : 'wide'
  }
  apply()
  system.addEventListener('change', apply)
  addEventListener('sluice:preferences', apply)
  addEventListener('storage', apply)
})()
