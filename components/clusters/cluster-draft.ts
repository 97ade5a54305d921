/** A cluster as the console's server takes it. */
export interface ClusterSettings {
  /** Stands in every address; it stays the same for good. */
  slug: string
  name: string
  /** Tried in order. */
  workerUrls: string[]
  bootstrapServers?: string | undefined
}

/** What somebody has typed of a cluster. */
export interface ClusterDraft {
  name: string
  /** One worker a line. */
  workers: string
  bootstrapServers: string
}

export const draftOf = (cluster: ClusterSettings | undefined): ClusterDraft => ({
  name: cluster?.name ?? '',
  workers: cluster?.workerUrls.join('\n') ?? '',
  bootstrapServers: cluster?.bootstrapServers ?? '',
})

/** What is wrong with a draft, by its field; nothing when it can be sent. `taken` are the slugs of the other clusters. */
export function draftProblems(
  draft: ClusterDraft,
  taken: readonly string[],
): Partial<Record<keyof ClusterDraft, string>> {
  const strange = workersOf(draft).find((url) => !isHttp(url))
  return {
    ...(draft.name.trim() === '' && { name: 'Please give the cluster a name.' }),
    ...(taken.includes(slugOf(draft.name)) && {
      name: `Another cluster has the address /c/${slugOf(draft.name)} already.`,
    }),
    ...(workersOf(draft).length === 0 && { workers: 'Please name at least one worker.' }),
    ...(strange !== undefined && { workers: `${strange} is no http or https URL.` }),
  }
}

/** What is sent; a cluster that there is keeps its slug. */
export function settingsOf(draft: ClusterDraft, slug: string | undefined) {
  const bootstrapServers = draft.bootstrapServers.trim()
  return {
    slug: slug ?? slugOf(draft.name),
    name: draft.name.trim(),
    workerUrls: workersOf(draft),
    ...(bootstrapServers === '' ? {} : { bootstrapServers }),
  }
}

/** "Orders (EU)" → "orders-eu": what stands in the cluster's addresses. */
export const slugOf = (name: string): string =>
  name
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 63) || 'cluster'

const workersOf = ({ workers }: ClusterDraft): string[] => workers.split(/[\s,]+/).filter((url) => url !== '')

function isHttp(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:')
}
