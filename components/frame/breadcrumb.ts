export interface Crumb {
  label: string
  href: string
  /** It is somebody's name, not one of our words. */
  mono: boolean
}

const words: Record<string, string> = {
  connectors: 'Connectors',
  workers: 'Workers',
  topics: 'Topics',
  plugins: 'Plugins',
  settings: 'Settings',
}

/** `/c/local/connectors/orders` → Connectors, orders. */
export function breadcrumb(pathname: string, cluster: string): Crumb[] {
  const base = `/c/${encodeURIComponent(cluster)}`
  const parts = pathname.startsWith(base) ? pathname.slice(base.length).split('/').filter(Boolean) : []
  if (parts.length === 0) return [{ label: 'Home', href: base, mono: false }]
  return parts.map((part, depth) => {
    const href = `${base}/${parts.slice(0, depth + 1).join('/')}`
    if (depth === 0) return { label: words[part] ?? part, href, mono: false }
    if (parts[0] === 'connectors' && part === 'new') return { label: 'New connector', href, mono: false }
    return { label: decoded(part), href, mono: true }
  })
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}
